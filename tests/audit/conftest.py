"""A shop in which the roles bind, with an integration that may observe."""

import pytest

from tests.audit.given import Beside


@pytest.fixture
def shop() -> Beside:
    """Deal D of rep, open in the first stage; it is Monday."""
    return Beside.begun()
