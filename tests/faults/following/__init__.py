"""Rows 9 and 13: followers that are killed, cut off or fed poison, and what they make of the log all the same."""
