"""What an import did, for people and for scripts, and the reject file."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline_engine.exchange.fidelity import Fidelity
from pipeline_engine.exchange.merge import Conflict
from pipeline_engine.exchange.row import Reject

EXAMPLES = 20
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """
    What an import read and wrote.

    `rows` counts the source's rows (events in XES), `deals` the deals of the file that are in the store now,
    `new_deals` those it opened, `unchanged` those that held all of it before, `events` what was appended.
    `rejected` and `conflicts` are counts with examples beside them; `notes` says what was rightly left out,
    and how often.
    """

    source: str
    process: str
    rows: int
    deals: int
    new_deals: int
    unchanged: int
    events: int
    rejected: int
    conflicts: int
    fidelity: Fidelity
    rejects: tuple[Reject, ...]
    conflict_examples: tuple[Conflict, ...]
    reject_file: Path | None
    notes: Mapping[str, int]
    position: int

    def to_json(self) -> dict[str, Any]:
        """The report as plain values; `verdict_fidelity` is null, since no source records verdicts."""
        return {
            "source": self.source,
            "process": self.process,
            "rows": self.rows,
            "deals": self.deals,
            "new_deals": self.new_deals,
            "unchanged": self.unchanged,
            "events": self.events,
            "rejected": self.rejected,
            "conflicts": self.conflicts,
            "fidelity": self.fidelity.grade,
            "fidelity_says": self.fidelity.says,
            "verdict_fidelity": None,
            "reject_file": str(self.reject_file) if self.reject_file else None,
            "rejects": [_plain(reject) for reject in self.rejects],
            "conflict_examples": [{"deal": c.deal_id, "line": c.line, "what": c.what} for c in self.conflict_examples],
            "notes": dict(self.notes),
            "position": self.position,
        }


def _plain(reject: Reject) -> dict[str, Any]:
    return {
        "file": reject.file,
        "line": reject.line,
        "column": reject.column,
        "value": reject.value[:200],
        "reason": reject.reason,
    }


def write_rejects(path: Path, rejects: Iterable[Reject]) -> None:
    """Write rejects as CSV: file, line, column, value, reason. Cells that a spreadsheet would compute are
    prefixed.
    """
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("file", "line", "column", "value", "reason"))
        for reject in rejects:
            cells = (reject.file, str(reject.line or ""), reject.column, reject.value, reject.reason)
            writer.writerow([spreadsheet_safe(cell) for cell in cells])


def spreadsheet_safe(cell: str) -> str:
    """The text with an apostrophe before it, where a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
