"""The import itself: history in, events into the store, batch by batch, and an account of both."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from pipeline_engine.envelope import Recorded
from pipeline_engine.errors import WrongExpectedVersion
from pipeline_engine.exchange.drafts import Plan
from pipeline_engine.exchange.fidelity import fidelity_of
from pipeline_engine.exchange.files import LIMITS, Limits
from pipeline_engine.exchange.history import Deal, History, open_history
from pipeline_engine.exchange.mapping import HistoryMapping, check_mapping
from pipeline_engine.exchange.merge import Conflict, Merged, merge
from pipeline_engine.exchange.report import EXAMPLES, ImportReport, write_rejects
from pipeline_engine.exchange.row import Reject, Row
from pipeline_engine.process import Process
from pipeline_engine.store import Progress, Store, StreamAppend

BATCH = 2_000
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """`reject_file` is where rejects are written, if there are any; `progress` is told rows read and deals
    done; `bare_names` leaves the folders out of what is told of files.
    """

    reject_file: Path | None = None
    progress: Progress | None = None
    bare_names: bool = False
    limits: Limits = LIMITS
    batch: int = BATCH


def import_history(
    store: Store,
    paths: Sequence[Path],
    mapping: HistoryMapping,
    process: Process,
    options: ImportOptions | None = None,
) -> ImportReport:
    """
    Bring history files into the store, in the order given; a deal that is there already gets exactly what is
    new.

    Every file is read to its end before anything is written. Then each batch of deals goes in whole or not at
    all, and importing again after a break goes on where it stopped.

    Args:
        process: A published version (1 or higher); every new deal is pinned to it.

    Raises:
        BadMapping: The mapping does not fit the process or a file; nothing was written.
        BadHistory: A file is broken, or not what it should be; nothing was written.
        StoreUnreachable: The store broke off; batches before it are in.
    """
    options = options or ImportOptions()
    check_mapping(mapping, process)
    histories = [open_history(path, mapping, process, options.limits) for path in paths]
    for history in histories:
        history.check()
    run = _Run(store, mapping, process, options)
    for history in histories:
        run.take(history)
    return run.report()


@dataclass(slots=True)
class _Totals:
    rows: int = 0
    deals: set[str] = field(default_factory=set)
    new_deals: int = 0
    unchanged: int = 0
    events: int = 0
    conflicts: int = 0


class _Run:
    """One import under way."""

    def __init__(self, store: Store, mapping: HistoryMapping, process: Process, options: ImportOptions) -> None:
        self._store, self._mapping, self._process, self._options = store, mapping, process, options
        first = mapping.first_stage(process)
        self._plan = Plan(mapping.source, process.name, process.version, first, mapping.reopens)
        self._totals, self._notes = _Totals(), Counter[str]()
        self._rejects: list[Reject] = []
        self._examples: list[Conflict] = []
        # One query instead of one a deal: a fresh store has none of them.
        self._there = set(store.streams("deal:")) if store.position() else set[str]()

    def take(self, history: History) -> None:
        deals = history.deals()
        while batch := list(islice(deals, self._options.batch)):
            self._append(history, batch)
            if self._options.progress:
                self._options.progress(self._totals.rows + history.read, len(self._totals.deals))
        self._totals.rows += history.read
        self._notes.update(history.notes)
        self._rejects += history.rejects

    def _append(self, history: History, batch: Sequence[Deal]) -> None:
        for attempt in range(ATTEMPTS):
            merged = [(f"deal:{deal_id}", *self._merged(deal_id, rows)) for deal_id, rows in batch]
            parts = [StreamAppend(stream, version, m.drafts) for stream, version, m in merged if m.drafts]
            try:
                if parts:
                    self._store.append_many(parts)
                break
            except WrongExpectedVersion:
                # Someone else wrote to one of these deals meanwhile: look again, decide anew.
                if attempt == ATTEMPTS - 1:
                    raise
                self._there = set(self._store.streams("deal:"))
        for stream, version, result in merged:
            self._count(history, stream, version, result)

    def _merged(self, deal_id: str, rows: Sequence[Row]) -> tuple[int, Merged]:
        stream = f"deal:{deal_id}"
        stored: Sequence[Recorded] = self._store.events(stream) if stream in self._there else ()
        return len(stored), merge(deal_id, rows, self._plan, stored)

    def _count(self, history: History, stream: str, version: int, merged: Merged) -> None:
        totals = self._totals
        history.rejects += [
            Reject(str(history.path), row.line, row.kind, row.new or row.deal_id, reason)
            for row, reason in merged.rejected
        ]
        self._examples += merged.conflicts[: EXAMPLES - len(self._examples)]
        totals.conflicts += len(merged.conflicts)
        totals.events += len(merged.drafts)
        self._notes.update(merged.notes or {})
        if merged.drafts:
            self._there.add(stream)
        elif version and not merged.conflicts and not merged.rejected:
            totals.unchanged += 1
        totals.new_deals += bool(merged.drafts) and version == 0
        if (version or merged.drafts) and not merged.foreign:
            totals.deals.add(stream)

    def report(self) -> ImportReport:
        """The account; writes the reject file where there is something for it."""
        target, rejects = self._options.reject_file if self._rejects else None, self._rejects
        if self._options.bare_names:
            rejects = [replace(each, file=Path(each.file).name) for each in rejects]
        if target:
            write_rejects(target, rejects)
        totals = self._totals
        return ImportReport(
            source=self._mapping.source,
            process=f"{self._process.name}@{self._process.version}",
            rows=totals.rows,
            deals=len(totals.deals),
            new_deals=totals.new_deals,
            unchanged=totals.unchanged,
            events=totals.events,
            rejected=len(self._rejects),
            conflicts=totals.conflicts,
            fidelity=fidelity_of(self._mapping, self._process),
            rejects=tuple(rejects[:EXAMPLES]),
            conflict_examples=tuple(self._examples),
            reject_file=target,
            notes=dict(self._notes),
            position=self._store.position(),
        )
