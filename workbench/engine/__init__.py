"""The engine: lanes, races, limits, and the process they run in."""
