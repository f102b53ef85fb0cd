"""Who is asked for an approval, what approvers saw, and what has come to its end."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.deal_asks import DealId
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, say, table
from pipeline_engine.cli.session import By, CommandId, Json, asked, opened
from pipeline_engine.cli.somebody import known
from pipeline_engine.errors import BadValue

if TYPE_CHECKING:
    from pipeline_engine.deal import Seen
    from pipeline_engine.engine import Awaited

Awaiting = Annotated[
    str | None,
    typer.Option("--awaiting", help="Only deals that wait for this person's approval; alone.", metavar="WHO"),
]


def register(deals: typer.Typer) -> None:
    """Put the commands of this module under `deal`."""
    deals.command("approvals", epilog=epilog("deal approvals"))(approvals)
    deals.command("announce-expired", epilog=epilog("deal announce-expired"))(announce_expired)


def awaiting(who: str, others: dict[str, str | None], json: bool) -> None:
    """Say what somebody could approve now; `others` are the other filters, which do not go with it."""
    named = next((name for name, value in others.items() if value is not None), None)
    if named:
        raise BadValue(named, others[named], "no other filter beside `--awaiting`")
    with opened() as engine:
        known(engine, who)
        found = engine.inbox(who)
    now = datetime.now(UTC)
    if json:
        from pipeline_engine.documents import awaited_document

        emit_json([awaited_document(each, now) for each in found])
        return
    rows = [
        (
            each.deal_id, words.money(each.value), each.owner or words.NOTHING, each.rule, each.target,
            each.role + (f" for {each.in_stead_of}" if each.in_stead_of else ""), each.asked_by,
            words.moment(each.asked_at), _due(each, now),
        )
        for each in found
    ]  # fmt: skip
    left = ("owner", "rule", "for", "as", "asked by", "asked at (UTC)", "answer due")
    table([("deal", "left"), ("value", "right"), *((name, "left") for name in left)], rows)
    onward = "`deal approvals DEAL`, then `deal approve DEAL RULE`"
    say(f"{words.plural(len(found), 'approval')} for {who} to give: {onward}")


def _due(awaited: "Awaited", now: datetime) -> str:
    if awaited.due is None:
        return words.NOTHING
    return words.moment(awaited.due) + (" (late)" if awaited.due <= now else "")


def approvals(deal: DealId, json: Json = False) -> None:
    """Say who approved and waived what of a deal, what they saw, what changed since, and what is still asked for."""
    from pipeline_engine.cli import said
    from pipeline_engine.documents import approvals_document, by_version, denials, words_in

    with opened() as engine:
        if json:
            emit_json(approvals_document(engine, deal))
            return
        found, standing, events = engine.approvals(deal), engine.deal(deal), engine.timeline(deal)
    told, denied = by_version(events), denials(events)
    for each in found:
        _say_seen(each, words_in(told.get(each.version)))
    for no in denied:
        said.say_denial(no)
    for r in standing.requests:
        due = f", due {words.moment(r.due)}" if r.due else ""
        line = f"? {r.rule} for {r.target}: asked of {r.role} by {r.by} on {words.moment(r.at)}{due}"
        say(said.with_words(line, told.get(r.version)))
    if not found and not standing.requests and not denied:
        say(f"{deal}: nothing was approved or waived, and nothing is asked for")


def _say_seen(each: "Seen", note: str) -> None:
    what, whose = ("waived" if each.waiver else "approved"), f" for {each.in_stead_of}" if each.in_stead_of else ""
    until = f", until {words.moment(each.expires_at)}" if each.expires_at else ""
    say(
        f"{'✓' if each.serves else '✗'} {each.rule} for {each.target}: {what} by {each.by} as {each.role}{whose}"
        f" on {words.moment(each.at)} (event {each.version}){until}"
    )
    if note:
        say(f"    said: {note}")
    saw = ", ".join(f"{name} {_shown(value)}" for name, value in each.fields.items())
    since = ", ".join(f"{name} {_shown(value)}" for name, value in each.changed.items())
    say(f"    saw: {saw or 'nothing that it rests on'}; since then: {since or 'nothing changed'}")
    if not each.serves:
        say(f"    does not serve any more: {each.ended}")


def _shown(value: Any) -> str:
    return "not recorded" if value is None else words.value(value)


def announce_expired(by: By = None, command_id: CommandId = None, json: Json = False) -> None:
    """Record of every approval and waiver of open deals that has come to its end that it has, of each once.

    The gate has known it all along; this is for whoever follows the events.
    """
    from pipeline_engine.documents import expired_documents

    with opened() as engine:
        how = {k: v for k, v in asked(by, None, command_id).items() if k != "at"}
        told = expired_documents(engine.announce_expiries(**how))
    if json:
        emit_json(told)
        return
    table([("deal", "left"), ("rule", "left"), ("for", "left")], [(e["id"], e["rule"], e["target"]) for e in told])
    say(f"{words.plural(len(told), 'end')} announced")
