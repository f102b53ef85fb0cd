"""A backtest over a million events, its facts in memory: against scanning the same columns once.

The log is a made-up year many times over, side by side under other deal ids. What is measured is one core making the
state of every deal at every attempt, and the verdict of every rule on it. The peers add up every column that was read,
for nobody judges what he has not looked at: once from memory, once decoding the same columns from a Parquet file.
"""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline_engine.engine import Engine, StoryClock
from pipeline_engine.facts import TABLES, Facts, Instants, exact_sum
from pipeline_engine.process import Judge, Process, load_process
from pipeline_engine.replay import Question, backtest
from pipeline_engine.replay.situations import Situations
from pipeline_engine.replay.verdicts import judged
from pipeline_engine.simulation import sales_year

PROCESSES = Path(__file__).resolve().parent.parent / "config" / "processes"
STRICT = PROCESSES / "b2b-saas-strict.yaml"
COPIES, ROUNDS = 60, 5
READ = {
    "attempts": ("version", "at", "now", "kind", "from_stage", "to_stage", "codes", "context", "accepted", "value"),
    "changes": ("version", "known_at", "field", "kind", "text", "integer", "real", "currency"),
    "activities": ("version", "known_at", "kind"),
    "approvals": ("version", "known_at", "event", "rule", "role", "target", "expires_at"),
    "contacts": ("version", "known_at", "role", "linked"),
    "stays": ("entered_version", "entered"),
}


def lived(seed: int = 7) -> Engine:
    """A made-up year in memory."""
    clock = StoryClock(datetime(2025, 1, 1, tzinfo=UTC))
    engine = Engine.open("memory://", clock=clock, clock_name="simulation", via="simulation")
    engine.publish(PROCESSES / "b2b-saas.yaml", by="ops-1")
    engine.apply_team(PROCESSES.parent / "people.yaml", by="ops-1")
    engine.live(sales_year(seed))
    return engine


def tiled(facts: Facts, copies: int) -> Facts:
    """The same facts so many times, each time about other deals."""
    names = [f"{number:04}-" for number in range(copies)]
    ids = pa.chunked_array([_renamed(facts.deal_ids, name) for name in names]).combine_chunks()
    tables = {}
    for table in TABLES:
        rows = facts.table(table)
        place = rows.schema.get_field_index("deal_id")
        parts = [
            rows.set_column(place, rows.schema.field(place), _renamed(rows["deal_id"].combine_chunks(), name))
            for name in names
        ]
        tables[table] = pa.concat_tables(parts).combine_chunks()
    return replace(facts, **tables, deal_ids=ids, position=facts.position * copies, _found={})


def _renamed(ids: pa.Array, name: str) -> pa.Array:
    return pc.binary_join_element_wise(pa.scalar(name), ids, "")


def scanned(facts: Facts) -> int:
    """Add up every column that a backtest reads: numbers by their value, text by its length."""
    return sum(_sum(facts.table(table)[column]) for table, columns in READ.items() for column in columns)


def kept(facts: Facts, folder: str) -> list[str]:
    """The same columns in files, one a table."""
    files = [f"{folder}/{table}.parquet" for table in READ]
    for file, (table, columns) in zip(files, READ.items(), strict=True):
        pq.write_table(facts.table(table).select(list(columns)), file)
    return files


def decoded(files: list[str]) -> int:
    """Read the files and add up every column."""
    tables = [pq.read_table(file, use_threads=False) for file in files]
    return sum(_sum(table[name]) for table in tables for name in table.column_names)


def _sum(column: pa.ChunkedArray) -> int:
    if pa.types.is_string(column.type):
        return int(pc.sum(pc.binary_length(column)).as_py() or 0)
    if pa.types.is_floating(column.type) or pa.types.is_boolean(column.type):
        return int(pc.sum(column).as_py() or 0)
    return exact_sum(column)


def evaluated(facts: Facts, process: Process, engine: Engine) -> np.ndarray:
    """The state at every attempt and the verdict of every rule, from nothing but the facts."""
    instants = Instants(facts, engine._store.open_sealed)
    attempts = np.arange(facts.attempts.num_rows)
    return judged(Situations.of(instants, attempts, "known_at", engine._store.open_sealed), Judge(process))


def main() -> None:
    """Print the scans, the evaluation and the whole backtest, best of ROUNDS each, taken by turns."""
    pa.set_cpu_count(1)
    with lived() as engine, tempfile.TemporaryDirectory() as folder:
        facts, process = tiled(engine.facts(), COPIES), load_process(STRICT.read_text(), str(STRICT))
        files, question = kept(facts, folder), Question(open_sealed=engine._store.open_sealed)
        works: tuple[Callable[[], object], ...] = (
            lambda: scanned(facts),
            lambda: decoded(files),
            lambda: evaluated(facts, process, engine),
            lambda: backtest(facts, process, question),
        )
        scan, decode, state, whole = (
            min(times) for times in zip(*([_seconds(w) for w in works] for _ in range(ROUNDS)), strict=True)
        )
    events, attempts = facts.position, facts.attempts.num_rows
    print(f"backtest of {events:,} events, {attempts:,} attempts, {len(process.rules)} rules, CPU time of one core:")
    print(f"  state and verdicts {state:.2f} s: {events / state:,.0f} events a second (wanted: at least 500,000)")
    print(f"  {state / decode:.1f} × decoding and adding up the same columns ({decode:.3f} s)")
    print(f"  {state / scan:.0f} × adding them up in memory ({scan:.3f} s)")
    print(f"  the whole backtest, with control and held-until, {whole:.2f} s: {events / whole:,.0f} events a second")


def _seconds(work: Callable[[], object]) -> float:
    begin = process_time()
    work()
    return process_time() - begin
