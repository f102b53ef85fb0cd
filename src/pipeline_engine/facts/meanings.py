"""What each fact table holds, and every column with its meaning, for the reference."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline_engine.facts.tables import TABLES

MEANINGS: dict[str, str] = {
    "deals": "one row a deal that was opened, as it stands",
    "stays": "one row a stay in a stage",
    "attempts": "one row an opening, move, win, loss or reopening that was asked for or came by import",
    "changes": "one row a field set or cleared; the fields of an opening are its first",
    "proposed": "like changes: the fields of refused openings, which no deal ever had",
    "activities": "one row an activity",
    "approvals": "one row an event around an approval or a waiver",
    "contacts": "one row a contact linked or unlinked",
    "documents": "one row a document attached",
    "items": "one row an item ticked or unticked",
    "follow_ups": "one row a deal that a win planned, and one where it was noted as there",
    "handoffs": "one row a time that somebody was asked to take a deal over",
    "pauses": "one row a pause begun or resumed",
    "happenings": "one row an approval, waiver, correction or migration, or a try of somebody who may not, in full",
    "corrections": "one row a correction proposed, recorded or refused; the other tables hold what it changes",
    "announcements": "one row something that time said: a service level passed, a silence, a pause over, who is called",
}


@dataclass(frozen=True, slots=True)
class ColumnMeaning:
    """One line of the reference: `unit` is empty where the value needs none."""

    table: str
    column: str
    type: str
    unit: str
    doc: str


def reference() -> Iterator[ColumnMeaning]:
    """Every column of every fact table, in table order."""
    for table, schema in TABLES.items():
        for field in schema:
            meta = field.metadata
            yield ColumnMeaning(table, field.name, str(field.type), meta[b"unit"].decode(), meta[b"doc"].decode())
