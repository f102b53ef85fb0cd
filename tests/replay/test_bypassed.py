"""What the gate would have said of moves that asked none: in columns exactly what the plain gate says deal by deal."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import numpy as np
import pytest

from pipeline_engine import deal as d
from pipeline_engine.engine import Engine
from pipeline_engine.envelope import Recorded
from pipeline_engine.facts import Facts, Instants
from pipeline_engine.process import LETTERS, Judge
from pipeline_engine.replay import WOULD, GateThen, gate_then
from pipeline_engine.replay.bypassed import letters_then
from pipeline_engine.replay.situations import Situations
from pipeline_engine.values import Money, Personal, Value
from tests.replay.lived import Story, story
from tests.replay.plain import attempts_of, letters
from tests.replay.rich import RICH
from tests.replay.small import History, day

TARGETS = ("two", "three", "four", "four", "won", "lost", "reopen", "one")
Row = tuple[int, Recorded, list[Recorded]]


def beside(seed: int, length: int = 500, deals: int = 25, corrected: float = 0.0) -> Engine:
    """A random story in which another system moves the deals as well as the people who ask the gate."""
    chance, tale = Random(seed), Story.begun()
    anybody = "by: [rep, manager, vp]"
    more = f"observed: {{{anybody}}}\ncorrections: {{{anybody}}}\n"
    tale.engine.publish_text(RICH + more, "rich.yaml", by="ops")
    for number, step in enumerate(story(chance, length, deals)):
        tale.tell(step)
        if number >= deals and chance.random() < 0.3:
            after, deal = timedelta(minutes=chance.choice((0, 20, 300))), step[3]["deal_id"]
            told = {"to": chance.choice(TARGETS), "source": "crm", "key": str(number), "reopens": chance.random() < 0.5}
            tale.tell(("observe", after, timedelta(0), {"deal_id": deal, "by": "ann", **told}))
        if number >= deals and chance.random() < corrected:
            which = {"deal_id": step[3]["deal_id"], "version": chance.randrange(1, 12), "by": "eva", "reason": "a slip"}
            verb, what = chance.choice((("void", {}), ("correct_value", {"values": {"amount": "50", "words": "yes"}})))
            tale.tell((verb, timedelta(minutes=1), timedelta(0), {**which, **what}))
    return tale.engine


def past_the_gate(engine: Engine, facts: Facts) -> list[Row]:
    """The rows of `attempts` that asked no gate: place, event, and the deal's events before it."""
    rows = enumerate(attempts_of(engine, facts))
    return [(n, recorded, before) for n, (recorded, before) in rows if _basis(recorded) not in (None, "gate")]


def _basis(recorded: Recorded) -> str | None:
    return getattr(recorded.event, "basis", None)


def then(engine: Engine, facts: Facts) -> GateThen:
    """The columnar answers."""
    opener = engine._store.open_sealed
    return gate_then(Instants(facts, opener), opener)


def in_columns(engine: Engine, facts: Facts, rows: list[Row], judge: Judge) -> list[str]:
    """The letters of those attempts, by columns."""
    opener, places = engine._store.open_sealed, np.array([row[0] for row in rows], np.int64)
    verdicts, _ = letters_then(Situations.of(Instants(facts, opener), places, "known_at", opener), judge)
    return ["".join(LETTERS[code] for code in column) for column in verdicts.T]


def word(judge: Judge, said: str) -> str:
    """What the letters of one attempt come to."""
    asked = {letter for letter, rule in zip(said, judge.process.rules, strict=True) if rule.severity == "block"}
    return "refused" if "f" in asked else "unknown" if "u" in asked else "passed"


