"""What these tests are given: the wires and stores of the server's tests."""

from tests.faults.server.conftest import impatient, lasting_url, opened, wire

__all__ = ["impatient", "lasting_url", "opened", "wire"]
