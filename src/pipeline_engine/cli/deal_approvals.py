"""`deal request · approve · reject · waive`: approvals and waivers, each for a rule and a target."""

from typing import Annotated

import typer

from pipeline_engine.cli.deal_asks import DealId, answer
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.session import At, By, CommandId, Json, asked, moment, opened

Rule = Annotated[str, typer.Argument(help="The rule's id, as `deal next` and a refusal name it.", metavar="RULE")]
Target = Annotated[
    str | None,
    typer.Option("--to", help="For which move: a stage, won, lost or reopen; else the one that asks the rule."),
]
Until = Annotated[str | None, typer.Option("--until", help="It ends then by itself.", metavar="MOMENT")]


def register(deals: typer.Typer) -> None:
    """Put the commands of this module under `deal`."""
    for command in (request, approve, reject, waive):
        deals.command(command.__name__, epilog=epilog(f"deal {command.__name__}"))(command)


def request(
    deal: DealId,
    rule: Rule,
    to: Target = None,
    note: Annotated[str | None, typer.Option("--note", help="What the approver should know; kept sealed.")] = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Ask the role that a rule names for its approval."""
    with opened() as engine:
        answer(engine, engine.request(deal, rule, to, note, **asked(by, at, command_id)), json)


def approve(
    deal: DealId,
    rule: Rule,
    to: Target = None,
    until: Until = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Approve a rule for a move. Refused to the owner, to who asked, and to who does not hold the role."""
    expires_at = moment(until, "--until")
    with opened() as engine:
        answer(engine, engine.approve(deal, rule, to, expires_at, **asked(by, at, command_id)), json)


def reject(
    deal: DealId,
    rule: Rule,
    reason: Annotated[str, typer.Option("--reason", help="Why not; kept sealed.")],
    to: Target = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Say no to an approval."""
    with opened() as engine:
        answer(engine, engine.reject(deal, rule, reason, to, **asked(by, at, command_id)), json)


def waive(
    deal: DealId,
    rule: Rule,
    reason: Annotated[str, typer.Option("--reason", help="Why the rule may be waived here; kept sealed.")],
    to: Target = None,
    until: Until = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Waive a rule for a move, in a role that the rule names, with a reason."""
    expires_at = moment(until, "--until")
    with opened() as engine:
        answer(engine, engine.waive(deal, rule, reason, to, expires_at, **asked(by, at, command_id)), json)
