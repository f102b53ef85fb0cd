"""The rule language, against its oracles."""
