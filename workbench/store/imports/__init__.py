"""Conversations from other tools, as sessions: one module for each format."""
