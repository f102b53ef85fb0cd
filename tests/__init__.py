"""The tests, by kind; CONTRIBUTING.md says which folder pins what."""
