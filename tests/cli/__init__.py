"""Tests of the command line: each command, each way it can end."""
