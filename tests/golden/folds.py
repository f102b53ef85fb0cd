"""Digests of what the golden rows add up to, event by event; as a script it adds to digests.tsv what is new.

A digest says nothing of parts of a state that are as they were before anything happened, so a state that learns to
keep more changes no digest. What changes one changes what stores out there mean: only a mended error may, said in a
decision, and then the line is taken out by hand first.
"""

import hashlib
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic_core import to_json

from pipeline_engine.deal import explain, verdicts_of
from pipeline_engine.engine import EVENTS
from pipeline_engine.engine.erasing import ERASURES
from pipeline_engine.engine.holders import PERSON
from pipeline_engine.engine.jobs import JOB
from pipeline_engine.engine.reads import DEAL, PROCESS
from pipeline_engine.envelope import Recorded, stored_name
from pipeline_engine.process import Judge
from pipeline_engine.store import IDENTITY, Fold, Row
from pipeline_engine.store.codec import Codec
from pipeline_engine.values import value_to_json

HERE = Path(__file__).parent
CODEC = Codec(EVENTS, IDENTITY)
RECORDED_AT = 1_773_100_800_000_000
FOLDS: Mapping[str, Fold[Any]] = {
    "deal": DEAL, "person": PERSON, "process": PROCESS, "store:erasures": ERASURES, "job": JOB,
}  # fmt: skip


class Digest(NamedTuple):
    """What a stream adds up to after one event, and how its gate judges it again; empty where none was asked."""

    stream: str
    version: int
    name: str
    state: str
    judged: str


def rows() -> list[Row]:
    """The stored rows, in order."""
    return [_row(line) for line in (HERE / "rows.tsv").read_bytes().splitlines()]


def _row(line: bytes) -> Row:
    position, stream, version, name, payload = line.split(b"\t")
    return Row(int(position), stream.decode(), int(version), RECORDED_AT, name.decode(), payload)


def by_stream(stored: Iterable[Row]) -> dict[str, list[Recorded]]:
    """The events, stream by stream."""
    streams: dict[str, list[Recorded]] = defaultdict(list)
    for row in stored:
        streams[row.stream].append(CODEC.decode(row))
    return streams


def digests(streams: Mapping[str, list[Recorded]], folds: Mapping[str, Fold[Any]] = FOLDS) -> Iterator[Digest]:
    """After every event of every stream that has a state."""
    judge = _judge(streams)
    for stream, events in streams.items():
        fold = fold_of(stream, folds)
        state = None
        for number, recorded in enumerate(events, 1):
            if fold is not None:
                state = _after(fold, state, events[:number])
                name = stored_name(type(recorded.event))
                yield Digest(stream, number, name, digest_of(state), _judged(recorded, events, judge))


def fold_of(stream: str, folds: Mapping[str, Fold[Any]] = FOLDS) -> Fold[Any] | None:
    """How a stream is folded: by its own name, else by its kind; None for one that has no state."""
    return folds.get(stream) or folds.get(stream.partition(":")[0])


def _after(fold: Fold[Any], state: Any, events: list[Recorded]) -> Any:
    again = fold.refold is not None and isinstance(events[-1].event, fold.rewrites)
    return fold.refold(state, events) if again and fold.refold else fold.evolve(state, events[-1])


def _judge(streams: Mapping[str, list[Recorded]]) -> Judge:
    state = None
    for recorded in streams["process:golden"]:
        state = PROCESS.evolve(state, recorded)
    assert state is not None
    return Judge(state.at(1))


def _judged(recorded: Recorded, events: list[Recorded], judge: Judge) -> str:
    if verdicts_of(recorded) is None:
        return ""
    return ",".join(f"{each.rule}={each.verdict}" for each in explain(recorded, events, judge))


def digest_of(state: Any) -> str:
    """SHA-256 of a state's canonical JSON."""
    return hashlib.sha256(to_json(canonical(state))).hexdigest()


def canonical(value: Any) -> Any:
    """Any state as JSON in one order; what is as it was in the beginning is left out."""
    if isinstance(value, BaseModel):
        return {name: canonical(getattr(value, name)) for name in sorted(value.model_fields_set)}
    if type(value).__module__ == "pipeline_engine.values":
        return value_to_json(value)
    if is_dataclass(value):
        said = {f.name: getattr(value, f.name) for f in fields(value) if getattr(value, f.name) != _default(f)}
        return {name: canonical(part) for name, part in sorted(said.items())}
    if isinstance(value, Mapping):
        return {str(key): canonical(part) for key, part in value.items()}
    if isinstance(value, (frozenset, set)):
        return sorted((canonical(part) for part in value), key=to_json)
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [canonical(part) for part in value]
    return value


def _default(field: "Field[Any]") -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def recorded_digests() -> list[Digest]:
    """The digests as they were written down."""
    lines = [line.split("\t") for line in (HERE / "digests.tsv").read_text(encoding="utf-8").splitlines()]
    return [Digest(stream, int(version), name, state, judged) for stream, version, name, state, judged in lines]


def main() -> None:
    """Write digests.tsv, unless a line that is there would become another one."""
    made = list(digests(by_stream(rows())))
    gone = set(recorded_digests()) - set(made)
    if gone:
        sys.exit(f"not written, since these would change: {sorted(gone)}")
    (HERE / "digests.tsv").write_text("".join("\t".join(map(str, each)) + "\n" for each in made), encoding="utf-8")


if __name__ == "__main__":
    main()
