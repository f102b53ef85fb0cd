"""How events of older shapes are read as those of today: pure functions, on read only.

An upcaster sees the stored name and the event's data (the JSON under `data`, personal values opened) and
returns both as the next release wrote them. One that keeps the name leaves data of the newer shape as it is.
"""

from collections.abc import Callable
from typing import Any

Upcaster = Callable[[str, dict[str, Any]], tuple[str, dict[str, Any]]]


class Upcasters:
    """Upcasters by the stored name they answer to, in the order of the releases that made them necessary."""

    def __init__(self, *steps: tuple[str, Upcaster]) -> None:
        self._steps = steps
        self.names = frozenset(name for name, _ in steps)

    def __call__(self, name: str, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Name and data as the newest release writes them; each step is taken at most once."""
        for answers_to, upcast in self._steps:
            if name == answers_to:
                name, data = upcast(name, data)
        return name, data


UPCASTERS = Upcasters()