@pytest.mark.parametrize(("seed", "corrected"), [(0, 0.0), (1, 0.0), (2, 0.0), (3, 0.4), (4, 0.4)])
def test_of_every_observed_move_the_columns_say_what_the_plain_gate_says(seed: int, corrected: float) -> None:
    """Random stories beside another system, some full of corrections: letter by letter, and the word they come to."""
    engine = beside(seed, corrected=corrected)
    facts, seen, judge = engine._follower.lived(), Counter[str](), Judge(engine.process("rich", 2))
    found = then(engine, facts)
    rows = told_of(engine, found)
    bulk = in_columns(engine, facts, [(n, *row) for n, row in zip(found.attempts.tolist(), rows, strict=True)], judge)
    for place, (recorded, before) in enumerate(rows):
        said = letters(recorded, before, judge)
        assert bulk[place] == said, recorded
        assert WOULD[found.would[place]] == word(judge, said), recorded
        seen[WOULD[found.would[place]]] += 1
    everything = [each for deal in engine._store.streams("deal:") for each in engine._store.events(deal)]
    assert len(rows) == sum(_basis(each) == "source" for each in everything)
    assert bool(corrected) == any(isinstance(each.event, d.CorrectionRecorded) for each in everything)
    # The control: stories in which the gate would say always the same would prove little.
    assert all(seen[would] for would in WOULD), seen
    assert sum(seen.values()) > 30, seen


def told_of(engine: Engine, found: GateThen) -> list[tuple[Recorded, list[Recorded]]]:
    """The events that were judged, each with those of its deal before it."""
    rows = found.table.select(["deal_id", "version"]).to_pylist()
    streams = {row["deal_id"]: engine._store.events(f"deal:{row['deal_id']}") for row in rows}
    return [
        (streams[row["deal_id"]][row["version"] - 1], streams[row["deal_id"]][: row["version"] - 1]) for row in rows
    ]


@pytest.mark.parametrize("seed", range(2))
def test_the_rules_in_the_way_are_those_whose_letters_say_so(seed: int) -> None:
    """A no for every f and a cannot-say for every u of a blocking rule, and nothing else; a u says what is missing."""
    engine = beside(seed)
    facts = engine.facts()
    rows, found, judge = past_the_gate(engine, facts), then(engine, facts), Judge(engine.process("rich", 2))
    wanted = set[tuple[int, str, bool]]()
    for place, (_, recorded, before) in enumerate(rows):
        for rule, letter in zip(judge.process.rules, letters(recorded, before, judge), strict=True):
            if rule.severity == "block" and letter in "fu":
                wanted.add((place, rule.id, letter == "f"))
    told = zip(found.place.tolist(), found.rule.codes.tolist(), found.fails.tolist(), strict=True)
    assert {(place, found.rule.vocabulary[code], fails) for place, code, fails in told} == wanted
    reads = {rule.id: set(rule.reads) for rule in judge.process.rules}
    for row in np.flatnonzero(~found.fails).tolist():
        missing = set(found.because.vocabulary[found.because.codes[row]].split())
        assert missing <= reads[found.rule.vocabulary[found.rule.codes[row]]]


EVIDENCE = (d.FieldsChanged, d.ActivityLogged, d.DocumentAttached)


def imported(seed: int, deals: int = 30) -> History:
    """Histories out of a source that notes things at other times than they happen, and in another order."""
    chance = Random(seed)
    contract = "{activities: {call: 2}}, {id: soon, check: now - opened_at < days(9)}"
    history = History.of(
        "{id: priced, check: deal.amount > 10}", contract, "{id: mailed, check: deal.mail.contains('@')}"
    )
    for number in range(deals):
        deal, stage, at = f"I-{number}", "lead", 0.0
        fields: dict[str, Value] = {"amount": Money.of(chance.choice((5, 50)), "EUR")} if chance.random() < 0.5 else {}
        opened = d.DealOpened(process="small", version=1, stage=stage, basis="source", fields=fields, owner="rep")
        history.imported(deal, opened, at=day(0))
        for _ in range(chance.randrange(1, 12)):
            event, at = _event(chance, stage, deal), at + chance.choice((0, 1, 3))
            stage = event.to_stage if isinstance(event, d.DealMoved) else stage
            when = None if chance.random() < 0.1 else day(at)
            noted = day(at + chance.choice((-2, 2, 5))) if chance.random() < 0.4 else None
            history.imported(deal, event, at=when, noted=noted)
    return history


