"""What each rule of the candidate did to history: stopped, complied later, never, and what was at stake."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt

from pipeline_engine.facts import NOWHEN, Facts, Instants, Words, exact_sum, ints
from pipeline_engine.process import FAIL, NOT_ASKED, PASS, UNKNOWN, WAIVED, Process, Rule
from pipeline_engine.replay.baseline import Baseline
from pipeline_engine.replay.classify import Judged
from pipeline_engine.replay.held import NEVER, UNTIMED, Held
from pipeline_engine.replay.report import ApprovalWait, AtStake, RuleEffect
from pipeline_engine.views import Amounts, kaplan_meier, quantile

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
FEWEST_WEEKS = 2  # below which a rate a week says nothing
DAY = timedelta(days=1) // timedelta(microseconds=1)


@dataclass(frozen=True)
class Worth:
    """Per attempt: the deal's value when it was made, what became of the deal, which it is, and when it closed."""

    value: Ints
    currency: Words
    became: Words
    deal: Ints
    closed: Ints

    @classmethod
    def of(cls, instants: Instants, attempts: Ints) -> "Worth":
        """Read off the attempts; a deal that was merged or never opened counts as open."""
        facts = instants.facts
        table = facts.attempts
        deal = facts.real("attempts")[attempts]
        proposal = instants.at_attempts().proposal[attempts]
        row = np.where(proposal < 0, instants.deal_rows()[deal], -1)
        return cls(
            value=ints(table["value"])[attempts], currency=Words.of(table["currency"]).take(attempts),
            became=Words.of(facts.deals["status"]).take(row), deal=deal,
            closed=np.append(ints(facts.deals["closed_at"]), NOWHEN)[row],
        )  # fmt: skip

    def at_stake(self, chosen: Mask) -> Mapping[str, AtStake]:
        """The deals behind the chosen attempts, each once by its first one, by what became of them."""
        places = np.flatnonzero(chosen)
        _, first = np.unique(self.deal[places], return_index=True)
        places = places[first]
        became = {word: self.became.is_any(word)[places] for word in ("won", "lost")}
        became["open"] = ~(became["won"] | became["lost"])
        return {word: self.stake(places[mask]) for word, mask in became.items()}

    def stake(self, places: Ints) -> AtStake:
        """These attempts' deals and values."""
        known = places[self.value[places] != NOWHEN]
        units = {
            currency: exact_sum(self.value[mine])
            for code, currency in enumerate(self.currency.vocabulary)
            if len(mine := known[self.currency.codes[known] == code])
        }
        return AtStake(len(places), Amounts(units), len(places) - len(known))


@dataclass(frozen=True)
class Effects:
    """Everything that the rows of the report are made of."""

    candidate: Judged
    before: Baseline
    held: Held
    worth: Worth
    weeks: float

    def of(self, number: int, rule: Rule) -> RuleEffect:
        """One rule's row."""
        passed = self.before.accepted & self.before.fits
        verdicts, unknowable = self.candidate.verdicts[number], self.candidate.unknowable[number]
        stopped = self.candidate.stops[number] & passed
        sole = stopped & (self.candidate.stops.sum(axis=0) == 1)
        approvals = self.candidate.asks_approval[number] & ~self.before.needs_approval[number] & passed
        known = ~unknowable
        complied, days, never = self._complied(number, stopped)
        return RuleEffect(
            rule=rule.id, says=rule.says, status=status_of(rule, self.before.process), severity=rule.severity,
            approval=rule.approval,
            evaluated=int((((verdicts == PASS) | (verdicts == FAIL)) & known).sum()),
            fails=int(((verdicts == FAIL) & known).sum()), unknown=int(((verdicts == UNKNOWN) & known).sum()),
            not_knowable=int((unknowable & (verdicts != NOT_ASKED) & (verdicts != PASS)).sum()),
            waived=int((verdicts == WAIVED).sum()), stopped=int(stopped.sum()), sole=int(sole.sum()),
            complied=complied, days_median=days, never=int(never.sum()), approvals=int(approvals.sum()),
            approvals_a_week=self._a_week(int(approvals.sum())),
            at_stake=self.worth.at_stake(approvals if rule.approval and approvals.any() else never),
        )  # fmt: skip

    def _a_week(self, approvals: int) -> float | None:
        return round(approvals / self.weeks, 2) if approvals and self.weeks >= FEWEST_WEEKS else None

    def _complied(self, number: int, stopped: Mask) -> tuple[int, float | None, Mask]:
        mine = np.flatnonzero(stopped[self.held.attempts])
        waited, watched = self.held.waited[number, mine], self.held.watched[mine]
        done = waited != NEVER
        never = np.zeros(len(stopped), np.bool_)
        never[self.held.attempts[mine[~done]]] = True
        timed = (waited != UNTIMED) & (watched != NEVER)
        return int(done.sum()), _median_days(np.where(done, waited, watched)[timed], done[timed]), never


