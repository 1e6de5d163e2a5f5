"""Measures: timing, failure, cost, intervals; exact definitions, one place."""
