"""`process graph`: the way of a deal as a picture, for Mermaid or as SVG."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import note
from pipeline_engine.cli.process_files import loaded
from pipeline_engine.cli.session import opened
from pipeline_engine.errors import BadValue, quoted

if TYPE_CHECKING:
    from pipeline_engine.process import Process

FORMATS = ("mermaid", "svg")
_OF_FILES = (".yaml", ".yml")

Output = Annotated[Path | None, typer.Option("--output", help="Write it here instead of printing it.", metavar="FILE")]


def register(commands: typer.Typer) -> None:
    """Put the command under `process`."""
    commands.command("graph", epilog=epilog("process graph"))(graph)


def graph(
    named: Annotated[
        str, typer.Argument(help="A process file, or a published process: b2b-saas@2.", metavar="PROCESS")
    ],
    format_: Annotated[str, typer.Option("--format", help="mermaid or svg.", metavar="FORMAT")] = "mermaid",
    output: Output = None,
) -> None:
    """Draw a process: its stages, what each gate asks, who must approve, and which way deals may go."""
    from pipeline_engine.process import mermaid_of, svg_of

    if format_ not in FORMATS:
        raise BadValue("--format", format_, quoted(FORMATS))
    process = process_named(named)
    if format_ == "svg":
        written(svg_of(process), output)
    else:
        # Where a terminal cannot show a letter, XML names it by number; Mermaid has its own way to write that.
        written(mermaid_of(process), output, "#")


def process_named(named: str) -> "Process":
    """A process by its file, or by the name it is published under."""
    if named.endswith(_OF_FILES) or Path(named).is_file():
        return loaded(Path(named))
    name, _, version = named.partition("@")
    if version and not version.isdecimal():
        raise BadValue("version", version, "a number, like b2b-saas@2")
    with opened() as engine:
        return engine.process(name, int(version) if version else None)


def written(text: str, output: Path | None, entity: str = "&#") -> None:
    """Print a document, or write it into a file in UTF-8 and say where.

    Args:
        entity: How a letter that standard output cannot hold begins, before its number: `&#8594;`.
    """
    if output is None:
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        shown = text.encode(encoding, "xmlcharrefreplace").decode(encoding)
        sys.stdout.write(shown if shown == text else shown.replace("&#", entity))
        return
    output.write_text(text, encoding="utf-8")
    note(f"written to {output}")
