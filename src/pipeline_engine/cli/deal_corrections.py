"""`deal correct value · time · void · confirm` and `deal merge`: saying what really was."""

from typing import Annotated

import typer

from pipeline_engine.cli.deal_asks import DealId, Pairs, answer, pairs
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.session import DAY_FORM, At, By, CommandId, Json, asked, day_or_moment, opened

HELP = """
Correct what was recorded of a deal: a value, a time, or something that did not happen.

An event is named by its version, the first column of `deal timeline DEAL`. Nothing is deleted: what was recorded stays,
and what was known at an earlier time is still told as it was (`--known-at`). Who may correct, the process says
(`corrections: {by: …}`). Of a won, lost or merged deal a correction is only proposed; somebody else confirms it.
"""

commands = typer.Typer(help=HELP, no_args_is_help=True)

Version = Annotated[
    int, typer.Argument(help="Which event: its version, as `deal timeline` shows it.", metavar="VERSION")
]
Reason = Annotated[str, typer.Option("--reason", help="How you know; kept sealed.")]


def register(deals: typer.Typer) -> None:
    """Put the commands of this module under `deal`."""
    for command in (value, time, void, confirm):
        commands.command(command.__name__, epilog=epilog(f"deal correct {command.__name__}"))(command)
    deals.add_typer(commands, name="correct")
    deals.command("merge", epilog=epilog("deal merge"))(merge)


def value(
    deal: DealId,
    version: Version,
    values: Pairs,
    reason: Reason,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Say what fields really were. Only those that the event itself says: of DealOpened and FieldsChanged."""
    with opened() as engine:
        answer(engine, engine.correct_value(deal, version, pairs(values), reason, **asked(by, at, command_id)), json)


def time(
    deal: DealId,
    version: Version,
    really_at: Annotated[
        str, typer.Option("--really-at", help=f"{DAY_FORM}; a day: as it begins, in UTC.", metavar="WHEN")
    ],
    reason: Reason,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Say when it really happened: between the stage events before and after it, and not in the future."""
    read = day_or_moment(really_at, "--really-at", begins=True)
    assert read is not None, "the option is needed"
    with opened() as engine:
        answer(engine, engine.correct_time(deal, version, read, reason, **asked(by, at, command_id)), json)


def void(
    deal: DealId,
    version: Version,
    reason: Reason,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Say that it did not happen. The last move, win or loss puts the deal back where it was, and never further on."""
    with opened() as engine:
        answer(engine, engine.void(deal, version, reason, **asked(by, at, command_id)), json)


def confirm(
    deal: DealId,
    version: Annotated[int, typer.Argument(help="The version of the proposal.", metavar="VERSION")],
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Agree to a correction of a closed deal that somebody else proposed."""
    with opened() as engine:
        answer(engine, engine.confirm_correction(deal, version, **asked(by, at, command_id)), json)


def merge(
    deal: DealId,
    into: Annotated[str, typer.Option("--into", help="The deal that goes on.", metavar="OTHER")],
    reason: Annotated[str, typer.Option("--reason", help="Why they are the same; kept sealed.")],
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Say that the deal is the same as another one, which goes on; it counts as open no more."""
    with opened() as engine:
        answer(engine, engine.merge(deal, into, reason, **asked(by, at, command_id)), json)
