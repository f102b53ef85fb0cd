"""What a mapping says: which column or activity of a history file is what in a process. Read from YAML by
mapping_file.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipeline_engine.errors import BadMapping, nearest
from pipeline_engine.notation import Place
from pipeline_engine.process import Process

ActionKind = Literal["opened", "stage", "won", "lost", "activity", "noted", "ignore"]
Known = Literal["opening", "closing", "export"]
START = Place(1, 1)


@dataclass(frozen=True, slots=True)
class Column:
    """
    One column (in XES one attribute), and how its cells are read.

    `dates` are formats of strptime or `iso`; `zone` holds for times without an offset. `decimal` is the sign
    before the decimals. `values` replaces cells, exactly as they stand, before anything else reads them; an
    empty one stands for no value. `as_id` makes names into ids (`Ann Lee` → `ann-lee`). `known` says since
    when a deal's value holds: its opening, its outcome, or only the export.
    """

    name: str
    place: Place = START
    dates: tuple[str, ...] = ()
    zone: str = "UTC"
    decimal: str = "."
    values: Mapping[str, str] = field(default_factory=dict)
    as_id: bool = False
    known: Known = "export"


@dataclass(frozen=True, slots=True)
class Action:
    """What a stage name, an outcome or an activity of the source comes to; `name` is a stage, reason, kind or
    note.
    """

    kind: ActionKind
    name: str = ""
    place: Place = START


@dataclass(frozen=True, slots=True)
class Lookup:
    """A column whose cells are looked up in `actions`."""

    column: Column
    actions: Mapping[str, Action]


@dataclass(frozen=True, slots=True)
class Name:
    """A name of the process, and where the mapping says it."""

    name: str
    place: Place = START


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryMapping:
    """
    Everything a mapping file says.

    `shape` is deals (one row a deal), events (one row a change) or log (XES). `order` puts the rows of a deal
    by time or leaves them as in the file; `ties` settles equal times: as in the file, or by row id. `entered`
    holds, for one row a deal, the columns that say when a stage was entered. `version` is None for the
    version in force.
    """

    file: str
    shape: Literal["deals", "events", "log"]
    source: str
    process: str
    version: int | None = None
    encoding: str = "utf-8"
    delimiter: str = ","
    id: Column
    id_prefix: str = ""
    row_id: Column | None = None
    at: Column | None = None
    recorded: Column | None = None
    title: Column | None = None
    owner: Column | None = None
    actor: Column | None = None
    opened: Column | None = None
    closed: Column | None = None
    stage_since: Column | None = None
    entered: tuple[tuple[Name, Column], ...] = ()
    stage: Lookup | None = None
    outcome: Lookup | None = None
    activity: Lookup | None = None
    lost_reason: Column | None = None
    close_value: Column | None = None
    currency: Column | None = None
    fields: Mapping[str, Column] = field(default_factory=dict)
    constants: Mapping[str, Name] = field(default_factory=dict)
    opens_in: Name | None = None
    order: Literal["time", "file"] = "time"
    ties: Literal["file", "row_id"] = "file"
    reopens: bool = False

    def columns(self) -> Iterator[Column]:
        """Every column the mapping names, in no order; some more than once."""
        single = (
            self.id,
            self.row_id,
            self.at,
            self.recorded,
            self.title,
            self.owner,
            self.actor,
            self.opened,
            self.closed,
            self.stage_since,
            self.lost_reason,
            self.close_value,
            self.currency,
        )
        yield from (column for column in single if column)
        yield from (named.column for named in (self.stage, self.outcome, self.activity) if named)
        yield from (column for _, column in self.entered)
        yield from self.fields.values()

    def first_stage(self, process: Process) -> str:
        """Where a deal is taken to have opened when its rows do not say it."""
        if self.opens_in:
            return self.opens_in.name
        return process.moves.open_in[0] if process.moves.open_in else process.stages[0].id


def check_mapping(mapping: HistoryMapping, process: Process) -> None:
    """Raise BadMapping where the mapping names something that the process does not have, or is for another
    one.
    """
    if mapping.process != process.name or mapping.version not in (None, process.version):
        named = mapping.process + (f"@{mapping.version}" if mapping.version else "")
        raise BadMapping(mapping.file, 1, None, f"it is for process `{named}`", f"`{process.name}@{process.version}`")
    stages = tuple(stage.id for stage in process.stages)
    for stage, _ in mapping.entered:
        _need(mapping, process, "stage", stage, stages)
    if mapping.opens_in:
        _need(mapping, process, "stage", mapping.opens_in, stages)
    for name, column in mapping.fields.items():
        _need(mapping, process, "field", Name(name, column.place), tuple(process.fields))
    for name, constant in mapping.constants.items():
        _need(mapping, process, "field", Name(name, constant.place), tuple(process.fields))
    _check_actions(mapping, process, stages)


def _check_actions(mapping: HistoryMapping, process: Process, stages: tuple[str, ...]) -> None:
    known: dict[str, tuple[str, tuple[str, ...]]] = {
        "opened": ("stage", stages),
        "stage": ("stage", stages),
        "activity": ("activity", process.activities),
        "lost": ("lost reason", tuple(reason.id for reason in process.lost_reasons)),
    }
    for named in (mapping.stage, mapping.outcome, mapping.activity):
        for action in named.actions.values() if named else ():
            if action.kind in known and (action.name or action.kind != "lost"):
                _need(
                    mapping,
                    process,
                    known[action.kind][0],
                    Name(action.name, action.place),
                    known[action.kind][1],
                )
    reason = mapping.lost_reason
    for value in reason.values.values() if reason else ():
        _need(mapping, process, "lost reason", Name(value, reason.place if reason else START), known["lost"][1])


def _need(mapping: HistoryMapping, process: Process, what: str, named: Name, known: tuple[str, ...]) -> None:
    if named.name not in known:
        near = nearest(named.name, known)
        expected = "" if near else "one of " + ", ".join(f"`{name}`" for name in known) if known else "it there first"
        found = f"process `{process.name}` has no {what} `{named.name}`"
        raise BadMapping(mapping.file, named.place.line, named.place.column, found, expected, near)
