"""`process new`: a commented file to start from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from pipeline_engine.cli.demo_store import config
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, say, table
from pipeline_engine.cli.session import Json
from pipeline_engine.errors import BadValue, nearest, quoted

DEFAULT = "minimal"
_PROCESS = re.compile(r"^process:[ \t]+\S+", re.MULTILINE)
_TITLE = re.compile(r"^title:[ \t]+(?P<title>.+?)[ \t]*$", re.MULTILINE)

Name = Annotated[str | None, typer.Argument(help="The name of the new process.", metavar="NAME")]
Chosen = Annotated[str, typer.Option("--template", help="What to start from; `--list` names them.", metavar="NAME")]
Output = Annotated[Path | None, typer.Option("--output", help="Where to write it; else NAME.yaml.", metavar="FILE")]
Listed = Annotated[bool, typer.Option("--list", help="Only list what there is to start from.")]


@dataclass(frozen=True, slots=True)
class Template:
    """A shipped process as a starting point: what it is called, its text, and in a line what it is for."""

    name: str
    text: str

    @property
    def about(self) -> str:
        """The first sentence of the comment it begins with, else its title."""
        head = [line.lstrip("#").strip() for line in self._comment()]
        found = _TITLE.search(self.text)
        return " ".join(head).rstrip(".:,") or (found["title"].strip("'\"") if found else self.name)

    def _comment(self) -> Iterator[str]:
        for line in self.text.splitlines():
            if not line.startswith("#") or not line.strip("# "):
                return
            yield line
            if line.rstrip().endswith((".", ":")):
                return


def register(commands: typer.Typer) -> None:
    """Put the command under `process`."""
    commands.command("new", epilog=epilog("process new"))(new)


def new(
    name: Name = None, template: Chosen = DEFAULT, output: Output = None, listed: Listed = False, json: Json = False
) -> None:
    """Write a commented process file to start from; nothing that is there already is overwritten."""
    found = {each.name: each for each in templates()}
    if listed:
        _list(found, json)
        return
    if name is None:
        raise BadValue("NAME", "", "the name of the new process, or `--list`")
    if template not in found:
        near = nearest(template, tuple(found))
        raise BadValue("--template", template, quoted(near or tuple(found)))
    file = output or Path(f"{name}.yaml")
    _write(file, named(found[template].text, name))
    if json:
        emit_json({"process": name, "template": template, "file": str(file)})
        return
    say(f"written  {file}: process {name}, from the template {template}")
    say(f"  pipeline-engine process lint {file}")
    say(f"  pipeline-engine process graph {file} --format svg --output {file.stem}.svg")
    say(f"  pipeline-engine process publish {file} --by WHO")


def templates() -> list[Template]:
    """What there is to start from, by name; the smallest first."""
    files = sorted(config("processes").glob("*.yaml"), key=lambda file: (file.stem != DEFAULT, file.stem))
    return [Template(file.stem, file.read_text(encoding="utf-8")) for file in files]


def named(text: str, name: str) -> str:
    """The text with another name for its process."""
    from pipeline_engine.notation import Unfit
    from pipeline_engine.notation import name as checked

    try:
        checked(name)
    except Unfit as unfit:
        raise BadValue("NAME", name, unfit.expected) from None
    return _PROCESS.sub(lambda _: f"process: {name}", text, count=1)


def _write(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as fresh:
            fresh.write(text)
    except FileExistsError:
        raise BadValue("--output", file, "a file that is not there yet; nothing is overwritten") from None


def _list(found: dict[str, Template], json: bool) -> None:
    if json:
        emit_json([{"template": each.name, "about": each.about} for each in found.values()])
        return
    table([("template", "left"), ("what it is for", "text")], [(each.name, each.about) for each in found.values()])
