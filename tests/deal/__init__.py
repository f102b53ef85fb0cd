"""The rules of deals."""
