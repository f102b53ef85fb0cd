"""`deal open · set · log · contact · move · win · lose · reopen · assign · note`: what may be asked of a deal."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.session import At, By, CommandId, Json, asked, opened
from pipeline_engine.cli.somebody import known, note_stranger
from pipeline_engine.errors import BadValue

if TYPE_CHECKING:
    from pipeline_engine.deal import Outcome
    from pipeline_engine.engine import Engine

DealId = Annotated[str, typer.Argument(help="The deal's id.", metavar="DEAL")]
Pairs = Annotated[list[str], typer.Argument(help="FIELD=VALUE …; an empty value clears.", metavar="FIELD=VALUE")]


def register(deals: typer.Typer) -> None:
    """Put the commands of this module under `deal`."""
    for command in (open_, set_, log, contact, move, win, lose, reopen, assign, note):
        name = command.__name__.rstrip("_")
        deals.command(name, epilog=epilog(f"deal {name}"))(command)


def pairs(given: list[str]) -> dict[str, str]:
    """FIELD=VALUE texts as a table; each field once."""
    read: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise BadValue("FIELD=VALUE", text, "a field and its value, like amount=12000")
        if name in read:
            raise BadValue(name, value, "each field once")
        read[name] = value
    return read


def answer(engine: "Engine", outcome: "Outcome", json: bool) -> None:
    """Say what became of a command, and leave with 1 where a rule said no."""
    from pipeline_engine.cli import answers

    answers.say_outcome(engine, outcome, json)
    if outcome.events:
        note_stranger(engine, outcome.events[-1].envelope.actor)
    if not outcome.accepted:
        raise typer.Exit(1)


def open_(
    deal: DealId,
    process: Annotated[str, typer.Option("--process", help="The process it is opened under.")],
    owner: Annotated[str | None, typer.Option("--owner", help="Who works it; else who asks.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="A first value.", metavar="FIELD=VALUE")] = None,
    stage: Annotated[str | None, typer.Option("--stage", help="Where it opens; else where the process says.")] = None,
    title: Annotated[str | None, typer.Option("--title", help="A title, kept sealed.")] = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Open a deal under the version of a process that is in force."""
    how = asked(by, at, command_id)
    fields = pairs(set_ or [])
    with opened() as engine:
        known(engine, owner)
        found = engine.open_deal(
            deal, process=process, owner=owner or how["by"], fields=fields, stage=stage, title=title, **how
        )
        answer(engine, found, json)


def set_(
    deal: DealId, values: Pairs, by: By = None, at: At = None, command_id: CommandId = None, json: Json = False
) -> None:
    """Set fields of a deal; an empty value clears one: `deal set D-1 amount=12000 region=`."""
    with opened() as engine:
        answer(engine, engine.set(deal, pairs(values), **asked(by, at, command_id)), json)


def log(
    deal: DealId,
    kind: Annotated[str, typer.Argument(help="An activity of the process: call, meeting, …", metavar="KIND")],
    with_whom: Annotated[str | None, typer.Option("--with", help="With whom; kept sealed.")] = None,
    minutes: Annotated[int | None, typer.Option("--minutes", help="How long it took.")] = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Log that something was done with the customer."""
    with opened() as engine:
        answer(engine, engine.log(deal, kind, with_whom, minutes, **asked(by, at, command_id)), json)


def contact(
    deal: DealId,
    who: Annotated[str, typer.Argument(help="The person on the customer's side; kept sealed.", metavar="WHO")],
    role: Annotated[str, typer.Option("--role", help="A contact role of the process.")],
    unlink: Annotated[bool, typer.Option("--unlink", help="Let them go from that role instead.")] = False,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Link a person on the customer's side to the deal, or let them go."""
    with opened() as engine:
        link = engine.unlink if unlink else engine.contact
        answer(engine, link(deal, who, role, **asked(by, at, command_id)), json)


def move(
    deal: DealId,
    to: Annotated[str, typer.Option("--to", help="The stage asked for.", metavar="STAGE")],
    reason: Annotated[str | None, typer.Option("--reason", help="Why; needed for going back.")] = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Ask the gate for another stage; a refusal says which rules, what they saw and what would meet them."""
    with opened() as engine:
        answer(engine, engine.move(deal, to, reason, **asked(by, at, command_id)), json)


def win(deal: DealId, by: By = None, at: At = None, command_id: CommandId = None, json: Json = False) -> None:
    """Ask the gate to close the deal as won."""
    with opened() as engine:
        answer(engine, engine.win(deal, **asked(by, at, command_id)), json)


def lose(
    deal: DealId,
    reason: Annotated[str, typer.Option("--reason", help="A lost reason of the process.")],
    competitor: Annotated[str | None, typer.Option("--competitor", help="Who won instead.")] = None,
    note: Annotated[str | None, typer.Option("--note", help="In your words; kept sealed.")] = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Ask the gate to close the deal as lost."""
    with opened() as engine:
        answer(engine, engine.lose(deal, reason, competitor, note, **asked(by, at, command_id)), json)


def reopen(
    deal: DealId,
    reason: Annotated[str | None, typer.Option("--reason", help="Why it is open again.")] = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Ask the gate to open a won or lost deal again, in the stage it stood in."""
    with opened() as engine:
        answer(engine, engine.reopen(deal, reason, **asked(by, at, command_id)), json)


def assign(
    deal: DealId,
    to: Annotated[str, typer.Option("--to", help="The new owner.", metavar="WHO")],
    why: Annotated[str | None, typer.Option("--why", help="Why; kept sealed.")] = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Give the deal to another owner."""
    with opened() as engine:
        known(engine, to)
        answer(engine, engine.assign(deal, to, why, **asked(by, at, command_id)), json)


def note(
    deal: DealId,
    text: Annotated[str, typer.Argument(help="The note; kept sealed.", metavar="TEXT")],
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Record a note."""
    with opened() as engine:
        answer(engine, engine.note(deal, text, **asked(by, at, command_id)), json)
