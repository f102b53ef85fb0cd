"""What the tests of cases are given."""

from tests.casebook.given import tried

__all__ = ["tried"]
