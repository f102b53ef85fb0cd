"""`bus run · dead · retry · release · describe`: events out and commands in over a message broker."""

import json as json_text
import signal
from importlib import import_module
from pathlib import Path
from threading import Event
from typing import Annotated, Any

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import Column, emit_json, note, say, table
from pipeline_engine.cli.session import By, CommandId, Json, asked, opened
from pipeline_engine.errors import BadValue

commands = typer.Typer(help="The bus: deal events go out, commands come in.", no_args_is_help=True)
BusUrl = Annotated[str, typer.Option("--bus", metavar="URL", help="nats://HOST:4222, or memory:// to try it.")]
Prefix = Annotated[str, typer.Option("--prefix", help="One word before every subject, where tenants share a broker.")]
Stream = Annotated[str, typer.Argument(metavar="STREAM", help="A stream, as `follow parked bus` names it: deal:D-1.")]
Source = Annotated[str, typer.Option("--source", help="What events name as their source; else made from the log.")]
SECONDS_BETWEEN_LOOKS = 2.0


def room() -> Any:
    """The bus's part of the service, which is an extra; raises BadValue where that is not installed."""
    try:
        return import_module("pipeline_engine.service.bus")
    except ImportError:
        raise BadValue("bus", "missing", 'the service: pip install "pipeline-engine[service]"') from None


@commands.command(epilog=epilog("bus run"))
def run(
    bus: BusUrl,
    prefix: Prefix = "",
    source: Source = "",
    events: Annotated[bool, typer.Option("--events/--no-events", help="Send deal events.")] = True,
    commands: Annotated[bool, typer.Option("--commands/--no-commands", help="Take commands.")] = True,
    personal: Annotated[bool, typer.Option("--personal", help="Send personal values too; that is recorded.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why personal values are sent.")] = "",
    by: By = None,
) -> None:
    """Send events and take commands until this is stopped (Ctrl-C), and say so when something does not get on."""
    stop, bus_room = Event(), room()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    sharing = bus_room.Sharing(asked(by)["by"], reason) if personal else None
    options = bus_room.BusOptions(prefix=prefix, source=source, events=events, commands=commands, sharing=sharing)
    said: dict[str, str | None] = {}
    with opened() as engine, bus_room.run(engine, bus, options) as service:
        note(f"on the bus as `{service.source}`")
        while not stop.wait(SECONDS_BETWEEN_LOOKS):
            said = _told(said, {each.name: each.why for each in service.health()})


def _told(before: dict[str, str | None], now: dict[str, str | None]) -> dict[str, str | None]:
    for name, why in now.items():
        if bool(why) != bool(before.get(name)):
            note(f"{name}: {why or 'gets on again'}")
    return now


@commands.command(epilog=epilog("bus dead"))
def dead(
    bus: BusUrl,
    prefix: Prefix = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="The last so many.")] = 100,
    json: Json = False,
) -> None:
    """Commands that could not be handled, with the reason; they stay where they are. Leaves with 1 where there are."""
    bus_room = room()
    with bus_room.reached(bus_room.connect(bus), bus) as reached:
        letters = reached.peek(bus_room.Channels(prefix).dead, limit)
    told = bus_room.letters_document(prefix, letters)
    found = told["dead"]
    if json:
        emit_json(told)
    else:
        heads: list[Column] = [("place", "left"), ("subject", "left"), ("tries", "right"), ("bytes", "right")]
        rows = [(e["place"], e["subject"], str(e["tries"]), f"{e['bytes']:,}", e["reason"]) for e in found]
        if rows:
            table([*heads, ("why", "text")], rows)
        say(words.plural(len(found), "dead letter"))
    raise typer.Exit(1 if found else 0)


@commands.command(epilog=epilog("bus retry"))
def retry(stream: Stream, bus: BusUrl, prefix: Prefix = "", source: Source = "", json: Json = False) -> None:
    """Send again what could not be read of a stream, once what was wrong is mended."""
    bus_room = room()
    options = bus_room.BusOptions(prefix=prefix, source=source)
    with opened() as engine, bus_room.at_hand(engine, bus, options) as service:
        left = engine.retry(service.name, stream)
        _left(service.name, len(left), json)


@commands.command(epilog=epilog("bus release"))
def release(
    stream: Stream,
    bus: BusUrl,
    reason: Annotated[str, typer.Option("--reason", help="Why receivers may do without; kept sealed.")],
    prefix: Prefix = "",
    source: Source = "",
    by: By = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Go on without the first event that could not be sent of a stream; who and why is recorded, the log keeps all."""
    bus_room = room()
    options = bus_room.BusOptions(prefix=prefix, source=source)
    with opened() as engine, bus_room.at_hand(engine, bus, options) as service:
        left = engine.release(service.name, stream, reason, **asked(by, None, command_id))
        _left(service.name, len(left), json)


def _left(name: str, left: int, json: bool) -> None:
    emit_json({"view": name, "parked": left}) if json else say(f"{words.plural(left, 'event')} put aside by {name}")
    raise typer.Exit(1 if left else 0)


@commands.command(epilog=epilog("bus describe"))
def describe(
    prefix: Prefix = "",
    output: Annotated[Path | None, typer.Option("--output", help="A file; else standard output.")] = None,
) -> None:
    """The bus as an AsyncAPI 3 document: every event that goes out and every command that may come in."""
    text = json_text.dumps(room().describe(prefix), indent=2, ensure_ascii=False)
    if output is None:
        typer.echo(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")
        say(f"written to {output}")
