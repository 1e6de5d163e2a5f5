"""Screens: which widgets stand where, and which actions they answer."""
