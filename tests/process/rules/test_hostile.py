"""A hostile rule is refused when it is loaded, or costs little: time and memory, measured in processes of their own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.process.rules.generated import VOCABULARY
from tests.process.rules.hostile import HOSTILE, Cost
from tests.process.rules.hostile import VOCABULARY as HOURS

from pipeline_engine.process.rules import Kind, RuleError, compile_expression, compile_rule
from pipeline_engine.process.rules.cost import LONGEST_SOURCE

ROOT = Path(__file__).resolve().parents[3]
# What a rule may cost on a quiet core; machines that do other things as well get ten times as long.
MOST_SECONDS = 0.1
MOST_BYTES = 64 * 2**20
SLACK = 10


@pytest.fixture(scope="module")
def costs() -> dict[str, Cost]:
    """What every hostile rule costs; the run as a whole must end."""
    command = [sys.executable, "-m", "tests.process.rules.hostile", "--json"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=True)
    return {name: Cost(*cost) for name, cost in json.loads(run.stdout).items()}


def test_there_are_many_ways_to_be_hostile():
    """At least forty rules, each within what an author may write or just beyond, and some of them refused."""
    assert len(HOSTILE) >= 40
    assert all(len(source.encode()) < 2 * LONGEST_SOURCE for source in HOSTILE.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_rule_costs_little(costs: dict[str, Cost], name: str):
    """At most 100 ms of one core and 64 MiB to load and to run, on a deal with a thousand of everything."""
    cost = costs[name]
    assert cost.load_seconds + cost.run_seconds <= MOST_SECONDS * SLACK, cost
    assert cost.load_bytes + cost.run_bytes <= MOST_BYTES, cost
    assert len(cost.said) < 400, "a refusal that fills the screen helps nobody"


UNLIMITED = """
import json
from tests.process.rules.hostile import HOSTILE, forked
from pipeline_engine.process.rules import cost
cost.MOST_COST = 10**12
print(json.dumps(forked(HOSTILE["text doubled ten times"])))
"""


def test_a_hostile_rule_that_is_let_through_is_noticed():
    """The control: without the limit on cost, text put together in a loop takes more memory than it may."""
    # In a fork of a small process, for the most that this one has held may be far above it, and is handed down.
    run = subprocess.run([sys.executable, "-c", UNLIMITED], cwd=ROOT, capture_output=True, text=True, check=True)
    before = Cost(*json.loads(run.stdout))
    assert before.run_bytes > MOST_BYTES // 4
    assert before.said == ""


def test_what_the_engine_writes_itself_may_be_longer():
    """Four kibibytes of UTF-8 are for people; a generated rule is bounded by its steps."""
    source = "deal.signed" + " " * (LONGEST_SOURCE - 10)
    with pytest.raises(RuleError, match=f"has {LONGEST_SOURCE + 1} bytes"):
        compile_rule(source, VOCABULARY)
    compile_expression(source, VOCABULARY, Kind.BOOL, written=False)
    with pytest.raises(RuleError, match="bytes"):
        compile_rule("deal.region == '" + "é" * (LONGEST_SOURCE // 2) + "'", VOCABULARY)


def test_half_a_character_is_refused_with_its_place():
    """A lone surrogate cannot be stored, so a rule that holds one is no rule."""
    with pytest.raises(RuleError, match="half a character") as refused:
        compile_rule("deal.region ==\n '\ud800'", VOCABULARY)
    assert (refused.value.line, refused.value.column) == (2, 3)


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("approvals.exists(a, approvals.exists(b, a.role + b.role == ''))", "loops inside loops"),
        ("approvals.exists(a, (a.role + deal.text + deal.other).contains('x'))", "a loop that does too much"),
        ("approvals.map(a, a.role + a.by).map(b, b + b).exists(c, c == '')", "a loop that does too much"),
        ("deal.text.matches('a{900}b{900}c{900}')", "large patterns"),
        ("||".join(["working_days(opened_at, now) > 1.0"] * 20), "much working time"),
    ],
)
def test_what_costs_too_much_says_what_it_is(rule: str, found: str):
    """Loops inside loops, text put together in a loop, and patterns are named apart."""
    with pytest.raises(RuleError) as refused:
        compile_rule(rule, HOURS)
    assert refused.value.found.startswith(found)


@pytest.mark.parametrize(
    "rule",
    [
        "activities.filter(a, a.kind == 'call' && a.at > now - days(9)"
        " && contacts.exists(c, c.role == 'x' && c.id == a.with)).size() >= 2",
        "approvals.exists(a, a.role + ':' + a.by == deal.region) && deal.email.matches('^[^@ ]+@[^@ ]+[.][a-z]{2,}$')",
        "deal.email.lowerAscii().matches('^\\\\pL+@') && contacts.all(c, c.role.lowerAscii().startsWith('e'))",
    ],
)
def test_what_people_write_is_let_through(rule: str):
    """The limits leave room for what processes in the field ask."""
    compile_rule(rule, VOCABULARY)
