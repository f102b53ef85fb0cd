"""Reads the fenced blocks of a page and does what they say, in order, as a newcomer would in one folder.

- `python` blocks share one namespace; a `text` block right behind one is what it prints.
- A block whose first line is `# name.yaml`, or whose info string ends in a file name, is that file.
- `console` blocks: what stands behind `$ ` is run, the lines below are what it prints. `…` stands for anything: on a
  line of its own for any lines, inside a line for any text. How many blanks stand between words does not matter.
- `slow` in the info string: only in the slow run. `data=FOLDER`: only where that data set lies beside the project.
"""

import io
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml

from pipeline_engine.cli.running import run
from pipeline_engine.engine import bases_beside
from pipeline_engine.exchange import read_mapping
from pipeline_engine.process import load_process
from pipeline_engine.team import load_people

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# (?P<name>[\w./-]+\.(?:yaml|csv|py))\n")
LANGUAGES = {"python", "yaml", "console", "text", "csv", "json", "sql"}
# What a page names without a run behind it: it sets machines up, or runs these tests.
NOT_RUN = {"make setup", "make test", "make check", "make docs", "make bench"}


class Unlike(AssertionError):
    """What a block does is not what the page says."""


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, the words behind that, its text, and the line it begins in."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int

    @property
    def file(self) -> str | None:
        """The file this block is, None where it is none."""
        named = NAMED.match(self.text)
        if named:
            return named["name"]
        return next((word for word in self.words if "." in word and "=" not in word), None)

    @property
    def data(self) -> str | None:
        """The data set it needs, None where it needs none."""
        return next((word.removeprefix("data=") for word in self.words if word.startswith("data=")), None)

    @property
    def slow(self) -> bool:
        """Whether it is left to the slow run."""
        return "slow" in self.words


def blocks(page: Path) -> list[Block]:
    """Every fenced block of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [_block(found, text) for found in FENCE.finditer(text)]


def _block(found: re.Match[str], text: str) -> Block:
    language, *words = found["info"].split() or [""]
    return Block(language, tuple(words), found["text"], text.count("\n", 0, found.start()) + 1)


@dataclass
class Reader:
    """Somebody who does what a page says, in a folder with the project's config."""

    folder: Path
    instead: Mapping[str, str] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    last_exit: int = 0

    def __post_init__(self) -> None:
        shutil.copytree(ROOT / "config", self.folder / "config")
        unset = dict.fromkeys((name for name in os.environ if name.startswith("PIPELINE_ENGINE")), "")
        self.environment = {**os.environ, **unset, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}

    def follow(self, page: Path, data: Path | None, slow: bool) -> None:
        """Do what the blocks of a page say; raises Unlike with the line where something else came out."""
        printed: str | None = None
        for block in blocks(page):
            if (block.slow and not slow) or not self._has(block.data, data):
                continue
            try:
                printed = self._do(block, printed)
            except Exception as problem:
                raise Unlike(f"{page.name}:{block.line}: {type(problem).__name__}: {problem}") from problem

    def _has(self, name: str | None, data: Path | None) -> bool:
        if name is None:
            return True
        if data is None or not (data / name).is_dir():
            return False
        for file in (data / name).iterdir():
            if not (self.folder / file.name).exists():
                (self.folder / file.name).symlink_to(file)
        return True

    def _do(self, block: Block, printed: str | None) -> str | None:
        text = block.text
        for said, meant in self.instead.items():
            text = text.replace(said, meant)
        if block.language == "text" and printed is not None:
            compare(text, printed)
        if block.language == "console":
            self._console(text)
        if block.file:
            (self.folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / block.file).write_text(text, encoding="utf-8")
        if block.language == "yaml":
            check_yaml(text, self.folder / (block.file or "block.yaml"))
        return self._python(text) if block.language == "python" else None

    def _python(self, text: str) -> str:
        out = io.StringIO()
        with chdir(self.folder), redirect_stdout(out):
            exec(compile(text, "page", "exec"), self.names)
        return out.getvalue()

    def _console(self, text: str) -> None:
        for command, expected in commands(text):
            if command in NOT_RUN:
                continue
            compare(expected, self._run(command), command)

    def _run(self, command: str) -> str:
        if command == "echo $?":
            return f"{self.last_exit}\n"
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            self.environment[name] = shlex.split(value)[0]
            return ""
        words = shlex.split("pipeline-engine demo" if command == "make demo" else command)
        if words[0] == "pipeline-engine":
            return self._ours(words[1:])
        done = subprocess.run(words, cwd=self.folder, env=self.environment, text=True, check=True, capture_output=True)
        self.last_exit = done.returncode
        return done.stdout

    def _ours(self, arguments: list[str]) -> str:
        # In this process, since a new one for each command would spend its time on imports.
        out = io.StringIO()
        with chdir(self.folder), patch.dict(os.environ, self.environment), redirect_stdout(out), redirect_stderr(out):
            self.last_exit = run(arguments)
        return out.getvalue()


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block with what it is to print; a line that ends in `\\` goes on in the next."""
    joined = text.replace("\\\n", " ")
    for part in re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        yield " ".join(command.split()), expected


def compare(expected: str, printed: str, command: str = "") -> None:
    """Raise Unlike where the text does not match; `…` stands for anything."""
    wanted, found = _trimmed(expected), _trimmed(printed)
    if not wanted and command:
        return  # A page need not show what a command prints.
    pattern = "".join(_line_pattern(line) for line in wanted.splitlines())
    if not re.fullmatch(pattern, f"{found}\n" if found else ""):
        raise Unlike(f"`{command}` was to print\n{wanted}\n--- but printed\n{found}")


def _trimmed(text: str) -> str:
    # How wide a column is says nothing; a page is not wrong when another row makes it wider.
    return "\n".join(" ".join(line.split()) for line in text.strip("\n").splitlines())


def _line_pattern(line: str) -> str:
    if line.strip() in ("…", "..."):
        return r"(?:[^\n]*\n)*?"
    return "[^\n]*?".join(re.escape(part) for part in line.split("…")) + "\n"


def check_yaml(text: str, path: Path) -> None:
    """Load a block as what it is: a process, a mapping, a people file, or at least YAML."""
    loaded = yaml.safe_load(text)
    keys, file = set(loaded) if isinstance(loaded, dict) else set(), path.name
    if {"process", "stages"} <= keys or {"process", "extends"} <= keys:
        load_process(text, file, bases_beside(path))
    elif {"process", "cases"} <= keys:
        return  # Its process is another file: `process test` reads both.
    elif "format" in keys:
        read_mapping(text, file)
    elif "people" in keys:
        load_people(text, file)
