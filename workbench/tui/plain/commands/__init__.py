"""The commands of the plain mode: a file for each subject, a line in the registry for each file."""
