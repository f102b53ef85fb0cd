"""`deal request · approve · reject · return · waive`: approvals and waivers, each for a rule and a target."""

from typing import Annotated

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.deal_asks import DealId, answer
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, say
from pipeline_engine.cli.session import At, By, CommandId, Json, asked, day_or_moment, opened
from pipeline_engine.cli.somebody import known

Rule = Annotated[str, typer.Argument(help="The rule's id, as `deal next` and a refusal name it.", metavar="RULE")]
Target = Annotated[
    str | None,
    typer.Option("--to", help="For which move: a stage, won, lost or reopen; else the one that asks the rule."),
]
For = Annotated[
    str | None,
    typer.Option(
        "--for", help="In whose stead: somebody who lends you the role; else your own role first.", metavar="WHO"
    ),
]
Saw = Annotated[
    int | None,
    typer.Option(
        "--seen", help="The version of the deal you looked at; an error where what the rule rests on changed since."
    ),
]
Until = Annotated[
    str | None,
    typer.Option("--until", help="It ends then by itself; a day: as it begins, in UTC.", metavar="WHEN"),
]


def register(deals: typer.Typer) -> None:
    """Put the commands of this module under `deal`."""
    for command in (request, approve, reject, return_, waive, approval_link):
        name = command.__name__.rstrip("_").replace("_", "-")
        deals.command(name, epilog=epilog(f"deal {name}"))(command)


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
    seen: Saw = None,
    in_stead_of: For = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Approve a rule for a move. Refused to the owner, to who asked, and to who does not hold the role."""
    expires_at = day_or_moment(until, "--until", begins=True)
    with opened() as engine:
        how = asked(by, at, command_id)
        answer(engine, engine.approve(deal, rule, to, expires_at, seen=seen, **how, on_behalf_of=in_stead_of), json)


def approval_link(
    deal: DealId,
    rule: Rule,
    person: Annotated[str, typer.Option("--person", help="Who decides by it.", metavar="WHO")],
    to: Target = None,
    days: Annotated[float, typer.Option("--days", help="How long it is good, at most 14.")] = 3.0,
    base_url: Annotated[
        str, typer.Option("--base-url", help="Where the service is reached by that person.", metavar="URL")
    ] = "http://127.0.0.1:8642",
    json: Json = False,
) -> None:
    """Make a link by which one person decides about a rule on a page of the service; opening it decides nothing."""
    from pipeline_engine.documents import link_document

    with opened() as engine:
        known(engine, person)
        token, link = engine.approval_link(deal, rule, to, person=person, days=days)
    told = link_document(token, link)
    if json:
        emit_json(told)
        return
    say(f"{base_url.rstrip('/')}{told['path']}")
    say(f"  for {person} alone, until {words.moment(link.until)}; whoever has it can decide in that name")


def reject(
    deal: DealId,
    rule: Rule,
    reason: Annotated[str, typer.Option("--reason", help="Why not; kept sealed.")],
    to: Target = None,
    in_stead_of: For = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Say no to an approval."""
    with opened() as engine:
        answer(
            engine, engine.reject(deal, rule, reason, to, **asked(by, at, command_id), on_behalf_of=in_stead_of), json
        )


def return_(
    deal: DealId,
    rule: Rule,
    reason: Annotated[str, typer.Option("--reason", help="What is missing; kept sealed.")],
    to: Target = None,
    in_stead_of: For = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Give a request back: something is missing before it can be decided. Who asked may ask again."""
    with opened() as engine:
        how = asked(by, at, command_id)
        answer(engine, engine.return_approval(deal, rule, reason, to, **how, on_behalf_of=in_stead_of), json)


def waive(
    deal: DealId,
    rule: Rule,
    reason: Annotated[str, typer.Option("--reason", help="Why the rule may be waived here; kept sealed.")],
    to: Target = None,
    until: Until = None,
    seen: Saw = None,
    in_stead_of: For = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Waive a rule for a move, in a role that the rule names, with a reason."""
    expires_at = day_or_moment(until, "--until", begins=True)
    with opened() as engine:
        how = asked(by, at, command_id)
        outcome = engine.waive(deal, rule, reason, to, expires_at, seen=seen, **how, on_behalf_of=in_stead_of)
        answer(engine, outcome, json)
