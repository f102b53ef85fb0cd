"""`deal list · show · timeline`: looking, without writing."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline_engine.cli import variants, words
from pipeline_engine.cli.deal_asks import DealId
from pipeline_engine.cli.deal_awaiting import Awaiting, awaiting
from pipeline_engine.cli.deal_handed import HandedTo, handed_over
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, say, table
from pipeline_engine.cli.session import Json, Owner, opened
from pipeline_engine.cli.somebody import known
from pipeline_engine.cli.timing import CalledTo, called
from pipeline_engine.errors import BadValue

if TYPE_CHECKING:
    from pipeline_engine.engine import DealRow, Engine

SHOWN = 200
STATUSES = ("open", "won", "lost")
LISTED = (*STATUSES, "merged")
NOTED_LATE = timedelta(minutes=1)


def register(deals: typer.Typer) -> None:
    """Put the commands of this module under `deal`."""
    for command in (list_, show, timeline):
        name = command.__name__.rstrip("_")
        deals.command(name, epilog=epilog(f"deal {name}"))(command)


def list_(
    stage: Annotated[str | None, typer.Option("--stage", help="Only deals in this stage.")] = None,
    owner: Owner = None,
    status: Annotated[str | None, typer.Option("--status", help="open, won, lost or merged.")] = None,
    process: Annotated[str | None, typer.Option("--process", help="Only deals of this process.")] = None,
    handed_to: HandedTo = None,
    awaits: Awaiting = None,
    calls: CalledTo = None,
    json: Json = False,
) -> None:
    """List deals, by id."""
    others = {"--stage": stage, "--owner": owner, "--status": status, "--process": process}
    if _for_somebody({"--handed-to": handed_to, "--awaiting": awaits, "--called": calls}, others, json):
        return
    if status is not None and status not in LISTED:
        raise BadValue("--status", status, f"one of {', '.join(LISTED)}")
    with opened() as engine:
        known_names(engine, process, stage)
        known(engine, owner)
        found = engine.deals(stage=stage, owner=owner, status=status, process=process)
    _emit(found) if json else _list(found)


def _list(found: "list[DealRow]") -> None:
    rows = [
        (d.id, d.stage, d.status, d.owner or words.NOTHING, words.money(d.value), words.day(d.entered_at))
        for d in found[:SHOWN]
    ]
    columns = (("deal", "left"), ("stage", "left"), ("status", "left"), ("owner", "left"), ("value", "right"))
    table([*columns, ("in the stage since", "left")], rows)
    more = f"; the first {SHOWN} are shown, `--json` gives all" if len(found) > SHOWN else ""
    say(f"{words.plural(len(found), 'deal')}{more}")


def _emit(found: "list[DealRow]") -> None:
    from pipeline_engine.documents import deal_row_document

    emit_json([deal_row_document(deal) for deal in found])


def _for_somebody(asked: dict[str, str | None], others: dict[str, str | None], json: bool) -> bool:
    """Answer what waits for somebody, where that is asked for; each of these stands alone."""
    lists = {"--handed-to": handed_over, "--awaiting": awaiting, "--called": called}
    option = next((name for name, who in asked.items() if who is not None), None)
    if option is None:
        return False
    lists[option](str(asked[option]), {**others, **{name: who for name, who in asked.items() if name != option}}, json)
    return True


def known_names(engine: "Engine", process: str | None, stage: str | None) -> None:
    """A name that no process of the store has is a slip, and no empty list."""
    engine.named(process, stage)


def show(deal: DealId, json: Json = False) -> None:
    """Show a deal as it stands."""
    from pipeline_engine.cli import answers
    from pipeline_engine.cli.deal_ahead import where
    from pipeline_engine.documents import deal_document

    with opened() as engine:
        found, events = engine.deal(deal), engine.timeline(deal)
        if json:
            emit_json(deal_document(engine, found))
            return
        worth, variant = answers.worth(engine, found), engine.variant(deal)
    say(f"{found.id}  {where(found)} · {worth} · owner {found.owner or words.NOTHING}")
    say(f"  {found.process}@{found.process_version}, opened {words.moment(found.opened_at)}, "
        f"in {found.stage} since {words.moment(found.entered_at)}")  # fmt: skip
    if found.stands == "open" and (told := variants.of_deal(variant)):
        say(f"  {told}")
    table([("", "left")] * 2, [(name, words.value(held)) for name, held in sorted(found.fields.items())], indent=2)
    _lists(found, events)


def _lists(found: Any, events: list[Any]) -> None:
    from pipeline_engine.cli import said
    from pipeline_engine.cli.corrected import say_corrected
    from pipeline_engine.cli.deal_ahead import say_ahead
    from pipeline_engine.documents import by_version

    for contact in found.contacts:
        say(f"  {contact.role}: {words.value(contact.contact)}")
    kinds = sorted({activity.kind for activity in found.activities})
    for kind in kinds:
        moments = [{"at": activity.at} for activity in found.activities if activity.kind == kind]
        say(f"  {kind}: {words.value(moments)}")
    _papers(found)
    told = by_version(events)
    say_ahead(found, events)
    _asked_and_given(found, told)
    said.say_denials(found, events)
    say_corrected(found.id, events)


def _asked_and_given(found: Any, events: Mapping[int, Any]) -> None:
    from pipeline_engine.cli.said import with_words

    for asked in found.requests if found.merged_into is None else ():
        line = f"{asked.rule} for {asked.target}, asked by {asked.by} {words.moment(asked.at)}"
        say(f"  {with_words(f'waiting for {asked.role}: {line}', events.get(asked.version))}")
    for what, grants in (("approved", found.approvals), ("waived", found.waivers)):
        for grant in grants:
            stands = "" if grant.standing else ", no longer stands"
            line = f"{grant.rule} for {grant.target}, {words.moment(grant.at)}{stands}"
            say(f"  {with_words(f'{what} by {grant.by} ({grant.role}): {line}', events.get(grant.version))}")


def _papers(found: Any) -> None:
    from pipeline_engine.cli.told import SHORT

    for paper in found.documents:
        say(f"  document {paper.name}: sha256 {paper.sha256[:SHORT]}…, {words.moment(paper.at)} by {paper.by}")
    for item, tick in found.ticked.items():
        say(f"  ticked {item}: {words.moment(tick.at)} by {tick.by}")
    for plan in found.follow_ups:
        there = "there" if plan.opened else f"due {words.moment(plan.due)}"
        say(f"  leads to {plan.deal_id} under {plan.process}: {there}")


_PARTS = ("process", "process_version", "stage", "owner", "lost_reason", "merged_into", "version", "source")
_TIMES = ("opened_at", "entered_at", "closed_at", "next_step_due")


def timeline(deal: DealId, json: Json = False) -> None:
    """Every event of a deal, oldest first: its version, when, who, what, and how each attempt was judged."""
    from pipeline_engine.cli import corrected, told
    from pipeline_engine.documents import timeline_document

    with opened() as engine:
        events = engine.timeline(deal)
        if json:
            emit_json(timeline_document(events))
            return
        judged = {recorded.version: engine.explain(recorded) for recorded in events}
    marks = corrected.marks(events)
    what = {r.version: told.event(r.event) + (f" [{marks[r.version]}]" if r.version in marks else "") for r in events}
    rows = [(str(r.version), *_when(r), what[r.version], told.verdicts(judged[r.version])) for r in events]
    columns = [("#", "right"), *((name, "left") for name in ("when (UTC)", "recorded", "who", "door"))]
    made = [*columns, ("what", "text"), ("verdicts", "text")]
    # When it was recorded is told where that was another time than when it happened.
    told_apart = any(row[2] for row in rows)
    table([each for each in made if told_apart or each[0] != "recorded"],
          [row if told_apart else (*row[:2], *row[3:]) for row in rows])  # fmt: skip
    if any(row[-1] for row in rows):
        say(f"  {told.LEGEND}", style="dim")


def _when(recorded: Any) -> tuple[str, str, str, str]:
    envelope = recorded.envelope
    late = envelope.at is None or abs(recorded.recorded_at - envelope.at) >= NOTED_LATE
    who = f"{envelope.actor} for {envelope.on_behalf_of}" if envelope.on_behalf_of else envelope.actor
    return words.moment(envelope.at), words.moment(recorded.recorded_at) if late else "", who, envelope.via
