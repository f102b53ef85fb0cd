"""`process schema`: what an editor checks a file with while it is typed."""

import json
from typing import Annotated

import typer

from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.process_graph import Output, written


def register(commands: typer.Typer) -> None:
    """Put the command under `process`."""
    commands.command("schema", epilog=epilog("process schema"))(schema)


def schema(
    cases: Annotated[bool, typer.Option("--cases", help="Of files of cases instead of process files.")] = False,
    output: Output = None,
) -> None:
    """Print the JSON Schema of process files, with what each key is for. It sees shapes; `process lint` sees all."""
    from pipeline_engine.casebook import cases_schema
    from pipeline_engine.process import process_schema

    document = cases_schema() if cases else process_schema()
    # Letters by their numbers: every editor and every terminal takes those.
    written(json.dumps(document, ensure_ascii=True, indent=2) + "\n", output)
