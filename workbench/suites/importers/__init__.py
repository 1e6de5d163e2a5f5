"""Importers: one module for each format, listed in the registry."""
