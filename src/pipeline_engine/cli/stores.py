"""`rebuild · doctor`."""

from typing import Annotated

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, progress, say, table
from pipeline_engine.cli.session import Json, opened, settings


def register(app: typer.Typer) -> None:
    """Put the commands of this module at the top."""
    app.command(epilog=epilog("rebuild"))(rebuild)
    app.command(epilog=epilog("doctor"))(doctor)


def rebuild(json: Json = False) -> None:
    """Make the facts again from the log, and say their digest: the same log gives the same digest."""
    from pipeline_engine.facts import TABLES

    with opened() as engine, progress("rebuilding") as told:
        facts = engine.rebuild(told)
        rows = {name: facts.table(name).num_rows for name in TABLES}
        digest = facts.digest()
    if json:
        emit_json({"position": facts.position, "digest": digest, "rows": rows, "undated": facts.undated})
        return
    say(f"facts rebuilt up to position {facts.position:,}, digest {digest}")
    table([("", "left"), ("", "right")], [(name, f"{count:,}") for name, count in rows.items()], indent=2)


def doctor(
    deep: Annotated[bool, typer.Option("--deep", help="Read every page and every event; takes its time.")] = False,
    json: Json = False,
) -> None:
    """Check the store: settings, format, positions, disk or server, people. Leaves with 1 where something is wrong."""
    with opened() as engine, progress("reading every event") as told:
        findings = engine.findings(deep=deep, progress=told)
    wrong = [finding for finding in findings if not finding.ok]
    if json:
        emit_json({
            "store": words.masked(settings().store), "ok": not wrong, "deep": deep,
            "findings": [{"check": f.check, "ok": f.ok, "found": f.found, "advice": f.advice} for f in findings],
        })  # fmt: skip
    else:
        rows = [
            ("✓" if f.ok else "!", f.check, f.found, f"→ {f.advice}" if f.advice and not f.ok else "") for f in findings
        ]
        table([("", "left"), ("", "left"), ("", "text"), ("", "text")], rows)
        say(words.plural(len(wrong), "thing") + " to look at" if wrong else "all well")
    raise typer.Exit(1 if wrong else 0)
