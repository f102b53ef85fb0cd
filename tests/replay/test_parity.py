"""One semantics: the columnar path gives the verdicts of the plain one, attempt by attempt, rule by rule."""

from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline_engine.engine import Engine
from pipeline_engine.facts import Clock
from pipeline_engine.process import Judge, load_process
from tests.replay import parts
from tests.replay.lived import STRICT_SALES, Story, in_bulk, story, waiting_story, year
from tests.replay.plain import attempts_of, letters
from tests.replay.rich import CANDIDATES, judge_of

pytestmark = pytest.mark.slow

SOUPS = range(3)
HEALTH = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


def told(chance: Random, length: int, deals: int) -> Engine:
    """The store after a random story."""
    tale = Story.begun()
    for step in story(chance, length, deals):
        tale.tell(step)
    return tale.engine


def same_as_recorded(engine: Engine, name: str, clock: Clock = "version") -> int:
    """Replays every attempt under the version that judged it; how many there were."""
    facts = engine.facts()
    bulk = in_bulk(engine, facts, Judge(engine.process(name, 1)), clock)
    assert bulk == facts.attempts["codes"].to_pylist()
    return len(bulk)


def same_as_plain(engine: Engine, judge: Judge) -> Counter[tuple[str, str]]:
    """Judges every attempt both ways; how often each rule came to each letter."""
    facts = engine.facts()
    seen: Counter[tuple[str, str]] = Counter()
    for (recorded, before), bulk in zip(attempts_of(engine, facts), in_bulk(engine, facts, judge), strict=True):
        plain = letters(recorded, before, judge)
        assert bulk == plain, [*_difference(judge, bulk, plain), recorded]
        seen.update(zip(judge.process.rule_ids, plain, strict=True))
    return seen


def _difference(judge: Judge, bulk: str, plain: str) -> list[object]:
    return [each for each in zip(judge.process.rule_ids, bulk, plain, strict=True) if each[1] != each[2]]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_made_up_year_is_judged_again_as_it_was_judged(seed: int) -> None:
    """Every stored letter of a sales year comes out of the columns again, by both clocks."""
    assert same_as_recorded(year(seed), "b2b-saas") > 500
    assert same_as_recorded(year(seed), "b2b-saas", "known_at") > 500


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_candidate_judges_a_made_up_year_as_the_plain_gate_would(seed: int) -> None:
    """The stricter process gives in columns what it gives deal by deal."""
    seen = same_as_plain(year(seed), Judge(load_process(STRICT_SALES.read_text(), "strict.yaml")))
    assert seen["proposal:contacts:economic_buyer:1", "f"] > 20


@pytest.mark.parametrize("seed", SOUPS)
def test_a_random_story_is_judged_again_as_it_was_judged(seed: int) -> None:
    """Waivers, approvals that lapse or end, reopenings, skips, refused openings: all letters are reproduced."""
    assert same_as_recorded(told(Random(seed), 600, 25), "rich") > 150


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_a_candidate_judges_random_stories_as_the_plain_gate_would(candidate: str) -> None:
    """Every field type, every list with filters, clocks with summer time, people: one verdict by both roads."""
    seen: Counter[tuple[str, str]] = Counter()
    for seed in SOUPS:
        seen += same_as_plain(told(Random(seed), 500, 25), judge_of(candidate))
    rules = judge_of(candidate).process.rule_ids
    # The control: stories in which a rule is never asked, or waived nowhere, would prove nothing.
    assert {rule for rule in rules if seen[rule, "p"] + seen[rule, "f"] + seen[rule, "u"]} >= set(rules) - UNASKED
    assert candidate in ("loose", "other") or sum(seen[rule, "w"] for rule in rules) > 10


LISTS = {
    "rich": ("papers", "by-me", "four:checklist:legal"),
    "strict": ("signed-paper", "not-out", "ticked-since", "four:checklist:legal"),
    "loose": ("done",),
}


@pytest.mark.parametrize("candidate", LISTS)
def test_documents_and_ticks_are_read_from_columns_as_from_the_deal(candidate: str) -> None:
    """Attached, ticked, unticked, ticked again, by whom and when: each such rule passes and fails, both ways alike."""
    seen: Counter[tuple[str, str]] = Counter()
    for seed in (11, 12, 13):
        seen += same_as_plain(told(Random(seed), 600, 25), judge_of(candidate))
    # The control: lists that are always empty would prove nothing.
    assert [(rule, letter) for rule in LISTS[candidate] for letter in "pf" if not seen[rule, letter]] == []


PAUSED = {
    "rich": ("three:stay_at_least:1h", "three:stay_at_least:0.2bd", "three:stay_at_most:3bh", "at-work"),
    "strict": ("three:stay_at_least:3d", "three:stay_at_most:4bd", "three:stay_at_least:8bh", "waits"),
}


@pytest.mark.parametrize("candidate", PAUSED)
def test_what_was_paused_is_left_out_of_columns_as_of_the_deal(candidate: str) -> None:
    """Stays by the clock and in working time of days of uneven length, over pauses with and without an end."""
    seen: Counter[tuple[str, str]] = Counter()
    for seed in (21, 22, 23):
        tale = Story.begun()
        for step in waiting_story(Random(seed), 400):
            tale.tell(step)
        engine = tale.engine
        assert engine.facts().pauses.num_rows > 30
        seen += same_as_plain(engine, judge_of(candidate))
    # The control: rules that always say the same would prove nothing.
    letters = {rule: {letter for letter in "pf" if seen[rule, letter]} for rule in PAUSED[candidate]}
    assert letters == {rule: {"p", "f"} for rule in PAUSED[candidate]}


SHORTHANDS = ("two:documents:nda:within-2d", "two:plan:on-time:legal", "leave:two:stay_at_least:2bh", "passed", "gone",
              "moves:forward", "two:applies", "three:applies")  # fmt: skip


def test_shorthands_are_read_from_columns_as_from_the_deal() -> None:
    """Stages passed by, rules on leaving, recency in working time, bands, the plan, who may: both ways alike."""
    seen: Counter[tuple[str, str]] = Counter()
    for seed in (0, 1, 2):
        seen += same_as_plain(told(Random(seed), 500, 25), parts.JUDGE)
        tale = Story.begun()
        for step in waiting_story(Random(seed), 300):
            tale.tell(step)
        seen += same_as_plain(tale.engine, parts.JUDGE)
    # The control: rules that always say the same would prove nothing.
    assert [(rule, letter) for rule in SHORTHANDS for letter in "pf" if not seen[rule, letter]] == []


# Where the process has none of the stages that the stories go through.
UNASKED = {"moves:forward", "moves:back"}


@settings(max_examples=25, suppress_health_check=HEALTH)
@given(
    chance=st.randoms(use_true_random=False), length=st.integers(1, 12), candidate=st.sampled_from(sorted(CANDIDATES))
)
def test_whatever_happens_the_columns_say_what_the_gate_says(chance: Random, length: int, candidate: str) -> None:
    """The law over all histories, shrunk to the shortest where it is broken."""
    engine = told(chance, length, 2)
    same_as_recorded(engine, "rich")
    same_as_plain(engine, judge_of(candidate))
