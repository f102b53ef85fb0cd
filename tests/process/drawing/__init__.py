"""Processes as pictures."""
