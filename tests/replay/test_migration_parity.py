"""A dry run says in columns what the gate says of each deal once it was migrated."""

from collections import Counter
from random import Random

import pytest

from pipeline_engine.deal import Preflight
from pipeline_engine.engine import Engine
from pipeline_engine.process import GATES, Gate, Judge, Process
from pipeline_engine.replay import foreseen
from tests.replay.lived import Story, story
from tests.replay.rich import RICH

pytestmark = pytest.mark.slow

# Another order of stages, one of another name, a stage that only some deals have, changed and unchanged rules.
CHANGES = {
    "stricter": (
        ("limits: {big: 1000", "limits: {big: 400"),
        ("{activities: {meeting: 1}", "{activities: {meeting: 2}"),
    ),
    "renamed": (("  - id: three\n", "  - id: third\n"), ("from: [three, four]", "from: [third, four]")),
    "shorter": (("  - id: two\n", "  - id: two\n    applies: deal.hot\n"), ("zone: Europe/Berlin", "zone: Asia/Tokyo")),
    "limited": (
        ("  - id: three\n    enter:\n", "  - id: three\n    enter:\n      - {owner_deals_at_most: 4}\n"),
        ("  - id: two\n    enter:\n", "  - id: two\n    enter:\n      - {id: busy, check: owner.open_deals < 8}\n"),
        ("  - id: four\n", "  - id: fourth\n"),
        ("from: [three, four]", "from: [three, fourth]"),
    ),
    "same": (("process: rich", "process: rich\ntitle: the same"),),
}
MAPPING = {"renamed": {"three": "third"}, "limited": {"four": "fourth", "one": "two"}}
WORDS = {"fail": "f", "pass": "p", "unknown": "u", "waived": "w", "not asked": "n"}


def told(seed: int, length: int = 400, deals: int = 80) -> Engine:
    """A store after a random story under the rich process."""
    tale = Story.begun()
    for step in story(Random(seed), length, deals):
        tale.tell(step)
    return tale.engine


def published(engine: Engine, change: str) -> Process:
    """The changed process in force."""
    text = RICH
    for old, new in CHANGES[change]:
        assert old in text, old
        text = text.replace(old, new)
    return engine.publish_text(text, "rich.yaml", by="ops").process


def letters(said: Preflight, judge: Judge) -> str:
    """What preflight says, as verdicts are stored."""
    codes = {judged.rule: WORDS[judged.verdict] for judged in said.verdicts}
    return "".join(codes.get(rule, "n") for rule in judge.process.rule_ids)


def gate_of(target: str) -> Gate:
    """By which gate a target is asked for."""
    return GATES[2] if target == "won" else GATES[1]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("seed", [1, 2])
def test_what_a_dry_run_foresees_is_what_the_gate_says_afterwards(change: str, seed: int) -> None:
    """Approvals, waivers, contacts, items, people, clocks: letter by letter, for every open deal."""
    engine = told(seed)
    judge = Judge(published(engine, change))
    mapping = MAPPING.get(change, {})
    said = foreseen(engine.facts(), engine._question("rich", "2", mapping))
    done = engine.migrate("rich", "2", mapping, why="to compare", by="ops")
    assert (done.done, done.kept + done.mapped) == (True, len(said))
    seen: Counter[str] = Counter()
    for deal_id, (target, foretold) in said.items():
        deal = engine.deal(deal_id)
        assert deal.process_version == 2
        after = engine.preflight(deal_id, target, gate_of(target), by=deal.owner or "somebody")
        assert foretold == letters(after, judge), (deal_id, target)
        seen.update(foretold)
    # The control: verdicts that never pass, fail or are unknown would prove nothing.
    assert len(said) > 20
    assert min(seen[letter] for letter in "pfu") > 0


@pytest.mark.parametrize("change", CHANGES)
def test_facts_and_fold_agree_about_every_migrated_deal(change: str) -> None:
    """Stage, version, owner, and since when: the columns have what the deal's own history has."""
    engine = told(3)
    published(engine, change)
    engine.migrate("rich", "2", MAPPING.get(change, {}), why="to compare", by="ops")
    for row in engine.facts().deals.to_pylist():
        deal = engine.deal(row["deal_id"])
        assert (row["process_version"], row["stage"], row["owner"]) == (deal.process_version, deal.stage, deal.owner)
        assert row["entered_at"] == deal.entered_at


def test_approvals_end_in_columns_where_they_end_in_the_deal() -> None:
    """How many a dry run says will end is how many the events name, and some go on."""
    ended, stands = 0, 0
    for seed in range(4, 9):
        engine = told(seed, 300, 30)
        published(engine, "stricter")
        plan = engine.plan_migration("rich", "2")
        engine.migrate("rich", "2", why="to compare", by="ops")
        table = engine.facts().approvals.to_pylist()
        granted = {(r["deal_id"], r["version"]) for r in table if r["event"] in ("granted", "waived")}
        gone = [r for r in table if r["event"] == "ended" and (r["deal_id"], r["seen_version"]) in granted]
        assert sum(each.count for each in plan.ending) == len(gone)
        ended += len(gone)
        stands += sum(g.standing for r in engine.facts().deals.to_pylist() for g in engine.deal(r["deal_id"]).approvals)
    assert ended > 0
    assert stands > 0
