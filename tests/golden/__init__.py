"""Rows as they were stored: every release must read, fold and write them back byte for byte."""
