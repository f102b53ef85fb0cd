"""What is asked of a store while it goes through a fault, and how its log is checked afterwards.

Asks are numbered: the same writer and number always ask for the same thing, under the same command id.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipeline_engine.deal import NoteRecorded
from pipeline_engine.engine import EVENTS, Engine
from pipeline_engine.engine.shell import How
from pipeline_engine.envelope import Envelope, Recorded
from pipeline_engine.errors import WrongExpectedVersion
from pipeline_engine.store import IDENTITY, Decision, Draft, Fold, Part, Request, Store, StreamAppend, open_store
from pipeline_engine.values import Personal

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
PROCESS = """
process: b2b
currency: EUR
deal: {amount: {type: money}, hopeless: {type: text}}
stages: [{id: lead}, {id: offer}, {id: contract, enter: [{require: [hopeless]}]}]
outcomes: {lost: {reasons: [price]}}
"""
KINDS = {"open": 1, "note": 1, "shared": 3, "move": 1, "pair": 2, "load": 6, "set": 1, "refused": 1}
"""What is asked in turn, and how many events each command of it comes to."""
TURN = tuple(KINDS)
Decide = Callable[[object, int, object], Decision]
COUNT: Fold[int] = Fold("count", lambda state, recorded: (state or 0) + 1)


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that is asked of the store; its id tells what it is."""

    writer: str
    number: int

    @property
    def kind(self) -> str:
        """Which of the things that are asked in turn."""
        return TURN[self.number % len(TURN)]

    @property
    def id(self) -> str:
        """Its command id; a pair has two, which begin with it."""
        return f"{self.kind}.{self.writer}.{self.number}"

    @property
    def deal(self) -> str:
        """The deal it is about, a new one with every turn."""
        return f"{self.writer}-{self.number // len(TURN)}"


def expected(command_id: str) -> int:
    """How many events a command comes to."""
    return KINDS[command_id.partition(".")[0]]


def command_ids(ask: Ask) -> list[str]:
    """The ids under which an ask is recorded."""
    return [f"{ask.id}.{side}" for side in "ab"] if ask.kind == "pair" else [ask.id]


