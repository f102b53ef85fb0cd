"""What the writers of these tests ask for, and the one check of what became of it.

An order is made of a writer's name and a number alone, so that whoever checks knows what each command id stood for,
also where the writer was killed and told nobody.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from pipeline_engine.store import IDENTITY, Part, Receipt, Request, Row, Store
from pipeline_engine.store.codec import Codec
from tests.store.given import COUNT, EVENTS, Counted, appending

STREAMS = tuple(f"deal:S-{number}" for number in range(40))
DIGEST = "d"
PAGE = 5000


@dataclass(frozen=True)
class Order:
    """One thing asked for: `size` events on each of the streams, all in one transaction."""

    who: str
    number: int
    streams: tuple[str, ...]
    size: int
    alone: bool

    def command_id(self, stream: str) -> str:
        """The id of its command on one of its streams."""
        return f"{self.who}/{self.number}/{stream}"


Receipts = tuple[Receipt, ...]
Place = Callable[[Store, Order], Receipts]


def order(who: str, number: int) -> Order:
    """The writer's order of that number: one command, one that keeps others out, or several together."""
    chance = Random(f"{who}/{number}")
    kind = chance.choice(["one", "one", "alone", "together"])
    streams = chance.sample(STREAMS, chance.randint(2, 4) if kind == "together" else 1)
    return Order(who, number, tuple(streams), chance.randint(1, 3), kind == "alone")


def place(store: Store, asked: Order) -> Receipts:
    """Ask for it, and hand over the receipts."""
    parts = [
        Part(
            stream,
            Request(asked.command_id(stream), DIGEST),
            appending(*[Counted()] * asked.size, command_id=asked.command_id(stream)),
        )
        for stream in asked.streams
    ]
    if len(parts) > 1:
        return tuple(receipt for receipt in store.transact_all(parts, COUNT, lambda kept: kept) if receipt)
    (part,) = parts
    return (store.transact(part.stream, part.request, COUNT, part.decide, alone=asked.alone),)


def wrongs(store: Store, asked: Iterable[Order], acknowledged: Mapping[Order, Receipts]) -> list[str]:
    """
    What is not as it must be, one line each; none where all is well.

    Every acknowledged order is in the log exactly once, where its receipts say; one that was not acknowledged is
    there once or not at all; none is there in part; nothing else is there, and no stream has a gap.
    """
    rows = everything(store)
    found: dict[str, list[Row]] = defaultdict(list)
    decode = Codec(EVENTS, IDENTITY).decode
    for row in rows:
        found[decode(row).envelope.command_id].append(row)
    told = gaps(rows)
    for one in asked:
        told += _of_one(
            store, one, acknowledged.get(one), {stream: found.pop(one.command_id(stream), []) for stream in one.streams}
        )
    return [*told, *(f"`{command_id}` was never asked for" for command_id in found)]


def everything(store: Store) -> list[Row]:
    """Every row of the log."""
    rows: list[Row] = []
    while page := store.rows(rows[-1].position if rows else 0, PAGE):
        rows += page
    return rows


def gaps(rows: Iterable[Row]) -> list[str]:
    """Streams whose versions do not go 1, 2, 3 …, and record times that go back."""
    rows, versions, told = list(rows), defaultdict[str, int](int), []
    for row in rows:
        versions[row.stream] += 1
        if row.version != versions[row.stream]:
            told.append(f"position {row.position}: `{row.stream}` goes on with {row.version}")
    told += [
        f"position {b.position} was recorded before {a.position}"
        for a, b in pairwise(rows)
        if b.recorded_at < a.recorded_at
    ]
    return told


def _of_one(store: Store, one: Order, receipts: Receipts | None, there: Mapping[str, list[Row]]) -> list[str]:
    sizes = {len(rows) for rows in there.values()}
    name, was = f"`{one.who}/{one.number}`", "not acknowledged" if receipts is None else "acknowledged"
    if sizes == {0} and receipts is None:
        return [
            f"{name} has a receipt and no events" for stream in one.streams if store.receipt(one.command_id(stream))
        ]
    if sizes != {one.size}:
        return [f"{name}, {was}, has {[len(rows) for rows in there.values()]} events instead of {one.size} each"]
    told = []
    for nth, (stream, rows) in enumerate(there.items()):
        stored = store.receipt(one.command_id(stream))
        said = receipts[nth] if receipts else stored
        span = (stream, rows[0].version, rows[-1].version)
        if said is None or stored is None or span != (said.stream, said.first, said.last) or span[0] != stored.stream:
            told.append(f"{name} stands at {span}, said to stand at {said}, in the command log at {stored}")
    return told
