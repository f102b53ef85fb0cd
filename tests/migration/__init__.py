"""Migrations of many open deals: how long, beside other writers, and killed on the way."""
