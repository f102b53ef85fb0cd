"""Whatever comes in by a door is taken, or refused by an error of ours that says why; in time, and in little memory."""

import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pipeline_engine.errors import PipelineError
from tests.exchange.given import EVENTS as CSV_MAPPING
from tests.exchange.test_xes import LOG
from tests.hostile.doors import CASES, DOORS, PAYLOAD, PEOPLE, SHOP, Cost, warm
from tests.hostile.inputs import HEAD, HOSTILE, LINE, TAKEN

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
# What an input may cost on a quiet core; machines that do other things as well get ten times as long. YAML is read in
# Python: a file of more than a few kilobytes gets a little longer for each, up to the 256 of the largest there may be.
MOST_SECONDS = 0.1
SECONDS_A_KILOBYTE = 0.004
MOST_BYTES = 64 * 2**20
SLACK = 10
WRITTEN = ("process", "people", "mapping", "cases")


@pytest.fixture(scope="module")
def costs() -> dict[str, Cost]:
    """What every hostile input costs; the run as a whole must end."""
    command = [sys.executable, "-m", "tests.hostile.doors", "--json"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    return {name: Cost(*cost) for name, cost in json.loads(run.stdout).items()}


def allowed(name: str) -> float:
    """Seconds that an input may take on a quiet core."""
    door, given = HOSTILE[name]
    size = len(given) if door in WRITTEN else 0
    return MOST_SECONDS + SECONDS_A_KILOBYTE * size / 1_024


def test_there_are_many_ways_to_be_hostile() -> None:
    """At least a hundred inputs beside the hostile rules, at every door."""
    assert len(HOSTILE) >= 200
    assert {door for door, _ in HOSTILE.values()} == set(DOORS)
    assert set(HOSTILE) >= TAKEN


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_input_is_refused_in_words_and_costs_little(costs: dict[str, Cost], name: str) -> None:
    """No crash, 100 ms of one core and 64 MiB at most, and one line that says what is wrong."""
    cost = costs[name]
    assert cost.broke == ""
    assert cost.seconds <= allowed(name) * SLACK, cost
    assert cost.bytes <= MOST_BYTES, cost
    assert bool(cost.said) is (name not in TAKEN), cost
    assert len(cost.said) < 600, "a refusal that fills the screen helps nobody"
    assert cost.said.isprintable(), "a refusal is one line that every terminal shows"


BREAKING = """
import json
from time import process_time
from tests.hostile import doors
def spin(_):
    until = process_time() + 0.3
    while process_time() < until: pass
found = {}
for name, door in (("error", lambda text: text[9]), ("memory", lambda text: b"x" * 2**27 and None), ("time", spin)):
    doors.DOORS["process"] = door
    found[name] = doors.forked("process", "")
print(json.dumps(found))
"""


def test_control_what_breaks_or_takes_too_much_is_noticed() -> None:
    """Control: an error of another kind is told as such, and time and memory that are taken are counted."""
    run = subprocess.run([sys.executable, "-c", BREAKING], cwd=ROOT, capture_output=True, text=True, check=True)
    found = {name: Cost(*cost) for name, cost in json.loads(run.stdout).items()}
    assert found["error"].broke.startswith("IndexError")
    assert found["memory"].bytes > MOST_BYTES
    assert found["time"].seconds > MOST_SECONDS


GOOD: dict[str, str] = {
    "process": SHOP, "people": PEOPLE, "mapping": CSV_MAPPING, "cases": CASES, "csv": HEAD + LINE * 5, "xes": LOG,
    "row": PAYLOAD.decode(), "columns": PAYLOAD.decode(),
}  # fmt: skip
PIECES = (
    "\x00", "\n", "\r", '"', "'", ",", ":", "- ", "{", "}", "[", "]", "<", ">", "&", "&#0;", "*a", "&a ", "!!x ",
    "<<: ", "9" * 400, "1e999999", "-1", "nan", "null", "true", "\u202e", "\ud800", "é", "\U0001f600",
    "\\u0000", "\\ud800",    "<![CDATA[", "<!DOCTYPE a>", '{"sealed":{}}', '{"money":1}',
    "2026-02-30", "9999-12-31", "T25:00", "+99:99",
)  # fmt: skip


def twisted(text: str, random: Random) -> str:
    """The text with a few pieces taken out, doubled, moved or put in."""
    for _ in range(random.randint(1, 4)):
        a, b = sorted(random.randrange(len(text) + 1) for _ in range(2))
        b = min(b, a + 40)
        text = random.choice(
            (
                text[:a] + text[b:],
                text[:b] + text[a:b] + text[b:],
                text[:a] + random.choice(PIECES) + text[a:],
                text[:a] + random.choice(PIECES) + text[b:],
                text[: max(a, 1)],
            )
        )
    return text


def said_to(door: str, text: str) -> str:
    """What is said of a text at a door, nothing where it is taken; anything but an error of ours is raised."""
    given: Any = text.encode("utf-8", "replace") if door in ("row", "columns") else text
    try:
        DOORS[door](given)
    except PipelineError as refused:
        return str(refused)
    return ""


@pytest.mark.parametrize("door", GOOD)
@pytest.mark.parametrize(
    ("number", "seed"),
    [pytest.param(150, 18, id="150"), pytest.param(10_000, 180, id="10000", marks=pytest.mark.soak)],
)
def test_what_is_nearly_right_is_taken_or_refused(door: str, number: int, seed: int) -> None:
    """Good files and rows with pieces changed by chance: never another error than ours."""
    print(f"seed {seed}")  # noqa: T201 -- a random test says its seed
    warm()
    random = Random(f"{seed}-{door}")
    for nth in range(number):
        text = twisted(GOOD[door], random)
        try:
            said = said_to(door, text)
        except Exception as error:
            error.add_note(f"{door} number {nth} of seed {seed}: {text!r}")
            raise
        assert said == "" or said.isprintable(), (nth, text)
