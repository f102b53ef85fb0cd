"""A stored row as a document for whoever follows the log from outside; sealed values stay closed unless somebody may.

A row is read as strictly as everywhere: what is no event of this version is no document.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NotRequired

from pydantic_core import from_json, to_json

from pipeline_engine.documents.outcomes import EventDocument
from pipeline_engine.engine import EVENTS
from pipeline_engine.envelope import Envelope
from pipeline_engine.store import Row
from pipeline_engine.values import Personal, instant_text, moment_at

Open = Callable[[str, str, int, str], str | None]
_READ_ENVELOPE = Envelope.__pydantic_validator__


class RowDocument(EventDocument):
    """An event of the log; `withheld` names what is personal in its data and was left out."""

    withheld: NotRequired[list[str]]


def row_document(row: Row, opened: Open | None = None) -> tuple[RowDocument, datetime | None]:
    """
    The document of a row, and when the event happened.

    Args:
        opened: Opens a sealed value, where personal values are to be in it.

    Raises:
        ValueError, KeyError: It is not as this version writes it.
    """
    tree = from_json(row.payload)
    data, withheld = tree.pop("data"), list[str]()
    if b'"sealed"' in row.payload:
        seals = _Seals(row, opened, withheld)
        checked, data = seals.told(data, ""), seals.said
    else:
        checked = data
    tree.setdefault("at", None)
    envelope: Envelope = _READ_ENVELOPE.validate_python(tree)
    EVENTS[row.name].__pydantic_validator__.validate_python(checked)
    told: RowDocument = {
        "event": row.name, "version": row.version, "position": row.position,
        "at": instant_text(envelope.at) if envelope.at else None,
        "recorded_at": instant_text(moment_at(row.recorded_at)), "actor": envelope.actor,
        "on_behalf_of": envelope.on_behalf_of, "via": envelope.via, "command_id": envelope.command_id, "data": data,
    }  # fmt: skip
    if withheld:
        told["withheld"] = withheld
    return told, envelope.at


class _Seals:
    """Goes through the data of a row twice at once: as it is checked, and as it is told."""

    def __init__(self, row: Row, opened: Open | None, withheld: list[str]) -> None:
        self._row, self._opened, self._withheld = row, opened, withheld
        self.said: Any = None

    def told(self, tree: Any, path: str) -> Any:
        """The tree as an event is read from it; what is told of it is in `said`."""
        if type(tree) is not dict:
            self.said = tree
            return tree
        checked, said = {}, {}
        for name, part in tree.items():
            whole = f"{path}.{name}" if path else name
            sealed = part.get("sealed") if type(part) is dict and len(part) == 1 else None
            if type(sealed) is not dict:
                checked[name] = self.told(part, whole)
                said[name] = self.said
                continue
            checked[name] = Personal(sealed["subject"], None)
            if self._opened is None:
                self._withheld.append(whole)
            else:
                text = self._opened(to_json(sealed).decode(), self._row.stream, self._row.version, name)
                said[name] = {"personal": text, "subject": sealed["subject"]}
        self.said = said
        return checked
