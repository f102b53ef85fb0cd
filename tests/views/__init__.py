"""Tests of the views: small books worked out by hand, formulas against published numbers."""
