"""Widgets: they draw what the view-model says and know nothing of the engine."""
