"""How it is reached from elsewhere: over HTTP, over a bus, by time."""
