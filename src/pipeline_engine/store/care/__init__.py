"""Looking after a store: what it is set up like, copies of it, and whether a copy is the same."""