def _event(chance: Random, stage: str, deal: str) -> Any:
    to = chance.choice([each for each in ("lead", "offer", "contract") if each != stage])
    return chance.choice(
        (
            d.DealMoved(from_stage=stage, to_stage=to, basis="source"),
            d.DealMoved(from_stage=stage, to_stage=to, basis="source"),
            d.FieldsChanged(set={"amount": Money.of(chance.choice((5, 50)), "EUR")}),
            d.FieldsChanged(set={"mail": Personal(f"deal:{deal}", chance.choice(("a@b", "none")))}),
            d.FieldsChanged(cleared=("amount",)),
            d.ActivityLogged(kind="call"),
        )
    )


def known_then(recorded: Recorded, stream: list[Recorded]) -> list[Recorded]:
    """The deal's events as its source knew them at a move: evidence by when it was noted, the rest by its place."""
    at = recorded.envelope.at
    kept = [each for each in stream if _counts(each, recorded, at)]
    return [replace(each, version=number) for number, each in enumerate(kept, 1)]


def _counts(each: Recorded, recorded: Recorded, at: datetime | None) -> bool:
    noted = each.envelope.source_recorded_at or each.envelope.at
    if at is None or noted is None or not isinstance(each.event, EVIDENCE):
        return each.version < recorded.version
    return noted <= at


@pytest.mark.parametrize("seed", range(4))
def test_an_imported_move_is_judged_on_what_its_source_knew_then(seed: int) -> None:
    """Evidence noted late or early, without a date, cleared, in any order: as a fold of what counted then."""
    history = imported(seed)
    engine, facts = history.engine, history.facts
    judge, seen = Judge(engine.process("small", 1)), Counter[str]()
    rows = [row for row in past_the_gate(engine, facts) if row[1].envelope.at is not None]
    for (_, recorded, _), bulk in zip(rows, in_columns(engine, facts, rows, judge), strict=True):
        said = letters(recorded, known_then(recorded, engine._store.events(recorded.stream)), judge)
        assert bulk == said, (recorded, judge.process.rule_ids)
        seen.update(said)
    assert min(seen[letter] for letter in "pfu") > 5, seen


def test_a_list_that_no_import_brings_makes_no_refusal() -> None:
    """A source without a single call says nothing of calls; one call in another deal, and nobody can hide behind it."""
    silent = History.of("{activities: {call: 1}}")
    opened = d.DealOpened(process="small", version=1, stage="lead", basis="source", owner="rep")
    moved = d.DealMoved(from_stage="lead", to_stage="offer", basis="source")
    silent.imported("A", opened, at=day(0)).imported("A", moved, at=day(2))
    assert [WOULD[code] for code in then(silent.engine, silent.facts).would] == ["passed", "unknown"]
    silent.imported("B", opened, d.ActivityLogged(kind="call"), moved, at=day(3))
    words = [WOULD[code] for code in then(silent.engine, silent.facts).would]
    assert words == ["passed", "refused", "passed", "passed"]


def test_stages_and_versions_that_are_not_there_are_never_judged() -> None:
    """A move between stages that the version does not have, and a version that nobody published: not known."""
    history = History.of("{id: never, check: deal.amount > deal.amount}")
    for deal, version, to in (("A", 1, "closing"), ("B", 7, "offer")):
        opened = d.DealOpened(process="small", version=version, stage="lead", basis="source")
        history.imported(deal, opened, d.DealMoved(from_stage="lead", to_stage=to, basis="source"), at=day(1))
    found = then(history.engine, history.facts)
    assert [WOULD[code] for code in found.would] == ["passed", "unknown", "unknown", "unknown"]
    assert [found.because.vocabulary[code] for code in found.because.codes] == ["stages", "process", "process"]
    assert (found.rule.codes < 0).all()
