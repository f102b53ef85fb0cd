"""How events of older shapes are read as those of today: pure functions, on read only.

An upcaster sees the stored name and the event's data (the JSON under `data`, personal values still sealed) and returns
both as the next release wrote them. One that keeps the name leaves data of the newer shape as it is. A sealed value may
be dropped; it keeps its name where it stays, since the name is sealed with it.

States and columns are both read through here, so that they never disagree on what an old event says.
"""

from collections.abc import Callable, Iterator
from typing import Any

from pydantic_core import from_json, to_json

from pipeline_engine.store.model import Row

Upcaster = Callable[[str, dict[str, Any]], tuple[str, dict[str, Any]]]


class Upcasters:
    """Upcasters by the stored name they answer to, in the order of the releases that made them necessary."""

    def __init__(self, *steps: tuple[str, Upcaster]) -> None:
        self._steps = steps
        self.names = frozenset(name for name, _ in steps)

    def __call__(self, name: str, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """
        Name and data as the newest release writes them; each step is taken at most once.

        Raises:
            ValueError: A sealed value came out under another name, or was made up; nobody could open it.
        """
        before = set(_sealed("", data))
        for answers_to, upcast in self._steps:
            if name == answers_to:
                name, data = upcast(name, data)
        if not before.issuperset(_sealed("", data)):
            raise ValueError("an upcaster gave a sealed value another name")
        return name, data

    def rows(self, rows: list[Row]) -> list[Row]:
        """Rows as this release writes them; one that cannot be read so has an empty payload."""
        names = self.names
        # Most logs need none of this, and are a million rows long.
        if not names:
            return rows
        return [self._row(row) if row.name in names else row for row in rows]

    def _row(self, row: Row) -> Row:
        try:
            tree = from_json(row.payload)
            name, tree["data"] = self(row.name, tree["data"])
            return row._replace(name=name, payload=to_json(tree))
        except (ValueError, KeyError, TypeError, AttributeError):
            return row._replace(payload=b"")


def _sealed(name: str, tree: Any) -> Iterator[tuple[str, str]]:
    """What is sealed in some data, with the name it stands under."""
    if not isinstance(tree, dict):
        return
    sealed = tree.get("sealed")
    if len(tree) == 1 and isinstance(sealed, dict):
        yield name, str(sealed)
        return
    for key, part in tree.items():
        yield from _sealed(key, part)


UPCASTERS = Upcasters()
