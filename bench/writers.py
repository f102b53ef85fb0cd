"""Four processes that write to one PostgreSQL at once, against the bare library doing the same.

A turn of the library saves events one by one, of aggregates that each process holds in memory. The engine does the same
through the store (one event, and its row of the command log), and in a turn of its own whole moves with eight rules.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import perf_counter

from bench._commands import EACH, PROCESS, engine_moves, library_saves, store_transactions
from bench._library import application
from bench._turns import Turn, in_turns, library_settings, micro, opened, postgres, ratio, verdict

from pipeline_engine import Engine

WRITERS, ROUNDS = 4, 11


def work(number: int, ours: str, bare: str, orders: Connection) -> None:
    """Take orders until there are none: what to get ready for, then when to begin."""
    engine, store, app = Engine.open(ours), opened(ours), application(library_settings(bare))
    names = (f"W{number}-{each}" for each in count())
    turns = {
        "bare": library_saves(app), "event": store_transactions(store, names), "move": engine_moves(engine, names),
    }  # fmt: skip
    while order := orders.recv():
        run = turns[order]()
        orders.send("ready")
        orders.recv()
        run()
        orders.send("done")


@contextmanager
def working(ours: str, bare: str) -> Iterator[list[Connection]]:
    """The writers, each at the other end of a pipe."""
    context, ends = get_context("spawn"), []
    for number in range(WRITERS):
        mine, its = context.Pipe()
        context.Process(target=work, args=(number, ours, bare, its), daemon=True).start()
        ends.append(mine)
    try:
        yield ends
    finally:
        for end in ends:
            end.send("")


def together(ends: list[Connection], what: str) -> Turn:
    """Seconds a write, of all writers together."""

    def tell(word: str) -> None:
        for end in ends:
            end.send(word)
        for end in ends:
            end.recv()

    def turn() -> float:
        tell(what)
        begin = perf_counter()
        tell("go")
        return (perf_counter() - begin) / EACH / WRITERS

    return turn


def main() -> None:
    """Print both ratios."""
    with postgres() as database:
        ours, bare = database(), database()
        with Engine.open(ours) as engine:
            engine.publish_text(PROCESS, "bench.yaml", by="ops")
        application(library_settings(bare)).close()
        with working(ours, bare) as ends:
            found = in_turns(ROUNDS, {what: together(ends, what) for what in ("bare", "event", "move")})
    told = ", ".join(f"{what} {micro(found[key])}" for what, key in (("event", "event"), ("move", "move")))
    print(f"{WRITERS} writers on PostgreSQL, a write: {told}, bare save {micro(found['bare'])}")
    print(verdict(ratio(found["bare"], found["move"]), 1.5, "the bare library's, a whole move"))
    print(verdict(ratio(found["bare"], found["event"]), 1.5, "the bare library's, one event transacted"))
