"""The JSON Schema knows exactly the reader's keys, takes every good file, and catches mistakes of shape."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.process.drawing.given import RICH
from tests.process.test_bad_files import BLOCKS
from tools.reference_process import keys_of

from pipeline_engine.errors import BadFile
from pipeline_engine.notation import Written, plain_of, read_tree
from pipeline_engine.process import process_meanings, process_schema
from pipeline_engine.process.load import TOP_KEYS

validators = pytest.importorskip("jsonschema", reason="the schema is checked by a validator of other hands")
CONFIG = Path(__file__).resolve().parents[3] / "config"
SHIPPED = sorted([*CONFIG.glob("processes/*.yaml"), *CONFIG.glob("examples/*/process.yaml")])
# What no schema can see: whether a name is there, what stands twice, what a rule says, how keys fit each other.
BEYOND = re.compile(
    r"there is no |is there twice|one `id` for several|without working hours|`(deal|limits|actor)` has no `"
    r"|the rule |date `2026|does not take|`1e3`|nobody whose data|the default of|is personal and|of many values"
    r"|a rate of `EUR`|Berln|day is out of range|no band asks|`up_to` is|after a higher one|that is not the last"
    r"|is no whole number|asks nothing|says nothing for|`within` is `0d`|names no (choice|stage)|names nobody"
    r"|holds `any`"
    r"|`id` is `moves`|`on_time` in a list|`stay_at_most` is|a length of time; expected a moment|this is a `money`"
    r"|opened twice|carried twice|is no part of CEL"
)


def as_an_editor_reads(text: str) -> Any:
    """The text by the core schema of YAML 1.2."""
    return plain_of(read_tree(Written(text, "p.yaml")))


def complaints(text: str) -> list[str]:
    """What a validator says of a process file."""
    validator = validators.Draft202012Validator(process_schema())
    return [error.message for error in validator.iter_errors(as_an_editor_reads(text))]


def test_the_schema_is_one():
    """It keeps to the dialect it names, and refers to nothing that is not there."""
    validators.Draft202012Validator.check_schema(process_schema())
    text = str(process_schema())
    assert set(re.findall(r"#/\$defs/(\w+)", text)) == set(process_schema()["$defs"])


def test_the_keys_of_the_schema_are_those_of_the_reader():
    """A key that the reader learns is described, and one that it forgets is not; table by table."""
    told = process_meanings()
    top = {table["name"]: table for table in told["tables"]}["process"]
    assert set(top["keys"]) == set(TOP_KEYS)
    for table in told["tables"]:
        if table["name"] != "process":
            own = {name for name, key in table["keys"].items() if not key.get("variant")}
            assert (table["title"], set(keys_of(table["probe"], told["minimal"]))) == (table["title"], own)


def every_key() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each key of the schema with what it says."""
    schema = process_schema()
    for name, table in {"process": schema, **schema["$defs"]}.items():
        if table.get("additionalProperties") is False:
            yield from ((f"{name}.{key}", told) for key, told in table["properties"].items())


def test_every_key_says_what_it_is_for():
    """Title, description and an example, which is what an editor shows."""
    wanted = ("title", "description", "examples")
    assert [name for name, told in every_key() if not all(told[part] for part in wanted)] == []


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_shipped_process_fits(file: Path):
    """What comes with the engine has no mistake of shape."""
    assert complaints(file.read_text(encoding="utf-8")) == []


def test_a_process_with_everything_in_it_fits():
    """So has a file that uses every kind of entry."""
    assert complaints(RICH) == []


@pytest.mark.parametrize(
    "text",
    [
        "process: v\nextends: b2b-saas@3\nfor: {region: [EMEA]}\nremove: [close-date-ahead]\n",
        "process: v\nextends: b2b-saas@3\nfor: {region: EMEA}\nstages: [{id: legal, after: proposal}]\n"
        "replace: {two-meetings: {id: two-meetings, activities: {meeting: 3}}}\n",
    ],
)
def test_a_variant_need_not_say_what_its_base_says(text: str):
    """Only what is different is needed."""
    assert complaints(text) == []


def structural() -> Iterator[Any]:
    """The bad files whose mistake a schema can see, and that are YAML at all."""
    for text, complaint in BLOCKS:
        try:
            as_an_editor_reads(text)
        except BadFile:
            continue
        if not BEYOND.search(complaint.partition("; did you mean")[0]):
            yield pytest.param(text, id=complaint[:60])


@pytest.mark.parametrize("text", list(structural()))
def test_a_mistake_of_shape_is_caught_while_typing(text: str):
    """What the loader refuses for its shape the schema refuses too."""
    assert complaints(text)


@pytest.mark.parametrize(
    "wrong",
    ["curency: EUR", "stages: []", "stages: [{id: won}]", "moves: {back: sometimes}", "deal: {a: {type: choice}}",
     "deal: {a: {type: text, of: [x]}}", "currency: eur", "calendar: {week: mon-fri 9-18}",
     "stages: [{id: a, enter: [{check: a, require: [b], id: c}]}]", "stages: [{id: a, enter: [{check: true}]}]",
     "stages: [{id: a, win_probability: 150%}]", "backdate: {max: 5bd}"],
)  # fmt: skip
def test_the_schema_sees_common_mistakes(wrong: str):
    """The control: each of these makes a good file bad."""
    good = "process: p\ncurrency: EUR\nstages: [{id: a}]\noutcomes: {}\n"
    key = wrong.partition(":")[0]
    assert complaints(good) == []
    assert complaints(re.sub(rf"^{key}: .*\n", "", good, flags=re.MULTILINE) + wrong + "\n")
