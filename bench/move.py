"""One accepted move through the engine, against the raw driver's one-row commit and the bare library saving one event.

All write beside each other, turn by turn, so that a slow disk slows all. The engine loads the deal, judges eight rules,
appends, and writes its command log; the driver inserts one row of that size and commits, as durably; the library's own
`save` appends one event of an aggregate that it holds in memory.
"""

import tempfile
from functools import partial
from itertools import count
from pathlib import Path

from bench._commands import PROCESS, engine_moves, library_saves, raw_rows, timed
from bench._library import application
from bench._peers import Raw, RawPostgres, RawSqlite
from bench._turns import in_turns, library_settings, micro, postgres, ratio, verdict

from pipeline_engine import Engine

ROUNDS = 15


def measured(name: str, url: str, raw: Raw, settings: dict[str, str]) -> None:
    """Write by turns and print what came of it."""
    app = application(settings)
    names = (f"D-{number}" for number in count())
    with Engine.open(url) as engine:
        engine.publish_text(PROCESS, "bench.yaml", by="ops")
        turns = {
            "raw": raw_rows(raw, names), "bare": library_saves(app), "ours": engine_moves(engine, names),
        }  # fmt: skip
        found = in_turns(ROUNDS, {each: partial(timed, ready) for each, ready in turns.items()})
    app.close()
    peers = f"raw driver {micro(found['raw'])}, bare save {micro(found['bare'])}"
    print(f"move on {name}, 8 rules: engine {micro(found['ours'])}, {peers}")
    print(verdict(ratio(found["raw"], found["ours"]), 0.4, "the raw driver's one-row commit"))
    print(f"  {ratio(found['bare'], found['ours']):.2f} of the bare library's save")


def main() -> None:
    """Print the ratios on both databases."""
    with tempfile.TemporaryDirectory() as folder:
        raw = RawSqlite(Path(folder) / "raw.db")
        measured("SQLite", f"sqlite:///{folder}/engine.db", raw, library_settings(f"{folder}/bare.db"))
    with postgres() as database:
        measured("PostgreSQL", database(), RawPostgres(database()), library_settings(database()))
