"""Embedded models: the catalogue of pinned weights, their files, and how they are fetched."""
