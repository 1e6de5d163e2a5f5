"""Checks: verifiers of an answer that is still streaming."""
