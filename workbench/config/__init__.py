"""Configuration: settings, lanes, themes, paths."""
