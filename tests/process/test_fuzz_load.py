"""Whatever is given as a process file, the answer is a process or one of our complaints, in time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.process.files import GOOD, RICH, RULE, SMALLEST
from tests.process.made import trees, written

from pipeline_engine.errors import BadProcess, PipelineError
from pipeline_engine.process import Process, lint, load_process, text_of

EVERYTHING = Path(__file__).with_name("everything.yaml").read_text(encoding="utf-8")
BASES = (GOOD, RICH, EVERYTHING, SMALLEST)
# Far above what any file takes; a loop without an end would pass it.
SECONDS = 20.0
TOKENS = [
    "process", "currency", "EUR", "stages", "outcomes", "id", "check", "deal", "enter", "leave", "applies", "by",
    "owner",
    "owner.manager", "limits.vp_from", "bands", "up_to", "from", "any_order", "within", "since", "opened", "with",
    "5bd",
    "10%", "plan", "on_time", "due", "opens", "carry", "at", "locked_from", "unless", "checklist", "documents", "nda",
    "!x", "!!python/object:os.system", "&a", "*a", "<<: *a", "? ", "---", "...", "%YAML 1.1", "|", ">-", "# x", ": ",
    "- ", "{", "}", "[", "]", ", ", "'", '"', "\\", "\\x", "\t", "\r", "\n", "\n\n", "~", "null", "1e999", "0x1F", "-0",
    "9" * 400, "é", "\u202e", "\u2028", "\x85", "\ufeff", "\U0001f600", "\ud800", "\x00", "\x07", "e\u0301",
    "deal.amount > 5",
    "deal.amont", "a && b", "//", "/* */", "r'\\'", "matches('(a+)+$')", "duration('x')", "date('2026-02-30')",
    "timestamp('9999-12-31T23:59:59Z')", "days(999999999999)", "9223372036854775808", "1.0 / 0.0", "x" * 3000,
    "[" * 40, "{a: " * 30, "(" * 300, "!" * 300, "-1d", "0bd", "99999w", "mon-fri 09:00-25:00", "Europe/Berln",
]  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=True) | st.sampled_from(TOKENS)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(TOKENS) | st.text(max_size=5), inner),
    max_leaves=6,
)  # fmt: skip
CHANGE = st.tuples(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 8), st.sampled_from(TOKENS))
TEXTS = st.tuples(st.sampled_from(BASES), st.lists(CHANGE, min_size=1, max_size=6))


def changed(text: str, changes: list[tuple[int, int, int, str]]) -> str:
    """The text with lines and pieces taken out, doubled, swapped, moved in or put in."""
    for first, second, kind, token in changes:
        lines = text.split("\n")
        a, b, at = first % len(lines), second % len(lines), first % (len(text) + 1)
        match kind:
            case 0:
                del lines[a]
            case 1:
                lines.insert(b, lines[a])
            case 2:
                lines[a], lines[b] = lines[b], lines[a]
            case 3:
                lines[a] = " " * (second % 9) + lines[a].lstrip()
        text = "\n".join(lines) if kind < 4 else _piece(text, at, second, (kind, token))
    return text


def _piece(text: str, at: int, second: int, what: tuple[int, str]) -> str:
    kind, token = what
    length = second % 12 if kind != 8 else len(text)
    return text[:at] + ("" if kind in (4, 8) else token) + text[at + (0 if kind == 5 else length) :]


def holds(text: str, load: Callable[[str, str], Process] = load_process) -> bool:
    """Whether the text is a process; fails where the reader does anything but load it or complain properly."""
    begun, loaded = monotonic(), True
    complaint: PipelineError | None = None
    try:
        assert isinstance(load(text, "p.yaml"), Process)
    except PipelineError as bad:
        loaded = False
        complaint = bad
    if not loaded:
        assert isinstance(complaint, BadProcess)
        _is_proper(str(complaint), complaint.line, complaint.column, text)
    # What lint says of a file that loads takes longer, and has tests of its own.
    findings = () if loaded else lint(text, "p.yaml")
    assert loaded or any(each.severity == "error" for each in findings)
    for each in findings:
        _is_proper(each.message, each.line, each.column, text)
    assert monotonic() - begun < SECONDS
    return loaded


def _is_proper(message: str, line: int | None, column: int | None, text: str) -> None:
    assert message.isprintable(), message
    assert len(message) < 2_000
    assert (line is None) == (column is None)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if line is not None and column is not None:
        assert 1 <= line <= len(lines) + 1
        assert 1 <= column <= max(map(len, lines)) + 2


def paths_of(tree: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a tree."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [at, *(path for key, value in inner for path in paths_of(value, (*at, key)))]


def put(tree: Any, path: tuple[Any, ...], value: Any, key: str | None) -> Any:
    """The tree with another value at a place, or another key."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(tree, list):
        return [put(each, rest, value, key) if number == head else each for number, each in enumerate(tree)]
    if not rest and key is not None:
        return {key if each == head else each: inner for each, inner in tree.items()}
    return {each: put(inner, rest, value, key) if each == head else inner for each, inner in tree.items()}


