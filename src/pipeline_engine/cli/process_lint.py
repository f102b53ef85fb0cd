"""`process lint FILE`: what keeps a process file from loading, and everything doubtful in it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, say
from pipeline_engine.cli.process_changes import File
from pipeline_engine.cli.process_files import bases_of
from pipeline_engine.cli.session import Json, opened, settings

if TYPE_CHECKING:
    from pipeline_engine.engine import Linted
    from pipeline_engine.process import Finding

_ORDER = ("error", "warning", "info")
_NAMES = {"info": "note"}


def register(commands: typer.Typer) -> None:
    """Put the command beside the others of processes."""
    commands.command("lint", epilog=epilog("process lint"))(lint)


def lint(
    file: File,
    history: Annotated[
        bool,
        typer.Option(help="Look at how the rules judged so far, and at who holds which role, where a store is there."),
    ] = True,
    json: Json = False,
) -> None:
    """Check a process file: what keeps it from loading, and what is doubtful in it. Writes nothing.

    Leaves with 1 where there is an error or a warning that the file does not silence, else with 0.
    """
    found = _linted(file, history)
    told = [each for each in found.findings if each.silenced is None]
    if json:
        from pipeline_engine.documents import lint_document

        emit_json(lint_document(str(file), found))
    else:
        for each in sorted(told, key=lambda finding: _ORDER.index(finding.severity)):
            say(f"{_place(each)}: {_NAMES.get(each.severity, each.severity)}: {each.message} [{each.code}]")
        say(f"{file}: {_summary(found.findings, told)}{_beside(found)}")
        if told:
            say(f"{told[0].page.partition('#')[0]} says what each code means, and how to mend or silence it")
    raise typer.Exit(1 if any(each.counts for each in told) else 0)


def _linted(file: Path, history: bool) -> "Linted":
    from pipeline_engine.engine import Linted
    from pipeline_engine.errors import BadProcess
    from pipeline_engine.notation import read_text
    from pipeline_engine.process import Beside
    from pipeline_engine.process import lint as check

    if history and _store_is_there():
        with opened() as engine:
            return engine.lint(file)
    return Linted(check(read_text(file, BadProcess), str(file), Beside(bases=bases_of(file))))


def _store_is_there() -> bool:
    """Whether there is a store to look into; a check makes none."""
    url = settings().store
    if url.startswith("sqlite:///"):
        return Path(url.removeprefix("sqlite:///").partition("?")[0]).is_file()
    return not url.startswith("memory:")


def _place(finding: "Finding") -> str:
    return ":".join(str(part) for part in (finding.file, finding.line, finding.column) if part is not None)


def _summary(findings: "Sequence[Finding]", told: "Sequence[Finding]") -> str:
    counts = [(_NAMES.get(weight, weight), sum(each.severity == weight for each in told)) for weight in _ORDER]
    said = ", ".join(words.plural(count, name) for name, count in counts if count) or "lint clean"
    silenced = len(findings) - len(told)
    return f"{said}, {silenced} silenced" if silenced else said


def _beside(found: "Linted") -> str:
    if not found.attempts:
        return ""
    return f" (with what {words.plural(found.attempts, 'judged attempt')} in the store say)"
