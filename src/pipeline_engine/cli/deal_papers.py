"""`deal attach · tick · follow-ups`: documents, items to tick, and the deals that wins lead to."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.deal_asks import DealId, answer
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, say, table
from pipeline_engine.cli.session import At, By, CommandId, Json, asked, opened, view_moment
from pipeline_engine.errors import BadValue

if TYPE_CHECKING:
    from pipeline_engine.engine import Engine, Opening

Hex = Annotated[str | None, typer.Option("--sha256", help="The SHA-256 of its content, instead of a file.")]


def register(deals: typer.Typer) -> None:
    """Put the commands of this module under `deal`."""
    for name, command in (("attach", attach), ("tick", tick), ("follow-ups", follow_ups)):
        deals.command(name, epilog=epilog(f"deal {name}"))(command)


def attach(
    deal: DealId,
    name: Annotated[str, typer.Argument(help="A document of the process: nda, contract, …", metavar="NAME")],
    file: Annotated[Path | None, typer.Argument(help="The document; only its SHA-256 is kept.", metavar="FILE")] = None,
    sha256: Hex = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Attach a document of a kind the process knows: the SHA-256 of a file of any size, or one you know already."""
    if (file is None) == (sha256 is None):
        raise BadValue("FILE", "both" if file else "", "either a file or `--sha256` with 64 hexadecimal digits")
    how = asked(by, at, command_id)
    digest = sha256 if file is None else digest_of(file)
    with opened() as engine:
        answer(engine, engine.attach(deal, name, digest or "", **how), json)


def digest_of(file: Path) -> str:
    """The SHA-256 of what a file holds, read piece by piece."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def tick(
    deal: DealId,
    item: Annotated[str, typer.Argument(help="An item of a checklist or of the plan.", metavar="ITEM")],
    undo: Annotated[bool, typer.Option("--undo", help="Take the tick back.")] = False,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Tick an item of a checklist or of the plan."""
    with opened() as engine:
        answer(engine, engine.tick(deal, item, undo, **asked(by, at, command_id)), json)


def follow_ups(
    due_by: Annotated[str | None, typer.Option("--due-by", help="Only those due by a day or moment.")] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open those that are due now; `--by` says who asks.")] = False,
    by: By = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """The deals that wins lead to and that are not there yet; with --open those that are due are opened."""
    if open_ and due_by is not None:
        raise BadValue("--due-by", due_by, "no moment beside `--open`, which opens what is due now")
    if open_:
        _open_due(asked(by, None, command_id), json)
        return
    with opened() as engine:
        found = engine.follow_ups(view_moment(due_by, "--due-by"))
    if json:
        from pipeline_engine.documents import planned_document

        emit_json([planned_document(each) for each in found])
        return
    rows = [
        (each.plan.deal_id, each.plan.process, words.moment(each.plan.due), each.plan.owner or words.NOTHING, each.won)
        for each in found
    ]
    table([(name, "left") for name in ("deal", "process", "due (UTC)", "owner", "won before")], rows)
    say(f"{words.plural(len(found), 'deal')} to open; `deal follow-ups --open` opens those that are due")


def _open_due(how: dict[str, Any], json: bool) -> None:
    from pipeline_engine.documents import opening_document

    with opened() as engine:
        openings = engine.open_follow_ups(**how)
        if json:
            emit_json([opening_document(each) for each in openings])
        else:
            _say_openings(engine, openings)
    if not all(each.opened for each in openings):
        raise typer.Exit(1)


def _say_openings(engine: "Engine", openings: list["Opening"]) -> None:
    from pipeline_engine.cli import verdicts

    for each in openings:
        if each.opened:
            say(f"opened  {each.plan.deal_id} under {each.plan.process}, as the win of {each.won} planned")
            continue
        say(f"NOT OPENED  {each.plan.deal_id} under {each.plan.process}: {each.why}", style="bold red")
        if each.outcome is not None:
            verdicts.show(each.outcome.verdicts)
    waiting = sum(not each.opened for each in openings)
    say(f"{words.plural(len(openings) - waiting, 'deal')} opened, {waiting} not")
