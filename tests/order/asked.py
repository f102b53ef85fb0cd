"""Clients that move, change and look at a few deals all at once, and write down what they were told and when.

A note says when something was asked and when it was answered, by the machine's one monotonic clock, which all
processes share. The clients all work on the same few deals at a time, so that they get in each other's way.
"""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Queue
from random import Random
from threading import Thread
from time import monotonic_ns
from typing import Any, Literal, cast

from pipeline_engine.engine import EVENTS, Engine, system_clock
from pipeline_engine.store import IDENTITY, Store
from pipeline_engine.store.codec import Codec
from pipeline_engine.store.log import Log
from pipeline_engine.store.opening import log_at
from pipeline_engine.values import microseconds

STAGES = ("lead", "qualified", "proposal", "negotiation")
ENOUGH = 10
PROCESS = """
process: race
currency: EUR
deal: {amount: {type: int}}
stages:
  - id: lead
  - id: qualified
  - {id: proposal, enter: [{id: enough, check: deal.amount >= 10}]}
  - id: negotiation
moves: {forward: next, back: {reason: optional}}
outcomes: {lost: {reasons: [price]}}
"""
HOT = 2  # how many deals all clients work on at a time
Kind = Literal["move", "set", "look"]
Looked = tuple[str, int | None, int]
Meddle = Callable[[Log], Log]


@dataclass(frozen=True, slots=True)
class Note:
    """
    What one client asked of one deal, and what it was told.

    `answer` is whether it was accepted, or the stage, amount and version that were seen. `again` is the answer to the
    same command sent a second time, where it was.
    """

    client: int
    deal: str
    kind: Kind
    argument: str | int | None
    command_id: str
    asked: int
    answered: int
    answer: bool | Looked
    again: bool | None = None


def deal_of(number: int, deals: int, operations: int, random: Random) -> str:
    """Which deal the operation of that number is about: one of the few that are hot then."""
    return f"D-{(number * deals // operations + random.randrange(HOT)) % deals}"


def one(engine: Engine, client: int, number: int, deal: str, random: Random) -> Note:
    """Ask for one thing, by chance, and write it down."""
    kind: Kind = random.choices(("move", "set", "look"), (5, 2, 3))[0]
    arguments: dict[Kind, Sequence[Any]] = {"move": STAGES, "set": (5, 20, None), "look": (None,)}
    argument, command_id = random.choice(arguments[kind]), f"c{client}-{number}"
    asks: dict[Kind, Callable[[Engine, str, Any, str], bool | Looked]] = {"move": _move, "set": _set, "look": _look}
    ask = asks[kind]
    asked = monotonic_ns()
    answer = ask(engine, deal, argument, command_id)
    answered = monotonic_ns()
    sent_again = kind != "look" and random.random() < 0.05
    again = cast("bool", ask(engine, deal, argument, command_id)) if sent_again else None
    return Note(client, deal, kind, argument, command_id, asked, answered, answer, again)


def _move(engine: Engine, deal: str, to: str, command_id: str) -> bool:
    return engine.move(deal, to=to, by="rep-03", command_id=command_id).accepted


def _set(engine: Engine, deal: str, amount: int | None, command_id: str) -> bool:
    return engine.set(deal, {"amount": amount}, by="rep-03", command_id=command_id).accepted


def _look(engine: Engine, deal: str, argument: None, command_id: str) -> Looked:
    found = engine.deal(deal)
    return found.stage, cast("int | None", found.fields.get("amount")), found.version


@contextmanager
def engine_at(url: str, meddle: Meddle | None = None) -> Iterator[Engine]:
    """An engine on a store of its own, with a log that somebody meddled with where one is told so."""
    if meddle is None:
        with Engine.open(url) as engine:
            yield engine
        return
    log = meddle(log_at(url, lambda: microseconds(system_clock()), "system", "identity"))
    with Engine(Store(log, Codec(EVENTS, IDENTITY), "system"), system_clock) as engine:
        yield engine


def prepare(url: str, deals: int) -> None:
    """An empty store with the process and its deals, all in the first stage."""
    with engine_at(url) as engine:
        engine.publish_text(PROCESS, "race.yaml", by="ops")
        for number in range(deals):
            engine.open_deal(f"D-{number}", process="race", owner="rep-03", by="rep-03", command_id=f"open-{number}")


def client(
    engine: Engine, number: int, plan: tuple[int, int, int], counter: Callable[[], int], gate: Callable[[], Any]
) -> list[Note]:
    """Everything one client asks: the next operation there is, until there is none."""
    seed, deals, operations = plan
    random, notes = Random(f"{seed}-{number}"), []
    engine.deals()  # warm: the first read is no race
    gate()
    while (nth := counter()) < operations:
        notes.append(one(engine, number, nth, deal_of(nth, deals, operations, random), random))
    return notes


def _in_a_process(url: str, number: int, plan: tuple[int, int, int], shared: tuple[Any, Any, Any]) -> None:
    value, barrier, notes = shared

    def counter() -> int:
        with value.get_lock():
            value.value += 1
            return int(value.value) - 1

    with engine_at(url) as engine:
        notes.put(client(engine, number, plan, counter, barrier.wait))


def in_processes(url: str, clients: int, plan: tuple[int, int, int]) -> list[Note]:
    """Run clients in processes of their own on one store; everybody's notes."""
    spawn = multiprocessing.get_context("spawn")
    shared = spawn.Value("q", 0), spawn.Barrier(clients), spawn.SimpleQueue()
    processes = [spawn.Process(target=_in_a_process, args=(url, number, plan, shared)) for number in range(clients)]
    for process in processes:
        process.start()
    notes = [note for _ in processes for note in shared[2].get()]
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * clients
    return notes


def in_threads(url: str, clients: int, plan: tuple[int, int, int], meddle: Meddle) -> list[Note]:
    """Run clients in threads, each with a store and a cache of its own over a log that was meddled with."""
    numbers, done = iter(range(10**9)), Queue[list[Note]]()

    def run(number: int) -> None:
        with engine_at(url, meddle) as engine:
            done.put(client(engine, number, plan, lambda: next(numbers), lambda: None))

    threads = [Thread(target=run, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [note for _ in range(done.qsize()) for note in done.get()]


def overlapping(notes: Sequence[Note]) -> int:
    """How many notes were asked while another client was waiting for an answer about the same deal."""
    by_deal: dict[str, int] = {}
    count = 0
    for note in sorted(notes, key=lambda each: each.asked):
        count += note.asked < by_deal.get(note.deal, 0)
        by_deal[note.deal] = max(by_deal.get(note.deal, 0), note.answered)
    return count
