"""Workbench: send one prompt to several models, check every answer while it streams."""

__version__ = "0.1.0"
