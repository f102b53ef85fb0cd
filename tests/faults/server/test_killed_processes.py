"""Processes that write to one PostgreSQL store are killed at any moment: each order is there whole, and once.

The control's writers say that it is done before they do it, and the same check must find orders that are gone.
"""

import multiprocessing
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from random import Random
from time import sleep

import pytest

from pipeline_engine.store import Store
from tests.faults.server.orders import Order, Receipts, order, place, wrongs
from tests.store.given import store_at

WRITERS = 3
FIRST_SAID_SECONDS = 60
LONGEST_LIFE = 0.25  # seconds; opening the store takes a part of it
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload([__name__])


def write(url: str, who: str, first: int, said: "Connection", hasty: bool) -> None:
    """Place one order after the other from a process of its own, saying after each that it is done, or before."""
    store, number = store_at(url), first
    while True:
        asked = order(who, number)
        if hasty:
            said.send((number, ()))
        receipts = place(store, asked)
        if not hasty:
            said.send((number, receipts))
        number += 1


@dataclass
class Writer:
    """One writer, in one process after the other; each goes on behind what was said last."""

    url: str
    who: str
    hasty: bool = False
    told: dict[Order, Receipts] = field(default_factory=dict)
    last: int = 0

    def begin(self) -> None:
        """Start its next process."""
        self._heard, saying = processes.Pipe(duplex=False)
        self._process: BaseProcess = processes.Process(
            target=write, args=(self.url, self.who, self.last + 1, saying, self.hasty)
        )
        self._process.start()
        saying.close()

    def kill(self) -> None:
        """Kill it, and hear what it said before; not before it said anything at all."""
        if not self.last:
            self._heard.poll(FIRST_SAID_SECONDS)
        self._process.kill()
        self._process.join()
        with suppress(EOFError, OSError):
            while True:
                number, receipts = self._heard.recv()
                self.told[order(self.who, number)], self.last = receipts, number
        self._heard.close()

    def asked(self) -> list[Order]:
        """All it may have asked for."""
        return [order(self.who, number) for number in range(1, self.last + 2)]


def killed_writers(url: str, kills: int, chance: Random, *, hasty: bool = False) -> list[Writer]:
    """Writers of which one after the other is killed and started again, so many times."""
    writers = [Writer(url, f"w{nth}", hasty) for nth in range(WRITERS)]
    for writer in writers:
        writer.begin()
    for nth in range(kills):
        sleep(chance.uniform(0, LONGEST_LIFE / WRITERS))
        writers[nth % WRITERS].kill()
        writers[nth % WRITERS].begin()
    for writer in writers:
        writer.kill()
    return writers


def found(store: Store, writers: list[Writer]) -> list[str]:
    """What is wrong in the store, by what the writers asked and said."""
    told = {one: receipts for writer in writers for one, receipts in writer.told.items()}
    return wrongs(store, [one for writer in writers for one in writer.asked()], told)


@pytest.mark.slow
@pytest.mark.parametrize("kills", [40, pytest.param(400, marks=pytest.mark.soak)])
def test_what_killed_processes_acknowledged_is_there_once(
    postgres_database: str, opened: Callable[..., Store], seed: int, kills: int
) -> None:
    """Each order that was told is there whole and once; of each writer's last one at most the whole."""
    store = opened(postgres_database)
    writers = killed_writers(postgres_database, kills, Random(seed))
    assert min(writer.last for writer in writers) > 0
    assert found(store, writers) == []


@pytest.mark.slow
def test_control_an_acknowledgement_that_comes_first_is_found_out(
    postgres_database: str, opened: Callable[..., Store], seed: int
) -> None:
    """Control: said before it is done, some order that was told is not there."""
    store = opened(postgres_database)
    assert any(
        "acknowledged, has" in wrong
        for wrong in found(store, killed_writers(postgres_database, 12, Random(seed), hasty=True))
    )
