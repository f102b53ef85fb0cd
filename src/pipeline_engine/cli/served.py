"""`serve`: the engine behind HTTP, in this process, until it is stopped."""

import os
import sys
from dataclasses import replace
from typing import Annotated

import typer

from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_line, say
from pipeline_engine.cli.session import Json, opened


def register(app: typer.Typer) -> None:
    """Put the command of this module beside the others."""
    app.command("serve", epilog=epilog("serve"))(serve)


def serve(
    host: Annotated[str | None, typer.Option("--host", help="Where to listen; only this machine: 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="0 takes a free one; else 8642.")] = None,
    bus: Annotated[str | None, typer.Option("--bus", help="memory:// or a broker's address.", metavar="URL")] = None,
    json: Json = False,
) -> None:
    """Serve HTTP, live events, the bus and timers in one process until it is stopped; requests are answered first.

    There is no sign-in yet, so it listens on this machine only. Settings beside these come from the environment:
    PIPELINE_ENGINE_SERVE_PAGE and so on. The log goes to standard error, one JSON object a line.
    """
    from pipeline_engine.engine import service

    room, said = service(), {"host": host, "port": port, "bus": bus}
    wanted = replace(
        room.ServiceSettings.from_environment(os.environ), **{k: v for k, v in said.items() if v is not None}
    )

    def listens(address: str) -> None:
        if json:
            emit_line({"address": address, "pid": os.getpid()})
        else:
            say(f"serving on {address}; browse it at {address}/docs (Ctrl+C stops it)")
            sys.stdout.flush()

    with opened(making=True) as engine:
        room.serve(engine, wanted, os.environ, listens)
