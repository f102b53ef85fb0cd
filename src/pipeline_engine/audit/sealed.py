"""Free text out of the facts, opened for the rows of one page."""

from typing import Any

from pipeline_engine.facts import Open


def text_of(row: dict[str, Any], column: str, open_sealed: Open | None, name: str) -> str | None:
    """The text of a row's sealed column, whose field in the event is `name`; None without text, opener or key."""
    sealed = row[column]
    if sealed is None or open_sealed is None:
        return None
    return open_sealed(sealed, f"deal:{row['deal_id']}", row["version"], name)
