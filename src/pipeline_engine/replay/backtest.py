"""Had this process been in force, what would have been different?

Pure: the same log position, candidate and question give the same answer, byte for byte. What it may never claim is
that a refused deal would have been lost, or that nobody would have complied.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from pipeline_engine.errors import UnknownProcess
from pipeline_engine.facts import NOWHEN, Facts, Instants, Open, Words, ints
from pipeline_engine.process import FAIL, NOT_ASKED, UNKNOWN, Judge, Process
from pipeline_engine.replay.classify import CODE, Judged, classify
from pipeline_engine.replay.effects import DAY, Effects, Worth, approval_waits
from pipeline_engine.replay.fidelity import control, versions_in
from pipeline_engine.replay.held import held
from pipeline_engine.replay.knowable import unknowable
from pipeline_engine.replay.report import CHANGES, ApprovalWait, Backtest, Example, RuleEffect, Slip
from pipeline_engine.replay.situations import Situations
from pipeline_engine.replay.verdicts import Matrix, fits, from_letters, judged
from pipeline_engine.values import Money, moment_at

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Question:
    """`baseline` is `name@version`, None for the version that judged each move; `open_sealed` opens personal values."""

    baseline: str | None = None
    open_sealed: Open | None = None


@dataclass(frozen=True)
class _Then:
    """What happened: accepted or not, and for the candidate's rules what the same rule said, in the baseline."""

    accepted: Mask
    codes: Matrix
    stopped: Matrix
    process: Process | None


def backtest(facts: Facts, candidate: Process, question: Question) -> Backtest:
    """
    Replay every attempt on deals of the candidate's process under the candidate.

    Args:
        facts: The history, at the moment it is asked about.
        candidate: The process to try; its name says which deals.

    Raises:
        UnknownProcess: No deal ran under that process, or the baseline was never published.
    """
    instants = Instants(facts, question.open_sealed)
    attempts = _attempts(facts, candidate)
    judge = Judge(candidate)
    situations = Situations.of(instants, attempts, "known_at", question.open_sealed)
    then = _then(situations, judge, question)
    now = _judged(situations, judge, then)
    changes = classify(now, then.accepted, then.stopped, then.stopped.astype(bool))
    changes = np.where(fits(situations, judge), changes, CODE["not_knowable"]).astype(np.int8)
    effects = _effects(situations, judge, now, then)
    worth = effects.worth
    rules = tuple(effects.of(number, rule, then.process) for number, rule in enumerate(candidate.rules))
    waits = approval_waits(facts)
    return Backtest(
        candidate=candidate.label, candidate_digest=candidate.digest, baseline=_label(then.process, question),
        position=facts.position, events=facts.position,
        fidelity=control(instants, attempts, question.open_sealed), attempts=len(attempts),
        counts={change: int((changes == CODE[change]).sum()) for change in CHANGES}, rules=rules, waits=waits,
        slips=_slips(situations, worth, (changes, now), waits), cannot_know=_cannot_know(rules, situations),
        examples=tuple(_examples(situations, worth, (changes, now), candidate)),
    )  # fmt: skip


def _attempts(facts: Facts, candidate: Process) -> Ints:
    names = Words.of(facts.attempts["process"])
    attempts = np.flatnonzero(names.is_any(candidate.name))
    if not len(attempts):
        known = sorted({word for word in names.vocabulary if word})
        raise UnknownProcess(candidate.name, known, "this history")
    return attempts


def _then(situations: Situations, judge: Judge, question: Question) -> _Then:
    instants, attempts = situations.instants, situations.attempts
    accepted, processes = situations.accepted(), instants.facts.processes
    codes = np.full((len(judge.process.rules), len(attempts)), NOT_ASKED, np.int8)
    blocking = np.zeros(codes.shape, np.bool_)
    latest: Process | None = None
    if question.baseline is not None:
        latest = _published(processes, question.baseline)
        replayed = judged(situations, Judge(latest))
        accepted = ~_blocked(latest, replayed)
        codes, blocking = _aligned(judge, latest, replayed, codes.shape)
        return _Then(accepted, codes, _stopped(codes, blocking), latest)
    letters = Words.of(instants.facts.attempts["codes"]).take(attempts)
    for name, version, places in versions_in(instants, attempts):
        process = processes.get((name, version))
        if process is not None:
            latest = process if latest is None or process.version >= latest.version else latest
            recorded = from_letters(letters.vocabulary, letters.codes[places], len(process.rules))
            codes[:, places], blocking[:, places] = _aligned(judge, process, recorded, (len(codes), len(places)))
    return _Then(accepted, codes, _stopped(codes, blocking), latest)


def _published(processes: Mapping[tuple[str, int], Process], baseline: str) -> Process:
    name, _, version = baseline.partition("@")
    known = [f"{n}@{v}" for n, v in sorted(processes)]
    found = processes.get((name, int(version))) if version.isdecimal() else None
    if found is None:
        raise UnknownProcess(baseline, known)
    return found


def _blocked(process: Process, verdicts: Matrix) -> Mask:
    blocking = np.array([rule.severity == "block" for rule in process.rules], np.bool_)
    return np.asarray((((verdicts == FAIL) | (verdicts == UNKNOWN)) & blocking[:, None]).any(axis=0), dtype=np.bool_)


