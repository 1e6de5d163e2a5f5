"""Diffs of prompts and answers."""
