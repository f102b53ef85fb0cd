"""`deal list --handed-to WHO`: the deals that somebody is asked to take over, and how long they have waited."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.output import emit_json, say, table
from pipeline_engine.cli.session import opened
from pipeline_engine.cli.somebody import known
from pipeline_engine.errors import BadValue

if TYPE_CHECKING:
    from pipeline_engine.engine import OpenHandoff

HandedTo = Annotated[
    str | None,
    typer.Option("--handed-to", help="Only deals that this person is asked to take over; alone.", metavar="WHO"),
]


def handed_over(who: str, others: dict[str, str | None], json: bool) -> None:
    """Say which deals somebody is asked to take over; `others` are the other filters, which do not go with it."""
    named = next((name for name, value in others.items() if value is not None), None)
    if named:
        raise BadValue(named, others[named], "no other filter beside `--handed-to`")
    with opened() as engine:
        known(engine, who)
        found = engine.handed_over(who)
    now = datetime.now(UTC)
    if json:
        from pipeline_engine.documents import handed_document

        emit_json([handed_document(each, now) for each in found])
        return
    rows = [
        (each.deal_id, each.owner or words.NOTHING, each.asked_by, words.moment(each.asked_at), _waited(each, now))
        for each in found
    ]
    columns = [(name, "left") for name in ("deal", "owner", "asked by", "asked at (UTC)")]
    table([*columns, ("waits for", "right")], rows)
    say(f"{words.plural(len(found), 'deal')} for {who} to take over: `deal accept DEAL` or `deal decline DEAL`")


def _waited(asked: "OpenHandoff", now: datetime) -> str:
    return words.days(max((now - asked.asked_at) / timedelta(days=1), 0)) if asked.asked_at else words.NOTHING
