"""The approval page: one case, one person, one decision."""
