"""Files: appended to by several processes, read in blocks, replaced whole."""
