"""Migrating open deals on SQLite: the dry run against asking deal by deal, the real run against bare appends.

A dry run judges every deal's next move twice, by the old version and by the new one; the peer asks the same gate once a
deal. The bare append writes the same events in the same batches, without loading or deciding anything: nobody migrates
faster than that. Each pair is measured in one run on one file, so that a slow disk slows both.
"""

import tempfile
from pathlib import Path
from time import perf_counter

from tests.migration.many import BEGIN, MAPPING, filled

from pipeline_engine import Engine
from pipeline_engine.deal import DealMigrated
from pipeline_engine.engine.migrating import TOGETHER
from pipeline_engine.envelope import Envelope
from pipeline_engine.store import Draft, StreamAppend

DEALS, ASKED, ROUNDS = 10_000, 500, 5


def planned(engine: Engine) -> float:
    """Seconds of a dry run, once the facts are there."""
    engine.facts()
    begin = perf_counter()
    engine.plan_migration("many", "2", MAPPING)
    return perf_counter() - begin


def asked_one_by_one(engine: Engine) -> float:
    """Seconds for as many deals if each is asked for its next move by itself: its preflight, on a part of them."""
    deals = engine.facts().deals["deal_id"].to_pylist()[:: DEALS // ASKED]
    ways = {"lead": "qualified", "qualified": "proposal", "proposal": "negotiation"}
    begin = perf_counter()
    for deal in deals:
        engine.preflight(deal, ways[engine.deal(deal).stage], by="rep-01")
    return (perf_counter() - begin) / len(deals) * DEALS


def migrated(engine: Engine) -> float:
    """Seconds to migrate every open deal."""
    begin = perf_counter()
    done = engine.migrate("many", "2", MAPPING, why="a benchmark", by="ops")
    assert done.kept + done.mapped == DEALS
    return perf_counter() - begin


def appended(engine: Engine) -> float:
    """Seconds to append as many events to as many streams, in batches of the same size, without a look at any."""
    store = engine._store
    facts = engine.facts().deals
    ends = list(zip(facts["deal_id"].to_pylist(), facts["version"].to_pylist(), strict=True))
    begin = perf_counter()
    for start in range(0, len(ends), TOGETHER):
        store.append_many([_part(deal, version) for deal, version in ends[start : start + TOGETHER]])
    return perf_counter() - begin


def _part(deal: str, version: int) -> StreamAppend:
    event = DealMigrated(process="many", version=2, from_version=1, from_stage="lead", to_stage="lead")
    envelope = Envelope(at=BEGIN, actor="ops", via="migration", command_id=f"bench/{deal}")
    return StreamAppend(f"deal:{deal}", version, (Draft(envelope, event),))


def main() -> None:
    """Print both pairs with their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'many.db'}"
        filled(url, DEALS)
        with Engine.open(url) as engine:
            plan, plain = min(planned(engine) for _ in range(ROUNDS)), asked_one_by_one(engine)
            ours, bare = migrated(engine), appended(engine)
    print(f"migrating {DEALS:,} open deals on SQLite: dry run {plan:.2f} s, asked one by one {plain:.1f} s")
    print(f"  ratio {plain / plan:.0f} (wanted: at least 10)")
    print(f"  for real {ours:.1f} s, bare appends {bare:.1f} s, so {DEALS / ours:,.0f} deals a second")
    print(f"  ratio {bare / ours:.2f} of bare appends (wanted: at least 0.15)")
