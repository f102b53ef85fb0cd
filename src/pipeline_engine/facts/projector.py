"""Follows the log by position and answers with facts at any instant.

A projector is not safe to share between threads; the engine keeps one behind a lock. The Facts it makes are
immutable.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic_core import from_json

from pipeline_engine.errors import UnreadableEvent
from pipeline_engine.facts.arrays import ints
from pipeline_engine.facts.corrected import corrected
from pipeline_engine.facts.derive import derive, derived_of
from pipeline_engine.facts.intake import Intake
from pipeline_engine.facts.ledger import PENDING
from pipeline_engine.facts.lived import named_again, read_apart
from pipeline_engine.facts.parts import LOG, PUBLISHED, Part
from pipeline_engine.facts.snapshot import Facts
from pipeline_engine.facts.taken import Taken
from pipeline_engine.process import Process
from pipeline_engine.store import Aside, Row, check_payload
from pipeline_engine.values import microseconds

_DEAL = "deal:"


class Projector:
    """
    The log in columns, as far as it was read.

    Args:
        lenient: Leave out what cannot be read, and whatever comes after it in its stream, and name it in `aside`.
    """

    def __init__(self, *, lenient: bool = False) -> None:
        self._lenient = lenient
        self._stopped: dict[str, int] = {}
        self.aside: list[Aside] = []
        self._intake = Intake()
        self._published: list[tuple[int, tuple[str, int], Process]] = []
        self._positions = array("q")
        self._recorded = array("q")
        self._reached = 0

    @classmethod
    def from_part(cls, part: Part, reached: int, stopped: Mapping[str, int]) -> "Projector":
        """
        A lenient projector that goes on from what was kept.

        Args:
            part: What every row says that was taken in, in the order of positions.
            reached: The last position read.
            stopped: By stream the position of the first event that was left out.

        Raises:
            ValueError: The part is not of the form that this version writes.
        """
        made = cls(lenient=True)
        made._intake.put_back(part.ledgers)
        for table, schema in ((part.log, LOG), (part.published, PUBLISHED)):
            if not table.schema.equals(schema):
                raise ValueError("rows of another schema")
        made._positions, made._recorded = (array("q", ints(part.log[name]).tobytes()) for name in LOG.names)
        for row in part.published.to_pylist():
            process = Process.model_validate(from_json(row["process"]))
            made._published.append((row["position"], (process.name, process.version), process))
        made._reached, made._stopped = reached, dict(stopped)
        return made

    def part(self) -> Part:
        """Everything taken in so far, to be kept."""
        log = [pa.array(np.frombuffer(column, np.int64)) for column in (self._positions, self._recorded)]
        published = [
            [position for position, _, _ in self._published],
            [process.model_dump_json() for _, _, process in self._published],
        ]
        return Part(
            pa.Table.from_arrays(log, schema=LOG),
            pa.Table.from_arrays([pa.array(*each) for each in zip(published, PUBLISHED.types, strict=True)],
                                 schema=PUBLISHED),
            tuple(self._intake.tables()),
        )  # fmt: skip

    @property
    def position(self) -> int:
        """The last position read; 0 before the first."""
        return self._reached

    def advance(self, rows: Iterable[Row]) -> int:
        """
        Read on; rows come in position order, those read before are passed over. Returns how many were new.

        Raises:
            UnreadableEvent: A payload is not what its event's class writes, and the projector is not lenient; rows
                before it are counted in.
        """
        source, new = iter(rows), 0
        while batch := list(islice(source, PENDING)):
            for row in batch:
                if row.position > self._reached:
                    self._read(row)
                    self._reached = row.position
                    new += 1
            self._intake.settle()
        return new

    @property
    def stopped(self) -> Mapping[str, int]:
        """By stream the position of the first event that is left out."""
        return self._stopped

    def facts(self, as_of: datetime | None = None, known_at: datetime | None = None) -> Facts:
        """
        What is known.

        Args:
            as_of: Only what happened by then, and what has no time at all. None: everything.
            known_at: Only what was recorded by then, a prefix of the log. None: everything.
        """
        end = len(self._recorded) if known_at is None else bisect_right(self._recorded, microseconds(known_at))
        position = self._positions[end - 1] if end else 0
        if end == len(self._recorded):
            # What was left out was read, too.
            position = self._reached
        processes = {key: process for at, key, process in self._published if at <= position}
        tables, selection = derive(self._intake, processes, as_of, known_at)
        return Facts(
            **tables,
            processes=processes,
            deal_ids=selection.deal_ids,
            position=position,
            as_of=as_of,
            known_at=known_at,
            undated=selection.undated,
        )

    @property
    def any_corrected(self) -> bool:
        """Whether a correction has been read."""
        return len(self._intake.corrections) > 0

    def lived(self) -> Facts:
        """
        What was known at each version of each deal, for judging attempts again; see `facts.lived`.

        The facts as they are, where nothing was corrected.
        """
        taken = Taken.of(self._intake)
        apart, spans = read_apart(taken)
        if not spans:
            return self.facts()
        processes = {key: process for _, key, process in self._published}
        tables, selection = derived_of(corrected(apart, processes, None), processes, None, None)
        named, found = named_again(tables, selection.deal_ids, spans)
        return Facts(
            **named, processes=processes, position=self.position, as_of=None, known_at=None, undated=selection.undated,
            _found=found,
        )  # fmt: skip

    def _read(self, row: Row) -> None:
        first = self._stopped.get(row.stream)
        if first is not None:
            self._leave_out(row, f"comes after position {first} of its stream", first)
            return
        try:
            self._take(row)
        except UnreadableEvent as error:
            if not self._lenient:
                raise
            self._stopped[row.stream] = row.position
            self._leave_out(row, error.why, None)

    def _leave_out(self, row: Row, why: str, behind: int | None) -> None:
        self.aside.append(Aside(row.position, row.stream, row.version, row.name, why, behind))

    def _take(self, row: Row) -> None:
        check_payload(row)
        try:
            if row.stream.startswith(_DEAL):
                self._intake.take(row, row.stream[len(_DEAL) :], from_json(row.payload))
            elif row.name == "ProcessPublished":
                self._publish(row, from_json(row.payload)["data"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # Never quoted: what the row holds may be personal.
            why = f"no event, but {type(error).__name__}"
            raise UnreadableEvent(row.stream, row.version, row.position, why) from None
        self._positions.append(row.position)
        self._recorded.append(row.recorded_at)

    def _publish(self, row: Row, data: Mapping[str, Any]) -> None:
        compiled = Process.model_validate(data["compiled"])
        version = data.get("version", compiled.version)
        process = compiled if compiled.version == version else compiled.model_copy(update={"version": version})
        self._published.append((row.position, (process.name, version), process))


def facts_of(rows: Iterable[Row], as_of: datetime | None = None, known_at: datetime | None = None) -> Facts:
    """The facts of a whole log in one call; to be asked again, keep a Projector."""
    projector = Projector()
    projector.advance(rows)
    return projector.facts(as_of, known_at)
