"""`timers run · due`: what has come due is recorded, and what comes next is told; `deal list --called WHO`."""

import signal
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import Column, emit_json, note, say, table
from pipeline_engine.cli.session import Json, opened
from pipeline_engine.cli.somebody import known
from pipeline_engine.errors import BadValue

if TYPE_CHECKING:
    from pipeline_engine.deal import Due

commands = typer.Typer(
    help="Time: service levels, silences, pauses, approvals, loans and escalations that come due.", no_args_is_help=True
)
CalledTo = Annotated[
    str | None,
    typer.Option("--called", help="Only deals that an escalation asks this person to look after; alone.",
                 metavar="WHO"),
]  # fmt: skip
_KINDS = {
    "service_level": "service level", "stalled": "stalled", "pause": "pause over", "expiry": "approval ends",
    "escalation": "escalation", "loan": "loan ends",
}  # fmt: skip
SECONDS_BETWEEN_LOOKS = 1.0
MOST = 100_000


@commands.command(epilog=epilog("timers run"))
def run(
    once: Annotated[bool, typer.Option("--once", help="Record what is due by now, and leave.")] = False,
    json: Json = False,
) -> None:
    """Record what comes due until this is stopped (Ctrl-C); several processes may, and one of them does."""
    if once:
        _ring(json)
        return
    if json:
        raise BadValue("--json", "", "`timers run --once --json`: without `--once` there is no end and no document")
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    said: str | None = None
    with opened() as engine, engine.timekeeping() as runner:
        note(f"keeping time as {runner.by}")
        while not stop.wait(SECONDS_BETWEEN_LOOKS):
            (health,) = runner.health()
            if (health.why is None) != (said is None):
                note(f"timers: {health.why or 'gets on again'}")
            said = health.why


@commands.command(epilog=epilog("timers due"))
def due(
    limit: Annotated[int, typer.Option("--limit", min=0, max=MOST, help="At most so many; 0 is all.")] = 20,
    json: Json = False,
) -> None:
    """What is due and not recorded yet, and what comes due next; changes nothing."""
    from pipeline_engine.documents import due_document

    with opened() as engine:
        found = engine.coming_due(limit or MOST)
    now = datetime.now(UTC)
    if json:
        emit_json([due_document(each, now) for each in found])
        return
    _show(found, now)
    say(f"{words.plural(len(found), 'moment')}; `timers run` records what is due")


def called(who: str, others: dict[str, str | None], json: bool) -> None:
    """Say which deals escalations ask somebody to look after; `others` are the other filters."""
    named = next((name for name, value in others.items() if value is not None), None)
    if named:
        raise BadValue(named, others[named], "no other filter beside `--called`")
    from pipeline_engine.documents import called_document

    with opened() as engine:
        known(engine, who)
        found = engine.called(who)
    if json:
        emit_json([called_document(each) for each in found])
        return
    columns: list[Column] = [(name, "left") for name in ("deal", "owner", "stage", "escalation", "since (UTC)")]
    rows = [(e.deal_id, e.owner or words.NOTHING, e.stage, e.rule, words.moment(e.since), e.says) for e in found]
    table([*columns, ("says", "text")], rows)
    say(f"{words.plural(len(found), 'deal')} for {who} to look after")


def _ring(json: bool) -> None:
    from pipeline_engine.documents import rung_document

    with opened() as engine:
        rings = [engine.ring()]
        while rings[-1].more and rings[-1].recorded:
            rings.append(engine.ring())
    if json:
        emit_json(rung_document(rings))
        return
    recorded, next_at = [due for rung in rings for due in rung.recorded], rings[-1].next_at
    _show(recorded, None)
    onward = f"; the next comes due {words.moment(next_at)}" if next_at else ""
    say(f"{words.plural(len(recorded), 'moment')} recorded{onward}")


def _show(found: "list[Due]", now: datetime | None) -> None:
    if found:
        columns: list[Column] = [(name, "left") for name in ("of", "what", "about", "due (UTC)")]
        rows = [
            (each.stream.partition(":")[2], _KINDS[each.kind], each.about,
             words.moment(each.at) + (" (late)" if now and each.at <= now else ""))
            for each in found
        ]  # fmt: skip
        table(columns, rows)
