"""Tests of the keys of subjects."""
