"""Files that several processes append lines to, read in blocks."""
