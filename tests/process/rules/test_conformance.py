"""The conformance vectors of CEL: the reference answer, or a refusal at load that a person understands."""

import re
from collections import Counter
from pathlib import Path

import pytest
from tests.process.rules.conformance import unsupported_page
from tests.process.rules.conformance.asking import NEEDS, REFUSED, SAME, WRONG, Outcome, asked, outcome
from tests.process.rules.conformance.textproto import parse
from tests.process.rules.conformance.vectors import Vector, held_value, literal, vectors
from tools.reference import FOLDER

from pipeline_engine.process.rules.compute import numbers

# What only a checker or a programmer would say.
JARGON = re.compile(
    r"INVALID_ARGUMENT|overload|undeclared|Syntax error|comprehension|select operation|struct|identifier"
    r"|google\.|rule\.|T%"
)


@pytest.fixture(scope="module")
def outcomes(shared_data: Path) -> list[Outcome]:
    """What became of every vector; skipped where the vectors are not beside the project."""
    folder = shared_data / "cel_conformance"
    if not folder.is_dir():
        pytest.skip(f"the conformance vectors are not there: no folder {folder}")
    return unsupported_page.outcomes(folder)


def test_no_vector_gets_another_answer_than_the_reference(outcomes: list[Outcome]):
    """Every vector gives the reference answer, from literals and from columns, or is refused."""
    counts = Counter(each.what for each in outcomes)
    assert [(each.vector.name, each.why) for each in outcomes if each.what == WRONG] == []
    assert set(counts) == {SAME, REFUSED, NEEDS}
    # The vectors as of commit 508bd98; fewer that run, or fewer read, is a loss.
    assert counts.total() == 2_456
    assert counts[SAME] >= 442


def test_the_page_of_the_unsupported_is_what_the_run_gives(outcomes: list[Outcome]):
    """docs/reference/rules-unsupported.md counts and lists exactly what was refused."""
    page = (FOLDER / "rules-unsupported.md").read_text(encoding="utf-8")
    assert page == unsupported_page.page_of(outcomes)


def test_every_refusal_is_a_clear_sentence(outcomes: list[Outcome]):
    """What was found and what was expected, or the nearest name, in the words of a process file."""
    said = {(each.found, each.expected) for each in outcomes if each.what == REFUSED}
    assert len(said) > 100
    for found, expected in said:
        assert not JARGON.search(found + expected), (found, expected)
        assert not found.endswith("."), found
        assert expected or "there is no" in found, found


def test_a_wrong_evaluator_is_found(outcomes: list[Outcome], monkeypatch: pytest.MonkeyPatch):
    """The control: with a `%` that follows the divisor's sign, a vector that ran gets another answer."""
    ran = [each.vector for each in outcomes if each.what == SAME and each.vector.file == "integer_math"]
    wrong = {**numbers._WHOLE, "_%_": lambda left, right: (left % right, right == 0)}
    monkeypatch.setattr(numbers, "_WHOLE", wrong)
    assert WRONG in {outcome(vector).what for vector in ran}
    with pytest.raises(ValueError, match="another answer"):
        unsupported_page.page_of([outcome(vector) for vector in ran])


def test_the_text_format_is_read_as_protobuf_reads_it():
    """Names, nested messages, lists, joined and escaped texts, and comments."""
    read = parse("a: 1 b { c: 'x' \"\\103\\x44\\u00e9\" } a: [2, -inf] # more\n[pkg.T/x.Y]: { }; d: TRUE")
    assert read == {
        "a": ["1", "2", "-inf"],
        "b": [{"c": ["xCDé".encode()]}],
        "[pkg.T/x.Y]": [{}],
        "d": ["TRUE"],
    }
    for broken in ("a: }", "a: 1 }", "a: §"):
        with pytest.raises(ValueError, match="`"):
            parse(broken)


def test_a_vector_is_read_with_its_variables(tmp_path: Path):
    """A variable becomes a field of the deal, in the expression and not inside a text."""
    (tmp_path / "small.textproto").write_text(
        """section { name: "s" test { name: "t" expr: "x.y + 1 == 2 && 'x.y' != x" value { bool_value: true }
        type_env { name: "x.y" ident { type { primitive: INT64 } } }
        bindings { key: "x.y" value { value { int64_value: 1 } } }
        bindings { key: "x" value { value { string_value: "" } } } } }""",
        encoding="utf-8",
    )
    (vector,) = vectors(tmp_path)
    assert vector.name == "small/s/t"
    assert asked(vector)[2] == "deal.x_y + 1 == 2 && 'x.y' != deal.x"
    assert outcome(vector).what == SAME


def test_an_answer_that_must_be_an_error_is_unknown():
    """What fails in the reference is unknown, also where it is no truth."""
    assert outcome(Vector("f", "f/s/t", "1 / 0", {})).what == SAME
    assert outcome(Vector("f", "f/s/t", "1 / 1", {})).what == WRONG


def test_values_of_vectors_are_said_in_cel():
    """Moments, lengths of time, text and lists as they are written in a rule and held in a row."""
    moment = {
        "object_value": [{"[type.googleapis.com/google.protobuf.Timestamp]": [{"seconds": ["1"], "nanos": ["5000"]}]}]
    }
    span = {"object_value": [{"[type.googleapis.com/google.protobuf.Duration]": [{"seconds": ["-2"]}]}]}
    assert literal(moment) == "timestamp('1970-01-01T00:00:01.000005Z')"
    assert literal(span) == "duration('-2000000us')"
    assert literal({"list_value": [{"values": [{"string_value": ["é'".encode()]}]}]}) == "['\\U000000e9\\'']"
    assert held_value(span).total_seconds() == -2.0
