"""Providers: adapters from a lane to a stream of stamped text."""
