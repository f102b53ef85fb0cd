"""Had this process been in force, what would have been different?

Pure: the same log position, candidate and question give the same answer, byte for byte. What it may never claim is
that a refused deal would have been lost, or that nobody would have complied.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline_engine.errors import UnknownProcess
from pipeline_engine.facts import NOWHEN, Facts, Instants, Open, Words
from pipeline_engine.process import Judge, Process
from pipeline_engine.replay.baseline import Baseline, as_recorded, as_replayed
from pipeline_engine.replay.classify import CODE, Judged, classify
from pipeline_engine.replay.effects import DAY, Effects, Worth, approval_waits
from pipeline_engine.replay.fidelity import control
from pipeline_engine.replay.held import held
from pipeline_engine.replay.knowable import weighed
from pipeline_engine.replay.report import CHANGES, Backtest, Change, Example, RuleEffect
from pipeline_engine.replay.situations import Situations
from pipeline_engine.replay.slips import slips
from pipeline_engine.replay.verdicts import fits
from pipeline_engine.store import Progress, quiet
from pipeline_engine.values import Money

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
EXAMPLES = 5
STEPS = 5
TOUCHED: tuple[Change, ...] = ("newly_refused", "newly_needs_approval", "newly_allowed")


@dataclass(frozen=True, slots=True)
class Question:
    """`baseline` is `name@version`, None for the version that judged each move; `open_sealed` opens personal values."""

    baseline: str | None = None
    open_sealed: Open | None = None


def backtest(facts: Facts, candidate: Process, question: Question, told: Progress = quiet) -> Backtest:
    """
    Replay every attempt on deals of the candidate's process under the candidate.

    Args:
        facts: The history as it was lived, at the moment it is asked about.
        candidate: The process to try; its name says which deals.
        told: Told after each of the steps.

    Raises:
        UnknownProcess: No deal ran under that process, or the baseline was never published.
    """
    instants = Instants(facts, question.open_sealed)
    attempts = _attempts(facts, candidate)
    judge = Judge(candidate)
    told(0, STEPS)
    situations = Situations.of(instants, attempts, "known_at", question.open_sealed)
    told(1, STEPS)
    before = as_replayed(situations, judge, question.baseline) if question.baseline else as_recorded(situations, judge)
    told(2, STEPS)
    found = _found(situations, judge, before)
    told(3, STEPS)
    effects = _effects(situations, judge, found)
    rules = tuple(effects.of(number, rule) for number, rule in enumerate(candidate.rules))
    waits = approval_waits(facts)
    told(4, STEPS)
    return Backtest(
        candidate=candidate.label, candidate_digest=candidate.digest, baseline=_label(before.process, question),
        position=facts.position, events=facts.position,
        fidelity=control(instants, attempts, question.open_sealed), attempts=len(attempts),
        counts={change: int((found.changes == CODE[change]).sum()) for change in CHANGES}, rules=rules, waits=waits,
        slips=slips(effects, candidate, found.changes == CODE["newly_needs_approval"], waits),
        at_stake={change: effects.worth.at_stake(found.changes == CODE[change]) for change in TOUCHED},
        cannot_know=_cannot_know(rules, situations, found), examples=tuple(_examples(found, effects.worth)),
    )  # fmt: skip


@dataclass(frozen=True)
class _Found:
    """The attempts, what the candidate says of them and what was before, and the word for each."""

    situations: Situations
    candidate: Process
    now: Judged
    before: Baseline
    changes: npt.NDArray[np.int8]
    fits: Mask


def _found(situations: Situations, judge: Judge, before: Baseline) -> _Found:
    now, known = weighed(situations, judge, before.recorded), fits(situations, judge) & before.fits
    changes = np.where(known, classify(now, before), CODE["not_knowable"]).astype(np.int8)
    return _Found(situations, judge.process, now, before, changes, known)


def _attempts(facts: Facts, candidate: Process) -> Ints:
    names = Words.of(facts.attempts["process"])
    rows = np.arange(facts.attempts.num_rows) if facts.lived is None else facts.lived.attempts
    attempts = rows[names.is_any(candidate.name)[rows]]
    if not len(attempts):
        known = sorted({word for word in names.vocabulary if word})
        raise UnknownProcess(candidate.name, known, "this history")
    return attempts


def _effects(situations: Situations, judge: Judge, found: _Found) -> Effects:
    stops = found.now.stops & found.before.accepted & found.before.fits
    known = situations.now[situations.now != NOWHEN]
    span = int(known.max() - known.min()) if len(known) else 0
    worth = Worth.of(situations.instants, situations.attempts)
    return Effects(found.now, found.before, held(situations, judge, stops), worth, span / (7 * DAY))


def _label(process: Process | None, question: Question) -> str:
    if question.baseline is not None or process is None:
        return question.baseline or "none"
    return f"{process.label}, as it was in force at each move"


def _cannot_know(rules: tuple[RuleEffect, ...], situations: Situations, found: _Found) -> tuple[str, ...]:
    notes = ["whether people would have adapted: refused deals are not said to be lost, nor late ones never to comply"]
    notes += [
        f"`{rule.rule}` on {rule.not_knowable:,} attempts: what it reads was not asked for then, or came in without"
        for rule in rules
        if rule.not_knowable
    ]
    counted = (
        (~found.fits, "attempts between stages that the candidate, or the baseline, does not have"),
        (situations.now == NOWHEN, "attempts whose time nobody noted: rules of time are unknown there"),
        (
            _after_being_held(situations, found),
            "newly allowed attempts: whether they would have come, for their deals were held",
        ),
    )
    return (*notes, *(f"{int(mask.sum()):,} {what}" for mask, what in counted if mask.any()))


def _after_being_held(situations: Situations, found: _Found) -> Mask:
    """Newly allowed attempts of deals that the candidate would have held before; attempts stand in stream order."""
    stopping = (found.changes == CODE["newly_refused"]) | (found.changes == CODE["newly_needs_approval"])
    deal = situations.facts.real("attempts")[situations.attempts]
    first = np.full(int(np.max(deal, initial=0)) + 1, len(deal), np.int64)
    np.minimum.at(first, deal[stopping], np.flatnonzero(stopping))
    allowed = found.changes == CODE["newly_allowed"]
    return np.asarray(allowed & (np.arange(len(deal)) > first[deal]), dtype=np.bool_)


def _examples(found: _Found, worth: Worth) -> Iterator[Example]:
    """The worst by value of every kind of change, largest first; ties by deal, then version."""
    for change in CHANGES[1:]:
        places = np.flatnonzero(found.changes == CODE[change])
        worst = places[np.lexsort((places, -worth.value[places].astype(np.float64)))][:EXAMPLES]
        for place in worst.tolist():
            yield _example(found, worth, change, place)


def _example(found: _Found, worth: Worth, change: Change, place: int) -> Example:
    row, table = int(found.situations.attempts[place]), found.situations.facts.attempts
    now = found.now
    named = now.unmet[:, place] & (now.blocking | now.warning)
    value, currency = int(worth.value[place]), worth.currency.codes[place]
    became = worth.became.codes[place]
    return Example(
        change=change, deal=table["deal_id"][row].as_py(), version=table["version"][row].as_py(),
        at=table["at"][row].as_py(), to=table["to_stage"][row].as_py(),
        rules=tuple(rule.id for rule, unmet in zip(found.candidate.rules, named, strict=True) if unmet),
        value=Money(value, worth.currency.vocabulary[currency]) if value != NOWHEN and currency >= 0 else None,
        became=worth.became.vocabulary[became] if became >= 0 else "never opened",
    )  # fmt: skip
