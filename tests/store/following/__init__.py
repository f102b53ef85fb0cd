"""Followers: in step with the log on every backend, whatever happens to them."""
