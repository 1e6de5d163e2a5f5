"""The screen in a browser: a server on loopback, its guard, and a terminal that is a page."""