def _aligned(judge: Judge, process: Process, verdicts: Matrix, shape: tuple[int, int]) -> tuple[Matrix, Mask]:
    """The verdicts of a baseline in the candidate's order of rules; a rule it did not have was not asked."""
    codes, blocking = np.full(shape, NOT_ASKED, np.int8), np.zeros(shape, np.bool_)
    for number, rule in enumerate(process.rules):
        mine = judge.index.get(rule.id)
        if mine is not None:
            codes[mine], blocking[mine] = verdicts[number], rule.severity == "block"
    return codes, blocking


def _stopped(codes: Matrix, blocking: Mask) -> Matrix:
    return np.asarray(((codes == FAIL) | (codes == UNKNOWN)) & blocking, dtype=np.int8)


def _judged(situations: Situations, judge: Judge, then: _Then) -> Judged:
    rules = judge.process.rules
    verdicts = judged(situations, judge)
    return Judged(
        verdicts=verdicts,
        blocking=np.array([rule.severity == "block" for rule in rules], np.bool_),
        warning=np.array([rule.severity == "warn" for rule in rules], np.bool_),
        approval=np.array([rule.approval is not None for rule in rules], np.bool_),
        unknowable=unknowable(situations, judge, verdicts, then.codes),
    )


def _effects(situations: Situations, judge: Judge, now: Judged, then: _Then) -> Effects:
    stops = now.stops & then.accepted
    known = situations.now[situations.now != NOWHEN]
    span = int(known.max() - known.min()) if len(known) else 0
    worth = Worth.of(situations.instants, situations.attempts)
    return Effects(now, then.accepted, held(situations, judge, stops), worth, span / (7 * DAY))


def _label(process: Process | None, question: Question) -> str:
    if question.baseline is not None or process is None:
        return question.baseline or "none"
    return f"{process.label}, as it was in force at each move"


def _slips(
    situations: Situations, worth: Worth, outcome: tuple[npt.NDArray[np.int8], Judged], waits: tuple[ApprovalWait, ...]
) -> Slip:
    """Won deals with a new approval whose recorded median wait carries the closing into another quarter."""
    changes, _ = outcome
    days = max((wait.median_days for wait in waits if wait.median_days is not None), default=None)
    places = np.flatnonzero((changes == CODE["newly_needs_approval"]) & worth.became.is_any("won"))
    if days is None or not len(places):
        return Slip(0, ())
    row = situations.instants.deal_row(situations.probes.take(places))
    closed = ints(situations.facts.deals["closed_at"])[row]
    slipped = [
        p for p, at in zip(places.tolist(), closed.tolist(), strict=True) if at != NOWHEN and _slips_out(at, days)
    ]
    chosen = np.zeros(len(changes), np.bool_)
    chosen[slipped] = True
    stake = worth.at_stake(chosen)["won"]
    return Slip(stake.deals, stake.values)


def _slips_out(closed: int, days: float) -> bool:
    before, after = moment_at(closed), moment_at(closed) + timedelta(days=days)
    return (before.year, (before.month - 1) // 3) != (after.year, (after.month - 1) // 3)


def _cannot_know(rules: tuple[RuleEffect, ...], situations: Situations) -> tuple[str, ...]:
    notes = ["whether people would have adapted: refused deals are not said to be lost, nor late ones never to comply"]
    notes += [
        f"`{rule.rule}` on {rule.not_knowable:,} attempts: what it asks for was not asked for then"
        for rule in rules
        if rule.not_knowable
    ]
    undated = int((situations.now == NOWHEN).sum())
    if undated:
        notes.append(f"rules of time on {undated:,} attempts whose time nobody noted")
    return tuple(notes)


def _examples(
    situations: Situations, worth: Worth, outcome: tuple[npt.NDArray[np.int8], Judged], candidate: Process
) -> Iterator[Example]:
    """The worst by value of every kind of change, largest first; ties by deal, then version."""
    changes, now = outcome
    for change in CHANGES[1:]:
        places = np.flatnonzero(changes == CODE[change])
        worst = places[np.lexsort((situations.attempts[places], -worth.value[places].astype(np.float64)))][:EXAMPLES]
        for place in worst.tolist():
            yield _example(situations, worth, (now, candidate), (CHANGES.index(change), place))


def _example(situations: Situations, worth: Worth, by: tuple[Judged, Process], what: tuple[int, int]) -> Example:
    (now, candidate), (change, place) = by, what
    row = int(situations.attempts[place])
    table = situations.facts.attempts
    named = now.unmet[:, place] & (now.blocking | now.warning)
    value, currency = int(worth.value[place]), worth.currency.codes[place]
    became = worth.became.codes[place]
    return Example(
        change=CHANGES[change], deal=table["deal_id"][row].as_py(), version=table["version"][row].as_py(),
        at=table["at"][row].as_py(), to=table["to_stage"][row].as_py(),
        rules=tuple(rule.id for rule, unmet in zip(candidate.rules, named, strict=True) if unmet),
        value=Money(value, worth.currency.vocabulary[currency]) if value != NOWHEN and currency >= 0 else None,
        became=worth.became.vocabulary[became] if became >= 0 else "never opened",
    )  # fmt: skip
