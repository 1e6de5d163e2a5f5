"""Files that go with an export, as they are: they need the standard library alone."""
