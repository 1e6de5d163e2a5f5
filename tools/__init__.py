"""Scripts for those who work on Workbench."""