class Office:
    """An engine over one store, and a way to ask it for anything that is asked here."""

    def __init__(self, url: str) -> None:
        # One file that fails is what these tests are about; the file of keys has tests of its own.
        self.store: Store = open_store(url, clock=lambda: MONDAY, clock_name="test", keys=IDENTITY, events=EVENTS)
        self.engine = Engine(self.store, lambda: MONDAY)

    def publish(self) -> None:
        """Publish the process its deals run through."""
        self.engine.publish_text(PROCESS, "b2b.yaml", by="ops", command_id="publish")

    def ask(self, ask: Ask) -> None:
        """Ask, and come back when it is acknowledged; asked once more, nothing more is recorded."""
        how: How = {"by": "rep-03", "command_id": ask.id}
        match ask.kind:
            case "open":
                self.engine.open_deal(ask.deal, process="b2b", owner="rep-03", fields={"amount": "10"}, **how)
            case "note":
                self.engine.note(ask.deal, "they called", **how)
            case "move" | "refused":
                self.engine.move(ask.deal, to="offer" if ask.kind == "move" else "contract", **how)
            case "set":
                self.engine.set(ask.deal, {"amount": str(ask.number)}, **how)
            case "shared":
                # Now and then with every other writer kept out, as where deals are counted.
                asked = Request(ask.id, ask.id), COUNT, _decision(ask.id)
                self.store.transact("deal:shared", *asked, alone=ask.number // len(TURN) % 2 == 0)
            case "pair":
                self.store.transact_all(_pair(ask), COUNT, lambda decisions: decisions)
            case _:
                self._load(ask)

    def _load(self, ask: Ask) -> None:
        drafts = _decision(ask.id)(None, 0, None).drafts[:2]
        try:
            self.store.append_many([StreamAppend(f"deal:{ask.id}-{part}", 0, drafts) for part in range(3)])
        except WrongExpectedVersion:
            # Loads have no command id: that the streams are there says that it was recorded before.
            assert self.store.load(f"deal:{ask.id}-0", COUNT)[1] == len(drafts)

    def close(self) -> None:
        """Let go of the store."""
        self.engine.close()


def asked(office: Office, first: int, last: int) -> list[str]:
    """Ask for things in turn; the ids of their commands."""
    for number in range(first, last):
        office.ask(Ask("w", number))
    return ids(last)


def ids(last: int) -> list[str]:
    """The ids of the first commands."""
    return [command_id for number in range(last) for command_id in command_ids(Ask("w", number))]


def _decision(command_id: str) -> Decide:
    def decide(state: object, version: int, reader: object) -> Decision:
        envelope = Envelope(at=MONDAY, actor="rep-03", command_id=command_id)
        note = NoteRecorded(text=Personal("deal:shared", "they called"))
        return Decision(tuple(Draft(envelope, note) for _ in range(expected(command_id))))

    return decide


def _pair(ask: Ask) -> list[Part[int]]:
    return [Part(f"deal:{name}", Request(name, name), _decision(name)) for name in command_ids(ask)]


@dataclass
class Losses:
    """What is wrong with a log, each kind of wrong by itself; all empty where it is whole."""

    lost: list[str] = field(default_factory=list)
    """Acknowledged, and not there."""
    partial: list[str] = field(default_factory=list)
    """Commands of which there are fewer or more events than they came to."""
    gaps: list[str] = field(default_factory=list)
    """Streams whose versions are not 1, 2, 3 …"""
    receipts: list[str] = field(default_factory=list)
    """Commands whose receipt is missing, or tells of other events than theirs."""
    found: list[str] = field(default_factory=list)
    """What the doctor complains of."""


def losses(store: Store, acknowledged: Collection[str]) -> Losses:
    """Hold a store against the ids of the commands that were acknowledged."""
    recorded = list(everything(store))
    counted = Counter(event.envelope.command_id for event in recorded)
    asked = {command_id for command_id in counted if command_id.partition(".")[0] in KINDS}
    return Losses(
        lost=sorted(set(acknowledged) - asked),
        partial=sorted(command_id for command_id in asked if counted[command_id] != expected(command_id)),
        gaps=_gaps(recorded),
        receipts=_unresolved(store, [event for event in recorded if event.envelope.command_id in asked]),
        # How much room is left is no loss: a disk of these tests is small.
        found=[f"{each.check}: {each.found}" for each in store.findings() if not each.ok and each.check != "disk"],
    )


def everything(store: Store) -> Iterable[Recorded]:
    """Every event of a store, stream by stream."""
    for stream in store.streams(""):
        yield from store.events(stream)


def damage(path: Path) -> list[str]:
    """What SQLite's own full check says of a file: `ok`, or what is damaged."""
    with closing(sqlite3.connect(path)) as connection:
        return [text for (text,) in connection.execute("PRAGMA integrity_check")]


def _gaps(recorded: Iterable[Recorded]) -> list[str]:
    versions = defaultdict(list)
    for event in recorded:
        versions[event.stream].append(event.version)
    return sorted(stream for stream, found in versions.items() if found != list(range(1, len(found) + 1)))


def _unresolved(store: Store, recorded: Iterable[Recorded]) -> list[str]:
    there = defaultdict(list)
    for event in recorded:
        there[event.envelope.command_id].append((event.stream, event.version))
    found = []
    for command_id, places in there.items():
        receipt = store.receipt(command_id)
        told = [(receipt.stream, version) for version in range(receipt.first, receipt.last + 1)] if receipt else None
        # A load leaves no receipt, and must not.
        if told != (None if command_id.startswith("load.") else places):
            found.append(command_id)
    return sorted(found)
