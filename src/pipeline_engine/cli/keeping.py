"""`keys status · rotate · backup · restore · lost`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, say, table
from pipeline_engine.cli.session import Json, opened, settings

if TYPE_CHECKING:
    from pipeline_engine.engine import Engine

To = Annotated[
    Path | None,
    typer.Option("--to", help="The file of the new master key, made where it is not there; else in place of the old.",
                 metavar="FILE"),
]  # fmt: skip

commands = typer.Typer(help="The keys of what is personal: where they are, rotate, back up.", no_args_is_help=True)


@commands.command(epilog=epilog("keys status"))
def status(json: Json = False) -> None:
    """Say where the keys are, how many there are, how many were destroyed, and what needs a look."""
    with opened() as engine:
        keys = engine.keys()
        keys.scrub()
        findings, rows = keys.findings(), list(keys.rows())
        live, place, master = sum(row.wrapped is not None for row in rows), keys.place, keys.master_place
    if json:
        emit_json({
            "place": place, "master_key": master, "keys": live, "destroyed": len(rows) - live,
            "findings": [{"check": f.check, "ok": f.ok, "found": f.found, "advice": f.advice} for f in findings],
        })  # fmt: skip
        return
    say(f"{words.plural(live, 'key')} in {place}, {len(rows) - live:,} destroyed")
    marked = [("✓" if f.ok else "!", f.check, f.found, f"→ {f.advice}" if f.advice else "") for f in findings]
    table([("", "left"), ("", "left"), ("", "text"), ("", "text")], marked, indent=2)


@commands.command(epilog=epilog("keys rotate"))
def rotate(to: To = None, json: Json = False) -> None:
    """Wrap every key by a new master key, in one transaction. No stored event changes."""
    with opened() as engine:
        keys = engine.keys()
        count = keys.rotate(to)
        master = keys.master_place
    if json:
        emit_json({"keys": count, "master_key": master})
        return
    say(f"{words.plural(count, 'key')} wrapped anew; the master key is in {master}")
    if to is not None:
        say(f"from now on every process needs PIPELINE_ENGINE_MASTER_KEY_FILE={to}")


File = Annotated[Path, typer.Argument(help="A file of its own, away from the back-ups of the store.", metavar="FILE")]


@commands.command(epilog=epilog("keys backup"))
def backup(file: File, json: Json = False) -> None:
    """Write the keys, wrapped as they are, into a new file. Keep it apart, and no longer than erasing may take."""
    with opened() as engine:
        count, master = engine.keys().copy_to(file), engine.keys().master_place
    if json:
        emit_json({"keys": count, "file": str(file), "master_key": master})
        return
    say(f"{words.plural(count, 'key')} in {file}; they open nothing without the master key in {master}")


@commands.command(epilog=epilog("keys restore"))
def restore(file: File, json: Json = False) -> None:
    """Put the keys of a back-up back beside a store that lost them. What was erased since is erased again."""
    from pipeline_engine.engine import Engine
    from pipeline_engine.store import restore_keys

    count = restore_keys(settings().store, file, clock=lambda: datetime.now(UTC))
    with Engine.open(settings().store, via="cli") as engine:
        erased = _erased(engine)
    if json:
        emit_json({"keys": count, "destroyed": erased})
        return
    say(f"{words.plural(count, 'key')} put back, of which {erased:,} destroyed")


@commands.command(epilog=epilog("keys lost"))
def lost(
    give_up: Annotated[bool, typer.Option("--give-up", help="Let what they closed read as erased, for good.")] = False,
    json: Json = False,
) -> None:
    """Tell which keys are in no place any more, as after an old back-up was put back. Leaves with 1 where some are."""
    with opened() as engine:
        found = engine.lost_keys()
        if give_up:
            engine.give_up_lost_keys()
    subjects = sorted(set(found.values()))
    if json:
        emit_json({"keys": len(found), "subjects": subjects, "given_up": give_up})
    elif found:
        say(f"{words.plural(len(found), 'key')} lost" + (", what they closed reads as erased now" if give_up else ""))
        table([("", "left")], [(subject,) for subject in subjects], indent=2)
    else:
        say("no key is lost")
    raise typer.Exit(1 if found and not give_up else 0)


def _erased(engine: "Engine") -> int:
    return sum(row.wrapped is None for row in engine.keys().rows())
