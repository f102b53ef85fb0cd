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
from pipeline_engine.errors import BadValue, UnknownStage
from pipeline_engine.values import instant_text

if TYPE_CHECKING:
    from pipeline_engine.engine import Engine

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
    if handed_to is not None:
        handed_over(handed_to, {**others, "--awaiting": awaits, "--called": calls}, json)
        return
    if awaits is not None:
        awaiting(awaits, {**others, "--called": calls}, json)
        return
    if calls is not None:
        called(calls, others, json)
        return
    if status is not None and status not in LISTED:
        raise BadValue("--status", status, f"one of {', '.join(LISTED)}")
    with opened() as engine:
        known_names(engine, process, stage)
        known(engine, owner)
        found = engine.deals(stage=stage, owner=owner, status=status, process=process)
    if json:
        emit_json([_row_json(deal) for deal in found])
        return
    rows = [
        (d.id, d.stage, d.status, d.owner or words.NOTHING, words.money(d.value), words.day(d.entered_at))
        for d in found[:SHOWN]
    ]
    columns = (("deal", "left"), ("stage", "left"), ("status", "left"), ("owner", "left"), ("value", "right"))
    table([*columns, ("in the stage since", "left")], rows)
    more = f"; the first {SHOWN} are shown, `--json` gives all" if len(found) > SHOWN else ""
    say(f"{words.plural(len(found), 'deal')}{more}")


def known_names(engine: "Engine", process: str | None, stage: str | None) -> None:
    """A name that no process of the store has is a slip, and no empty list."""
    if process is not None:
        engine.process(process)
    published = [each for each in engine.processes() if process in (None, each.name)]
    stages = list(dict.fromkeys(s for each in published for v in each.versions for s in v.process.stage_ids))
    if stage is not None and stages and stage not in stages:
        raise UnknownStage(stage, stages)


def _row_json(deal: Any) -> dict[str, Any]:
    times = ("opened_at", "entered_at", "last_event_at")
    worth = {"amount": deal.value.plain(), "currency": deal.value.currency} if deal.value else None
    names = ("id", "process", "stage", "status", "owner")
    moments = {name: instant_text(at) if (at := getattr(deal, name)) else None for name in times}
    return {**{name: getattr(deal, name) for name in names}, "value": worth, **moments}


def show(deal: DealId, json: Json = False) -> None:
    """Show a deal as it stands."""
    from pipeline_engine.cli import answers
    from pipeline_engine.cli.deal_ahead import where

    with opened() as engine:
        found, events = engine.deal(deal), engine.timeline(deal)
        worth, variant = answers.worth(engine, found), engine.variant(deal)
    if json:
        emit_json({**deal_json(found, events), "variant": variants.json_of(variant)})
        return
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

    for contact in found.contacts:
        say(f"  {contact.role}: {words.value(contact.contact)}")
    kinds = sorted({activity.kind for activity in found.activities})
    for kind in kinds:
        moments = [{"at": activity.at} for activity in found.activities if activity.kind == kind]
        say(f"  {kind}: {words.value(moments)}")
    _papers(found)
    told = said.by_version(events)
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


def deal_json(found: Any, events: list[Any]) -> dict[str, Any]:
    """A deal for scripts; `events` are its own."""
    from pipeline_engine.cli.deal_ahead import ahead_json
    from pipeline_engine.cli.said import by_version, requests_json
    from pipeline_engine.cli.verdicts import plain

    told = by_version(events)
    return {
        "id": found.id,
        "status": found.stands,
        **{name: getattr(found, name) for name in _PARTS},
        **{name: instant_text(at) if (at := getattr(found, name)) else None for name in _TIMES},
        "fields": {name: plain(held) for name, held in sorted(found.fields.items())},
        "contacts": [{"role": c.role, "contact": words.value(c.contact)} for c in found.contacts],
        **_evidence(found),
        "follow_ups": [planned_json(plan) | {"opened": plan.opened} for plan in found.follow_ups],
        **ahead_json(found, events),
        "requests": requests_json(found, told),
        **{name: [_grant(each) for each in getattr(found, name)] for name in ("approvals", "waivers")},
    }


def _evidence(found: Any) -> dict[str, list[dict[str, Any]]]:
    """What was done with the customer, attached and ticked."""
    return {
        "activities": [{"kind": a.kind, **_noted(a)} for a in found.activities],
        "documents": [{"name": d.name, "sha256": d.sha256, **_noted(d)} for d in found.documents],
        "items": [{"id": item, **_noted(tick)} for item, tick in found.ticked.items()],
    }


def _noted(each: Any) -> dict[str, Any]:
    return {"at": instant_text(each.at) if each.at else None, "by": each.by}


def planned_json(plan: Any) -> dict[str, Any]:
    """A deal that a win leads to, for scripts."""
    from pipeline_engine.cli.verdicts import plain

    return {
        "deal": plan.deal_id, "process": plan.process, "owner": plan.owner,
        "due": instant_text(plan.due) if plan.due else None,
        "fields": {name: plain(held) for name, held in sorted(plan.fields.items())},
    }  # fmt: skip


def _grant(grant: Any) -> dict[str, Any]:
    return {
        "rule": grant.rule, "target": grant.target, "role": grant.role, "by": grant.by, "standing": grant.standing,
        "expires_at": instant_text(grant.expires_at) if grant.expires_at else None,
    }  # fmt: skip


def timeline(deal: DealId, json: Json = False) -> None:
    """Every event of a deal, oldest first: its version, when, who, what, and how each attempt was judged."""
    from pipeline_engine.cli import answers, corrected, told

    with opened() as engine:
        events = engine.timeline(deal)
        judged = {recorded.version: engine.explain(recorded) for recorded in events}
    if json:
        void, by = corrected.gone(events), corrected.by_whom(events)
        marked = [{"happened": r.version not in void, "corrected_by": by.get(r.version, [])} for r in events]
        emit_json([answers.event_json(r) | mark for r, mark in zip(events, marked, strict=True)])
        return
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