def _median_days(exits: Ints, done: Mask) -> float | None:
    """By Kaplan–Meier, what is not done censored; None where fewer than half are."""
    if not len(exits):
        return None
    days = quantile(kaplan_meier(np.maximum(exits, 1), done), 0.5, unit=float(DAY)).days
    return None if days is None else round(days, 2)


def status_of(rule: Rule, before: Process | None) -> Literal["new", "changed", "as before"]:
    """Whether the rule is new against the baseline, says something else, or is as before."""
    same = next((old for old in before.rules if old.id == rule.id), None) if before else None
    if same is None:
        return "new"
    return "as before" if _said(same) == _said(rule) else "changed"


def _said(rule: Rule) -> tuple[object, ...]:
    """What a rule comes to, its wording left out."""
    about = (rule.asked_at, rule.severity, rule.approval, rule.waivable_by, rule.lapses_on)
    return (rule.check, rule.when, *about)


def approval_waits(facts: Facts) -> tuple[ApprovalWait, ...]:
    """How long each role took to answer, as recorded; what is unanswered is censored at the last event of the log."""
    table = facts.approvals
    event, role = Words.of(table["event"]), Words.of(table["role"])
    asked, answered = event.is_any("requested"), event.is_any("granted", "rejected", "returned")
    once = facts.real("approvals") == facts.deal_ix("approvals")
    pairs = _pairs(facts, asked & once, answered & once)
    last = int(np.max(ints(facts.deals["last_event_at"]), initial=int(NOWHEN)))
    at = ints(table["at"])
    waits = []
    for code, name in enumerate(role.vocabulary):
        mine = [(start, end) for start, end in pairs if role.codes[start] == code and at[start] != NOWHEN]
        if mine:
            ends = np.array([at[end] if end >= 0 else last for _, end in mine], np.int64)
            starts = np.array([at[start] for start, _ in mine], np.int64)
            done = np.array([end >= 0 for _, end in mine], np.bool_)
            waits.append(ApprovalWait(name, int(done.sum()), int((~done).sum()), _median_days(ends - starts, done)))
    return tuple(waits)


def _pairs(facts: Facts, asked: Mask, answered: Mask) -> list[tuple[int, int]]:
    """Each request with the first answer to it, -1 where there is none yet."""
    deal = facts.deal_ix("approvals")
    rule, target = Words.of(facts.approvals["rule"]).codes, Words.of(facts.approvals["target"]).codes
    open_requests: dict[tuple[int, int, int], int] = {}
    pairs: dict[int, int] = {}
    for row in np.flatnonzero(asked | answered).tolist():
        key = (int(deal[row]), int(rule[row]), int(target[row]))
        if asked[row]:
            open_requests[key] = row
            pairs[row] = -1
        elif key in open_requests:
            pairs[open_requests.pop(key)] = row
    return list(pairs.items())
