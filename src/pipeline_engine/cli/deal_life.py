"""`deal hand-off · accept · decline · withdraw · pause · resume · next-step`: what goes on beside a deal's way."""

from typing import Annotated

import typer

from pipeline_engine.cli.deal_asks import DealId, answer
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.session import At, By, CommandId, Json, asked, day_or_moment, opened
from pipeline_engine.cli.somebody import known

WhyNot = Annotated[str | None, typer.Option("--reason", help="Why; kept sealed.")]


def register(deals: typer.Typer) -> None:
    """Put the commands of this module under `deal`."""
    for name, command in (
        ("hand-off", hand_off), ("accept", accept), ("decline", decline), ("withdraw", withdraw),
        ("pause", pause), ("resume", resume), ("next-step", next_step),
    ):  # fmt: skip
        deals.command(name, epilog=epilog(f"deal {name}"))(command)


def hand_off(
    deal: DealId,
    to: Annotated[str, typer.Option("--to", help="Who is asked to take it over.", metavar="WHO")],
    why: Annotated[str | None, typer.Option("--why", help="Why; kept sealed.")] = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Ask somebody to take a deal over: its owner asks, or their manager. It stays where it is until they accept."""
    with opened() as engine:
        known(engine, to)
        answer(engine, engine.hand_off(deal, to, why, **asked(by, at, command_id)), json)


def accept(deal: DealId, by: By = None, at: At = None, command_id: CommandId = None, json: Json = False) -> None:
    """Take over a deal that you were asked to take: it is yours from then on."""
    with opened() as engine:
        answer(engine, engine.accept(deal, **asked(by, at, command_id)), json)


def decline(
    deal: DealId,
    reason: WhyNot = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Do not take over a deal that you were asked to take: it stays with its owner."""
    with opened() as engine:
        answer(engine, engine.decline(deal, reason, **asked(by, at, command_id)), json)


def withdraw(
    deal: DealId,
    reason: WhyNot = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Take back that somebody was asked to take a deal over."""
    with opened() as engine:
        answer(engine, engine.withdraw(deal, reason, **asked(by, at, command_id)), json)


def pause(
    deal: DealId,
    reason: Annotated[str, typer.Option("--reason", help="What it waits for; kept sealed.")],
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            help="It is over then by itself (a day: as it begins, in UTC); else when somebody resumes.",
            metavar="WHEN",
        ),
    ] = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Let a deal wait on purpose. Its stay goes on; what is paused counts in no stay rule, service level or silence.

    Anybody may, and who did is told. Paused again it keeps the end it has, unless another one is named.
    """
    ends = day_or_moment(until, "--until", begins=True)
    with opened() as engine:
        answer(engine, engine.pause(deal, reason, ends, **asked(by, at, command_id)), json)


def resume(deal: DealId, by: By = None, at: At = None, command_id: CommandId = None, json: Json = False) -> None:
    """Go on with a deal that waits."""
    with opened() as engine:
        answer(engine, engine.resume(deal, **asked(by, at, command_id)), json)


def next_step(
    deal: DealId,
    text: Annotated[str, typer.Argument(help="What comes next; kept sealed.", metavar="TEXT")],
    due: Annotated[
        str | None, typer.Option("--due", help="By when; a day means its end, in UTC.", metavar="WHEN")
    ] = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Say what comes next with a deal, and by when; the last one said is the one that holds."""
    by_when = day_or_moment(due, "--due", begins=False)
    with opened() as engine:
        answer(engine, engine.next_step(deal, text, by_when, **asked(by, at, command_id)), json)
