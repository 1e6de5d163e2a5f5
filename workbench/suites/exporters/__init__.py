"""Exporters: one module for each target, listed in the registry."""