TREE = yaml.safe_load(EVERYTHING)
PLACES = paths_of(TREE)
SOMEWHERE = st.tuples(st.sampled_from(PLACES), VALUES, st.none() | st.none() | st.sampled_from(TOKENS))


def fuzz_texts(of: tuple[str, list[tuple[int, int, int, str]]]) -> None:
    """One damaged file."""
    holds(changed(*of))


def fuzz_bytes(of: tuple[str, list[tuple[int, int]]]) -> None:
    """One file with other bytes in it."""
    content = bytearray(of[0].encode())
    for at, byte in of[1]:
        content[at % len(content)] = byte
    try:
        text = text_of(bytes(content), "p.yaml")
    except BadProcess as bad:
        text = str(bad)
    holds(text)


def fuzz_trees(changes: list[tuple[tuple[Any, ...], Any, str | None]]) -> None:
    """One file with values and keys of any kind where others were."""
    tree = TREE
    for path, value, key in changes:
        if path in set(paths_of(tree)):
            tree = put(tree, path, value, key)
    holds(json.dumps(tree, default=str))


BYTES = st.tuples(
    st.sampled_from(BASES), st.lists(st.tuples(st.integers(0, 9_999), st.integers(0, 255)), min_size=1, max_size=8)
)
QUICK = settings(deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.slow
@settings(QUICK, max_examples=800)
@given(TEXTS)
def test_a_damaged_file_gives_a_process_or_a_complaint(of):
    """Lines taken out, doubled, swapped; pieces and signs of YAML put in anywhere."""
    fuzz_texts(of)


@settings(QUICK, max_examples=450)
@given(BYTES)
def test_other_bytes_give_a_process_or_a_complaint(of):
    """A file is damaged on its way."""
    fuzz_bytes(of)


@pytest.mark.slow
@settings(QUICK, max_examples=200)
@given(st.lists(SOMEWHERE, min_size=1, max_size=3))
def test_any_value_anywhere_gives_a_process_or_a_complaint(changes):
    """A list for a text, a number for a table, a key that is none."""
    fuzz_trees(changes)


@settings(QUICK, max_examples=100)
@given(trees())
def test_a_file_from_the_grammar_loads_and_comes_back_from_its_stored_form(tree):
    """Every key with every kind of value it may have; what is stored of it says the same."""
    process = load_process(written(tree), "p.yaml")
    assert Process.model_validate_json(process.model_dump_json()) == process
    assert len(set(process.rule_ids)) == len(process.rules)


@pytest.mark.parametrize("error", [KeyError("x"), RecursionError(), BadProcess("p.yaml", 9_999, 1, "x")])
def test_the_check_itself_notices_what_is_not_ours(error):
    """An exception of another kind, or a place outside the file, would not go unnoticed."""

    def broken(text: str, file: str) -> Process:
        raise error

    with pytest.raises((AssertionError, KeyError, RecursionError)):
        holds("x: " + RULE, broken)


SOAK = settings(QUICK, max_examples=70_000, database=None)


@pytest.mark.soak
@settings(SOAK)
@given(TEXTS)
def test_long_damaged_files(of):
    """The same, much longer."""
    fuzz_texts(of)


@pytest.mark.soak
@settings(SOAK)
@given(BYTES)
def test_long_other_bytes(of):
    """The same, much longer."""
    fuzz_bytes(of)


@pytest.mark.soak
@settings(SOAK)
@given(st.lists(SOMEWHERE, min_size=1, max_size=3))
def test_long_any_value_anywhere(changes):
    """The same, much longer."""
    fuzz_trees(changes)
