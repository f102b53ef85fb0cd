"""`follow status · parked · retry · release · rebuild · run`: the views that are kept in step with the log."""

import signal
from datetime import UTC, datetime
from threading import Event
from typing import Annotated, Any

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import Column, emit_json, note, progress, say, table
from pipeline_engine.cli.session import By, CommandId, Json, asked, opened

commands = typer.Typer(
    help="Views that are kept in the store, in step with the log: how many deals each owner has, and facts.",
    no_args_is_help=True,
)
View = Annotated[str, typer.Argument(metavar="VIEW", help="A view, as `follow status` names it.")]
Stream = Annotated[str, typer.Argument(metavar="STREAM", help="A stream, as `follow parked` names it: deal:D-1.")]
SECONDS_BETWEEN_LOOKS = 2.0
MOST = 100_000


@commands.command(epilog=epilog("follow status"))
def status(json: Json = False) -> None:
    """Where each view stands, how far behind the log, and what it put aside. Leaves with 1 where one needs a look."""
    with opened() as engine:
        found, now = engine.standings(), datetime.now(UTC)
    wrong = any(each.parked or each.failing or each.stalled(now) for each in found)
    if json:
        from pipeline_engine.documents import following_document

        emit_json(following_document(found, now))
    else:
        heads = [("view", "left"), ("position", "right"), ("behind", "right"), ("put aside", "right"), ("", "text")]
        rows = [(e.name, f"{e.position:,}", f"{e.lag:,}", f"{e.parked:,}", _running(e, now)) for e in found]
        table(heads, rows) if rows else say(
            "no views yet: the first rule that counts an owner's deals makes one, and a log of 20,000 events"
        )
    raise typer.Exit(1 if wrong else 0)


@commands.command(epilog=epilog("follow parked"))
def parked(
    view: View,
    limit: Annotated[int, typer.Option("--limit", min=0, max=MOST, help="At most so many; 0 is all.")] = 100,
    json: Json = False,
) -> None:
    """The events that a view could not take in, with the reason, and those that wait behind them."""
    with opened() as engine:
        found = engine.parked(view, limit=limit or MOST)
    _show(view, found, json)


@commands.command(epilog=epilog("follow retry"))
def retry(view: View, stream: Stream, json: Json = False) -> None:
    """Take in again what was put aside of a stream, once what was wrong is mended."""
    with opened() as engine:
        left = engine.retry(view, stream)
    _show(view, left, json)


@commands.command(epilog=epilog("follow release"))
def release(
    view: View,
    stream: Stream,
    reason: Annotated[str, typer.Option("--reason", help="Why the view may do without; kept sealed.")],
    by: By = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Let a view go on without the first event it put aside of a stream; who and why is recorded, the log keeps all."""
    with opened() as engine:
        left = engine.release(view, stream, reason, **asked(by, None, command_id))
    _show(view, left, json)


@commands.command(epilog=epilog("follow rebuild"))
def rebuild(view: View, json: Json = False) -> None:
    """Make a view anew from the first event; whoever reads it meanwhile reads the old one."""
    with opened() as engine, progress("rebuilding") as told:
        position = engine.rebuild_view(view, told)
    emit_json({"view": view, "position": position}) if json else say(f"{view} made anew up to position {position:,}")


@commands.command(epilog=epilog("follow run"))
def run() -> None:
    """Keep every view in step until this is stopped (Ctrl-C), and say so when one does not get on."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    said: dict[str, str | None] = {}
    with opened() as engine, engine.following() as runner:
        note(f"following as {runner.by}")
        while not stop.wait(SECONDS_BETWEEN_LOOKS):
            said = _told(said, {each.name: each.why for each in runner.health()})


def _told(before: dict[str, str | None], now: dict[str, str | None]) -> dict[str, str | None]:
    """Say what is different: a view that does not get on, and one that gets on again; what was said of each."""
    for name, why in now.items():
        if bool(why) != bool(before.get(name)):
            note(f"{name}: {why or 'gets on again'}")
    return now


def _show(view: str, found: list[Any], json: bool) -> None:
    if json:
        from pipeline_engine.documents import parked_document

        emit_json(parked_document(view, found))
    else:
        if found:
            heads: list[Column] = [(name, "left") for name in ("position", "stream", "version", "event")]
            rows = [(f"{each.position:,}", each.stream, str(each.version), each.name, each.why) for each in found]
            table([*heads, ("why", "text")], rows)
        say(f"{words.plural(len(found), 'event')} put aside by {view}")
    raise typer.Exit(1 if found else 0)


def _running(standing: Any, now: datetime) -> str:
    if standing.stalled(now):
        return f"{standing.beat_by} ran it and was last heard of {words.moment(standing.beat_at)}"
    if standing.failing:
        return f"fails: {standing.failing}"
    if standing.beat_at is None:
        return "taken on when it is asked"
    return f"run by {standing.beat_by}, last seen {words.moment(standing.beat_at)}"
