"""A terminal in the test's own folder: type a line, see exit code, standard output and standard error."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline_engine.cli.running import run

ROOT = Path(__file__).resolve().parents[2]
B2B = ROOT / "config" / "processes" / "b2b-saas.yaml"
STRICT = ROOT / "config" / "processes" / "b2b-saas-strict.yaml"
PEOPLE = ROOT / "config" / "people.yaml"


@dataclass(frozen=True)
class Typed:
    """What one line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)


Terminal = Callable[..., Typed]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """Type a command line; the store is sales.db in the test's folder, nobody is set to act."""
    monkeypatch.chdir(tmp_path)
    for name in ("PIPELINE_ENGINE_STORE", "PIPELINE_ENGINE_ACTOR"):
        monkeypatch.delenv(name, raising=False)

    def line(*words: object) -> Typed:
        capsys.readouterr()
        code = run([os.fspath(word) if isinstance(word, Path) else str(word) for word in words])
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Typed(code, said.out, said.err)

    return line


@pytest.fixture
def store(typed: Terminal) -> Terminal:
    """A store with the B2B process and its people."""
    assert typed("process", "publish", B2B, "--by", "ops-1").code == 0
    assert typed("team", "apply", PEOPLE, "--by", "ops-1").code == 0
    return typed


@pytest.fixture
def deal(store: Terminal) -> Terminal:
    """An open deal D-1 of rep-03 in lead."""
    assert store("deal", "open", "D-1", "--process", "b2b-saas", "--by", "rep-03", "--set", "amount=62000").code == 0
    return store
