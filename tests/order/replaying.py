"""Everything that reads the past again, in a process of its own, and what that process touched meanwhile.

`python -m tests.order.replaying FILE WHAT…` prints what each came to; what was touched goes to standard error as JSON.
"""

import hashlib
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from pipeline_engine.engine import Engine
from pipeline_engine.engine.reads import DEAL
from tests.golden.folds import canonical
from tests.replay.lived import STRICT_SALES

NOON = datetime(2027, 1, 4, 12, tzinfo=UTC)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGING = (
    "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown",
    "os.utime", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "subprocess.Popen", "shutil.",
    "tempfile.", "urllib.", "ftplib.", "smtplib.", "webbrowser.",
)  # fmt: skip


class Watch:
    """Notes every socket, every file opened for writing, and every other change to the outside."""

    def __init__(self) -> None:
        self.touched: list[str] = []
        self.on = False
        sys.addaudithook(self._told)

    def _told(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.on and (event.startswith(("socket.", *CHANGING)) or _writes(event, arguments)):
            self.touched.append(f"{event} {arguments[:2]!r}")


def _writes(event: str, arguments: tuple[Any, ...]) -> bool:
    if event != "open":
        return False
    _, mode, flags = arguments
    return bool(set(mode or "") & set("wax+")) or bool((flags or 0) & WRITING)


def rebuild(engine: Engine) -> Iterator[object]:
    """The facts from the first event on, and as they were at moments before."""
    yield engine.rebuild().digest()
    for days in range(0, 360, 60):
        yield engine.facts(as_of=NOON - timedelta(days=days)).digest()
        yield engine.facts(known_at=NOON - timedelta(days=days)).digest()
    yield [view.to_json() for view in (engine.health(), engine.bottlenecks(), engine.funnel())]


def replay(engine: Engine) -> Iterator[object]:
    """Every deal folded from its stream, and every recorded attempt judged again."""
    for stream in engine._store.streams("deal:"):
        deal, version = engine._store.load(stream, DEAL)
        yield stream, version, hashlib.sha256(to_json(canonical(deal))).hexdigest()
    for stream in list(engine._store.streams("deal:"))[:20]:
        for recorded in engine.timeline(stream.removeprefix("deal:")):
            yield [(each.rule, each.verdict, each.says, each.fix) for each in engine.explain(recorded)]


def backtest(engine: Engine) -> Iterator[object]:
    """A stricter process over the whole year, and the one in force over itself."""
    yield engine.backtest(STRICT_SALES).to_json()
    yield engine.backtest(engine.process("b2b-saas")).to_json()


def by_chance(engine: Engine) -> Iterator[object]:
    """Control: what hangs on the order of a set of words, which each process makes anew."""
    yield list({f"word {number}" for number in range(100)})


def by_socket(engine: Engine) -> Iterator[object]:
    """Control: a socket is opened, and closed again."""
    with socket.socket():
        yield "opened"


def by_file(engine: Engine) -> Iterator[object]:
    """Control: something is written beside the store."""
    Path(sys.argv[1]).with_suffix(".note").write_text("was here")
    yield "written"


def by_command(engine: Engine) -> Iterator[object]:
    """Control: a note is recorded."""
    deal = next(engine._store.streams("deal:")).removeprefix("deal:")
    yield engine.note(deal, "x", by="rep-03", command_id="note").accepted


WHAT: Mapping[str, Callable[[Engine], Iterator[object]]] = {
    each.__name__: each for each in (rebuild, replay, backtest, by_chance, by_socket, by_file, by_command)
}


def main(file: str, *what: str) -> None:
    """Do what is named, on the store in a file."""
    watch = Watch()
    with Engine.open(f"sqlite:///{file}", clock=lambda: NOON, clock_name="simulation") as engine:
        watch.on = True
        for name in what:
            for said in WHAT[name](engine):
                sys.stdout.write(json.dumps(said, default=str) + "\n")
        watch.on = False
    sys.stderr.write(json.dumps(watch.touched))


if __name__ == "__main__":
    main(*sys.argv[1:])
