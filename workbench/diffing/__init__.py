"""Differences between texts: alignment, moved text, summary, and what is only noise."""
