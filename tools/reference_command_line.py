"""The pages about the command line: every command with its help, and the JSON that scripts may rely on."""

import io
import json
import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.markdown import block, code, page, table
from tools.reference_process import ROOT, Undescribed, data
from typer.main import get_command

from pipeline_engine.cli.app import app
from pipeline_engine.cli.running import run
from pipeline_engine.engine import Engine, StoryClock
from pipeline_engine.simulation import YearPlan, sales_year

COMMANDS_INTRO = """
`pipeline-engine [--store URL] COMMAND …`. The store is what `--store` names, else `PIPELINE_ENGINE_STORE`, else
`sqlite:///sales.db` in the current folder. Who asks is `--by`, else `PIPELINE_ENGINE_ACTOR`. What follows is what
`--help` prints. [JSON](json.md) says what scripts may rely on, [Errors](errors.md#exit-codes-of-the-command-line) what
the exit codes mean.
"""
JSON_INTRO = """
With `--json` a command puts one JSON document on standard output and nothing else there. The keys in the tables stay;
more may come. Money is decimal text by currency, never a float. Moments are ISO 8601 in UTC. Days are numbers of 24
hours. Null is "not known", never zero. The keys of this page were read off real answers. Other commands take `--json`
too; their keys may still change.
"""


def commands_page() -> str:
    """docs/reference/commands.md."""
    found = list(_commands(get_command(app), ()))
    index = table(("command", "what it does"), [(_link(path), short) for path, short in found])
    parts = [part for path, _ in found for part in (f"## {' '.join(path)}", block(printed([*path, "--help"])))]
    return page("Commands", COMMANDS_INTRO, index, *parts)


def command_names() -> list[str]:
    """Every command as it is typed: `deal move`."""
    return [" ".join(path) for path, _ in _commands(get_command(app), ())]


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    inside = getattr(command, "commands", None)
    if inside is None:
        yield path, command.get_short_help_str(limit=120)
        return
    for name, each in inside.items():
        yield from _commands(each, (*path, name))


def _link(path: tuple[str, ...]) -> str:
    return f"[{code(' '.join(path))}](#{'-'.join(path)})"


def printed(arguments: list[str]) -> str:
    """What a command prints, on a terminal of a fixed width."""
    out, before = io.StringIO(), os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "100"
    try:
        with redirect_stdout(out), redirect_stderr(io.StringIO()):
            run(arguments)
    finally:
        os.environ.pop("COLUMNS")
        os.environ.update({} if before is None else {"COLUMNS": before})
    return out.getvalue()


def json_page() -> str:
    """docs/reference/json.md."""
    told = data("json.yaml")
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        _prepare(Path(folder), told["files"])
        parts = [part for each in told["documents"] for part in _document(each)]
    return page("JSON", JSON_INTRO, *parts)


def _prepare(folder: Path, files: Mapping[str, str]) -> None:
    """A folder with the config, the files, and a small made-up year in the store that commands take by default."""
    shutil.copytree(ROOT / "config", folder / "config")
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    clock = StoryClock(datetime(2025, 1, 1, tzinfo=UTC))
    with Engine.open("sqlite:///sales.db", clock=clock, clock_name="simulation", via="simulation") as engine:
        engine.publish(folder / "config" / "processes" / "b2b-saas.yaml", by="ops-1")
        engine.apply_team(folder / "config" / "people.yaml", by="ops-1")
        engine.live(sales_year(7, YearPlan(deals=60)))


def _document(told: Mapping[str, Any]) -> Iterator[str]:
    for command in told["run"]:
        answer = printed(shlex.split(command))
    shape = _shape(json.loads(answer), tuple(told.get("by_name", ())))
    missing = [key for key in told["keys"] if not any(path == key or path.startswith(f"{key}{{") for path in shape)]
    if missing:
        raise Undescribed(f"`{command}` does not give {missing}; it gives {sorted(shape)}")
    yield f"## {told['title']}"
    yield told.get("intro", "")
    rows = [(code(key), shape.get(key, "table"), meaning) for key, meaning in told["keys"].items()]
    yield table(("key", "type", "meaning"), rows)
    others = [f"{code(path)} {kind}" for path, kind in shape.items() if path not in told["keys"]]
    yield f"Also there: {' · '.join(others)}." if others else ""


def _shape(document: Any, by_name: Sequence[str]) -> dict[str, str]:
    kinds: dict[str, dict[str, None]] = {}
    for path, kind in shape_of(document, by_name):
        kinds.setdefault(path, {})[kind] = None
    # An empty list or table says nothing about what it would hold, where another one does.
    told = {
        path: found
        for path, found in kinds.items()
        if not any(other.startswith((f"{path}[", f"{path}{{", f"{path}.")) for other in kinds)
    }
    return {path: " or ".join(sorted(found, key=lambda kind: kind == "null")) for path, found in told.items()}


def shape_of(document: Any, by_name: Sequence[str], path: str = "") -> Iterator[tuple[str, str]]:
    """Every key of a document with the type of its value; `[]` is every element, `{…}` every name of a table."""
    if isinstance(document, dict) and document:
        for name, value in document.items():
            inside = f"{path}{{…}}" if path in by_name else f"{path}.{name}".lstrip(".")
            yield from shape_of(value, by_name, inside)
    elif isinstance(document, list) and document:
        for value in document:
            yield from shape_of(value, by_name, f"{path}[]")
    else:
        yield path, _json_type(document)


def _json_type(value: Any) -> str:
    kinds = {str: "text", bool: "true or false", int: "number", float: "number", list: "list", dict: "table"}
    return kinds.get(type(value), "null")
