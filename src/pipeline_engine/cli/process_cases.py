"""`process test`: the cases that a process's owners keep beside it, tried through the gate."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, prose, say
from pipeline_engine.cli.session import Json, opened
from pipeline_engine.errors import BadValue

if TYPE_CHECKING:
    from pipeline_engine.casebook import CaseResult
    from pipeline_engine.process import Process

Paths = Annotated[
    list[Path],
    typer.Argument(help="Files of cases, or folders: every *.cases.yaml below one.", metavar="PATH"),
]
Instead = Annotated[
    Path | None, typer.Option("--process", help="Try them on this process file, whatever they name.", metavar="FILE")
]
Containing = Annotated[str, typer.Option("-k", help="Only cases with this in their title.", metavar="TEXT")]


def register(commands: typer.Typer) -> None:
    """Put the command under `process`."""
    commands.command("test", epilog=epilog("process test"))(cases)


def cases(paths: Paths, containing: Containing = "", process: Instead = None, json: Json = False) -> None:
    """Try given/when/then cases on their process, in a store of their own; a failing one prints the judgement."""
    from pipeline_engine.casebook import run_cases

    results = run_cases(*paths, published=_published, process=process, containing=containing)
    if not results:
        raise BadValue("-k", containing, "a part of the title of some case")
    failed = [each for each in results if not each.holds]
    if json:
        _as_json(results, len(failed))
    else:
        for each in results:
            _show(each)
        say(_counted(len(results), len(failed)))
    raise typer.Exit(1 if failed else 0)


def _counted(number: int, failed: int) -> str:
    if failed:
        return f"{words.plural(number, 'case')}: {number - failed} as expected, {failed} not"
    return f"{words.plural(number, 'case')}: {'all ' if number > 1 else ''}as expected"


def _published(named: str) -> "tuple[Process, str]":
    """A process of the store, as a file of cases names it: `b2b-saas`, `b2b-saas@2`."""
    name, _, version = named.partition("@")
    if version and not version.isdecimal():
        raise BadValue("process", named, _WHERE)
    with opened() as engine:
        process = engine.process(name, int(version) if version else None)
        text = next(v.source_text for p in engine.processes() for v in p.versions if v.digest == process.digest)
    return process, text


_WHERE = "a process file like `../b2b-saas.yaml`, or the name of a published one like `b2b-saas@2`"


def _show(result: "CaseResult") -> None:
    from pipeline_engine.cli import verdicts

    mark, style = (verdicts.MARKS["pass"], "") if result.holds else (verdicts.MARKS["fail"], "bold red")
    say(f"{mark} {result.title}" + ("" if result.holds else f"  ({result.file}:{result.line})"), style=style)
    if result.holds:
        return
    prose(f"expected  {result.expected}", 4, 10)
    prose(f"came      {result.came}", 4, 10)
    for difference in result.differences if result.differences != (f"it is {result.came}",) else ():
        prose(f"          {difference}", 4, 10)
    verdicts.show(result.verdicts, indent=4)


def _as_json(results: "list[CaseResult]", failed: int) -> None:
    emit_json({"cases": len(results), "failed": failed, "results": [_result(each) for each in results]})


def _result(result: "CaseResult") -> dict[str, Any]:
    from pipeline_engine.documents import judged_document

    return {
        "case": result.title, "file": result.file, "line": result.line, "holds": result.holds,
        "expected": result.expected, "came": result.came, "differences": list(result.differences),
        "verdicts": [judged_document(judged) for judged in result.verdicts],
    }  # fmt: skip
