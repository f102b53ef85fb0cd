"""Writers that are killed: as a script, it starts them as processes of their own and kills them at random moments.

Each writer keeps a journal in a file: a line `ask NUMBER` before it asks, and `ack NUMBER` once it is answered. Whoever
takes its place asks once more for what was not answered, and goes on.
"""

import argparse
import os
import signal
import traceback
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from time import sleep

from pipeline_engine.exchange import ImportOptions, import_history, load_mapping
from tests.faults.office import Ask, Office, command_ids

WRITERS = 3


@dataclass(frozen=True)
class Plan:
    """Where the writers write, where their journals are, and whether they speak too early."""

    store: Path
    journals: Path
    early: bool = False
    new: bool = False

    def journal(self, writer: str) -> Path:
        """Where a writer says what it asked for and what was acknowledged."""
        return self.journals / writer

    def store_of(self, writer: str) -> Path:
        """One store for all of them, or a new one each."""
        return self.store / f"{writer}.db" if self.new else self.store


def journaled(journal: Path) -> tuple[list[int], int]:
    """The numbers of the asks that were acknowledged, and of the one that is to be asked next."""
    lines = journal.read_text().splitlines() if journal.exists() else []
    said = [line.split() for line in lines]
    acknowledged = [int(number) for word, number in said if word == "ack"]
    begun = {int(number) for word, number in said if word == "ask"} - set(acknowledged)
    return acknowledged, min(begun, default=max(acknowledged, default=-1) + 1)


def acknowledged(plan: Plan) -> list[str]:
    """The ids of all commands that were acknowledged to any writer."""
    return [
        command_id
        for journal in sorted(plan.journals.iterdir())
        for number in journaled(journal)[0]
        for command_id in command_ids(Ask(journal.name, number))
    ]


def write(plan: Plan, writer: str) -> None:
    """Ask for one thing after the other, until killed."""
    number = journaled(plan.journal(writer))[1]
    journal = os.open(plan.journal(writer), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    office = Office(f"sqlite:///{plan.store_of(writer)}")
    if plan.new:
        office.publish()
    while True:
        ask = Ask(writer, number)
        # A deal whose opening was lost could not be asked anything more.
        early = plan.early and ask.kind != "open"
        os.write(journal, f"ask {number}\n".encode())
        if early:
            os.write(journal, f"ack {number}\n".encode())
        office.ask(ask)
        if not early:
            os.write(journal, f"ack {number}\n".encode())
        number += 1


def born(plan: Plan, writer: str) -> int:
    """A writer in a process of its own; its id."""
    return forked(partial(write, plan, writer))


def forked(work: Callable[[], object]) -> int:
    """A process that does some work and ends; its id."""
    child = os.fork()
    if child:
        return child
    try:
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - the child must not run its parent's code, whatever happens
        traceback.print_exc()
    finally:
        os._exit(1)


def killed(child: int) -> None:
    """Kill a writer; fails where it came to an end of its own before."""
    os.kill(child, signal.SIGKILL)
    if not os.WIFSIGNALED(os.waitpid(child, 0)[1]):
        raise SystemExit("a writer failed by itself")


def many_lives(plan: Plan, kills: int, chance: Random) -> None:
    """Kill one writer of several at a random moment, now and then all of them, and let others take their place."""
    alive = {f"w{slot}": born(plan, f"w{slot}") for slot in range(WRITERS)}
    done = 0
    while done < kills:
        sleep(chance.uniform(0, 0.03))
        doomed = list(alive) if chance.random() < 0.25 else [chance.choice(list(alive))]
        for writer in doomed:
            killed(alive.pop(writer))
        done += len(doomed)
        alive |= {writer: born(plan, writer) for writer in doomed}
    for child in alive.values():
        killed(child)


def new_stores(plan: Plan, kills: int, chance: Random) -> None:
    """Kill writers while they make a store, each a new one."""
    for number in range(kills):
        child = born(plan, f"n{number}")
        sleep(chance.uniform(0, 0.015))
        killed(child)


def imports(plan: Plan, kills: int, chance: Random) -> None:
    """Kill whoever brings a history in, at a random moment; another one begins anew, and the last is let through."""
    file, mapping = plan.store.with_name("crm.csv"), load_mapping(plan.store.with_name("crm.yaml"))

    def bring_in() -> None:
        with closing(Office(f"sqlite:///{plan.store}")) as office:
            import_history(office.store, [file], mapping, office.engine.process("b2b"), ImportOptions(batch=50))

    for _ in range(kills):
        child = forked(bring_in)
        sleep(chance.uniform(0, 0.3))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if os.waitpid(forked(bring_in), 0)[1]:
        raise SystemExit("the import failed by itself")


WAYS = {"writers": many_lives, "early": many_lives, "new": new_stores, "imports": imports}


def main() -> None:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("store", type=Path)
    parser.add_argument("journals", type=Path)
    parser.add_argument("kills", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("way", choices=WAYS)
    told = parser.parse_args()
    plan = Plan(told.store, told.journals, early=told.way == "early", new=told.way == "new")
    WAYS[told.way](plan, told.kills, Random(told.seed))


if __name__ == "__main__":
    main()
