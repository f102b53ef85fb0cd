"""Loading and folding deals of fifty events that are in no cache, against the bare library's default repository."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, count, islice
from time import perf_counter
from uuid import UUID

from bench._library import application, lived
from bench._turns import Turn, in_turns, library_settings, made_up_year, micro, opened, postgres, ratio, verdict

from pipeline_engine.deal import DealOpened
from pipeline_engine.engine.reads import DEAL
from pipeline_engine.store import Draft, Store, StreamAppend

DEALS, EVENTS, ROUNDS = 60, 50, 11


def fifty(year: Sequence[tuple[Draft, ...]]) -> list[tuple[Draft, ...]]:
    """Deals of fifty events each, made of what happened in the year: one opening, then whatever came."""
    rest = (draft for draft in chain.from_iterable(year) if not isinstance(draft.event, DealOpened))
    return [(drafts[0], *islice(rest, EVENTS - 1)) for drafts in year[:DEALS]]


def store_turn(store: Store, deals: Sequence[tuple[Draft, ...]]) -> Turn:
    """Seconds an event; every turn folds under a name of its own, so that nothing is kept from the last."""
    streams = [f"deal:C-{number}" for number in range(len(deals))]
    store.append_many([StreamAppend(stream, 0, drafts) for stream, drafts in zip(streams, deals, strict=True)])
    names = count()

    def turn() -> float:
        fold = replace(DEAL, name=f"cold-{next(names)}")
        begin = perf_counter()
        for stream in streams:
            assert store.load(stream, fold)[1] == EVENTS
        return (perf_counter() - begin) / len(streams) / EVENTS

    return turn


def library_turn(settings: dict[str, str], deals: Sequence[tuple[Draft, ...]]) -> Turn:
    """Seconds an event."""
    app = application(settings)
    aggregates = [lived(drafts) for drafts in deals]
    app.save(*aggregates)
    names: list[UUID] = [each.id for each in aggregates]

    def turn() -> float:
        begin = perf_counter()
        for name in names:
            assert app.repository.get(name).version == EVENTS
        return (perf_counter() - begin) / len(names) / EVENTS

    return turn


def measured(name: str, store: Store, settings: dict[str, str], deals: Sequence[tuple[Draft, ...]]) -> None:
    """Load by turns and print what came of it."""
    found = in_turns(ROUNDS, {"bare": library_turn(settings, deals), "ours": store_turn(store, deals)})
    print(f"cold load and fold on {name}, an event: {micro(found['ours'])}, bare library {micro(found['bare'])}")
    print(verdict(ratio(found["bare"], found["ours"]), 2, "the bare library's default"))


def main() -> None:
    """Print both ratios."""
    deals = fifty(made_up_year(300))
    with tempfile.TemporaryDirectory() as folder:
        store = opened(f"sqlite:///{folder}/sales.db")
        measured("SQLite", store, library_settings(f"{folder}/bare.db"), deals)
        store.close()
    with postgres() as database:
        store = opened(database())
        measured("PostgreSQL", store, library_settings(database()), deals)
        store.close()
