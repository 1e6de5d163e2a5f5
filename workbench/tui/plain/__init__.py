"""The workbench line by line: for screen readers, and for terminals that cannot move a cursor.

Nothing is drawn and nothing is painted over: what happened is said once, in words, in the order in
which it happened. It is the screen's own view-model over the same engine, with other words.
"""
