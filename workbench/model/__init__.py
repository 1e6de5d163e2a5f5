"""Records and events: frozen dataclasses on the standard library alone."""
