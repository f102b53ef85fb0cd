"""Whole histories through the whole engine: real ones where they lie beside the project, and made-up years."""
