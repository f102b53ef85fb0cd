"""What a process file may get wrong: each complaint names the place, what was found and what was meant."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.process.files import GOOD, RICH, RULE, changed

from pipeline_engine.errors import BadProcess
from pipeline_engine.process import Process, lint, load_process, text_of

TABLES = {"bad_files.txt": GOOD, "bad_entries.txt": RICH}


def _blocks(table: str, good: str) -> Iterator[tuple[str, str]]:
    for block in Path(__file__).with_name(table).read_text(encoding="utf-8").split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if lines:
            parts = {mark: [line[2:] for line in lines if line[0] == mark] for mark in "-+!"}
            new = "".join(f"{line}\n" for line in parts["+"])
            yield changed("".join(f"{line}\n" for line in parts["-"]), new, good), parts["!"][0]


BLOCKS = [block for table, good in TABLES.items() for block in _blocks(table, good)]


@pytest.mark.parametrize(("text", "complaint"), BLOCKS, ids=[complaint[:50] for _, complaint in BLOCKS])
def test_a_bad_file_is_refused_at_its_place(text, complaint):
    """The message names file, line and column, what was found and what was needed."""
    with pytest.raises(BadProcess) as refused:
        load_process(text, "p.yaml")
    assert str(refused.value) == f"p.yaml:{complaint}"


def test_the_good_file_loads():
    """The file that all bad ones are made from has nothing wrong."""
    assert load_process(GOOD, "p.yaml").name == load_process(RICH, "p.yaml").name == "p"
    assert lint(GOOD.replace("> 5", "> limits.manager_from"), "p.yaml") == ()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "1:1: the file is empty; expected a process: `process`, `currency`, `stages`, `outcomes`"),
        (
            "# only a comment\n",
            "1:1: the file is empty; expected a process: `process`, `currency`, `stages`, `outcomes`",
        ),
        ("just text\n", "1:1: a process is `just text`; expected a table of `key: value`"),
        ("- a\n", "1:1: a process is a list; expected a table of `key: value`"),
        ("a: \x00", "1:4: the character U+0000, which text cannot hold; expected printable text"),
        ("a: \ud800", "1:4: the character U+D800, which text cannot hold; expected printable text"),
        (
            "a:\u2028b",
            "1:3: a line separator (U+2028), which not every reader takes for a line end; expected a newline",
        ),
        ("[" * 5000, "1:22: too much for one file; expected at most 20 levels"),
        ("- " * 5000, "1:43: too much for one file; expected at most 20 levels"),
        ("a: [" + "1," * 60_000, "1:99999: too much for one file; expected at most 50,000 values"),
    ],
    ids=["empty", "comment", "text", "list", "nul", "surrogate", "separator", "deep", "deep-block", "many"],
)
def test_what_is_no_process_at_all_is_refused(text, complaint):
    """Whatever is given, the answer is a complaint with a place."""
    with pytest.raises(BadProcess) as refused:
        load_process(text, "p.yaml")
    assert str(refused.value) == f"p.yaml:{complaint}"


def test_a_file_has_a_size_limit():
    """Nothing over 256 KiB is read."""
    with pytest.raises(BadProcess, match=r"the file has 262,145 bytes; expected at most 262,144"):
        load_process("#" * 262_145, "p.yaml")


def test_bytes_that_are_no_utf_8_are_refused_at_their_place():
    """A file saved in another encoding is not guessed at."""
    with pytest.raises(BadProcess, match=r"^p.yaml:2:8: the byte 0xFC, which is no UTF-8"):
        text_of(b"process: p\ntitle: \xfcber\n", "p.yaml")
    assert text_of("title: über".encode(), "p.yaml") == "title: über"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_places_do_not_depend_on_how_lines_end(newline):
    """Windows and old Mac line ends count as one."""
    text = changed(RULE, "id: x\n        check: |\n          deal.amount > 5 &&\n          deal.amont > 6")
    with pytest.raises(BadProcess, match=r"^p.yaml:17:16: `deal` has no `amont`"):
        load_process(text.replace("\n", newline), "p.yaml")


def test_a_byte_order_mark_is_not_part_of_the_text():
    """Some editors put one in front."""
    assert load_process("\ufeff" + GOOD, "p.yaml").name == "p"
    with pytest.raises(BadProcess, match=r"^p.yaml:1:1: a process has no key `proces`"):
        load_process("\ufeff" + GOOD[:6] + GOOD[7:], "p.yaml")


def test_lint_tells_all_that_is_wrong_at_once():
    """Errors in different parts of a file are all found, in the order of the file."""
    text = GOOD.replace("id: lead", "id: lead\n    service_level: soon").replace("[price]", "[price, price]")
    findings = lint(text.replace("deal.amount > 5", "deal.amont > 5"), "p.yaml")
    assert [(each.line, each.column, each.severity) for each in findings] == [
        (12, 20, "error"),
        (15, 31, "error"),
        (16, 45, "error"),
    ]
    assert findings[1].message == "`deal` has no `amont`; did you mean `deal.amount`?"


def test_a_bad_declaration_brings_no_complaints_about_the_rules_that_use_it():
    """A rule is not blamed for a field that was declared wrongly."""
    findings = lint(changed("type: money", "type: mony"), "p.yaml")
    assert [each.line for each in findings] == [7]


def _loads_or_complains(text: str) -> None:
    try:
        assert isinstance(load_process(text, "p.yaml"), Process)
    except BadProcess:
        return


WORDS = st.sampled_from(
    ["process", "currency", "EUR", "stages", "outcomes", "id", "check", "deal", "enter", "won", "lost",
     "from", "!x", "&a", "*a", "<<", ": ", "- ", "{", "}", "[", "]", ", ", "\n", "\n  ", "\n    ", "\t",
     "'", '"', "|", ">", "#", "%", "@", "? ", "---", "~", "5d", "10%", "1e999", "\\", "\r", "é", "0" * 400,
     "true", "deal.amount > 5", "say: so: what"]
)  # fmt: skip


@given(st.text(max_size=200))
def test_any_text_gives_a_process_or_a_complaint(text):
    """No text makes the reader fail in another way."""
    _loads_or_complains(text)


@given(st.lists(WORDS, max_size=30).map("".join))
def test_any_heap_of_yaml_gives_a_process_or_a_complaint(text):
    """Neither does text that looks like YAML."""
    _loads_or_complains(text)


@given(st.integers(0, len(GOOD)), st.integers(0, 12), st.lists(WORDS, max_size=3).map("".join))
def test_any_damage_to_a_good_file_gives_a_process_or_a_complaint(start, length, put_in):
    """Neither does a good file with a piece cut out and another put in."""
    _loads_or_complains(GOOD[:start] + put_in + GOOD[start + length :])
