"""Benchmarks: every number the documentation names comes out of a script in here."""
