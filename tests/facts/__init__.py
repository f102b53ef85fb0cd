"""Facts: what the log says, in columns."""
