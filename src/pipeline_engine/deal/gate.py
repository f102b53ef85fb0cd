"""The one gate: how an attempt is judged, what is stored of it, and how it is explained."""

from dataclasses import dataclass
from functools import partial

from pipeline_engine.deal.context import Context
from pipeline_engine.deal.events import AssignmentRefused, ContextValue, MoveRefused, OpeningRefused, Verdicts
from pipeline_engine.deal.evolve import asked_with
from pipeline_engine.deal.fixes import fix_of
from pipeline_engine.deal.outcome import Judged, Word
from pipeline_engine.deal.reading import Attempt, row_of
from pipeline_engine.deal.reasons import Case, History, because
from pipeline_engine.deal.state import Deal, Mark
from pipeline_engine.process import FAIL, UNKNOWN, WAIVED, Frame, Judge, Rule

_WORDS: tuple[Word, ...] = ("fail", "pass", "unknown", "waived", "not asked")
_FROM_OUTSIDE = frozenset({
    "actor.roles", "actor.team", "actor.skills",
    "owner.roles", "owner.team", "owner.manager", "owner.skills", "owner.open_deals", "owner.deals_in_stage",
})  # fmt: skip
_COUNTED = frozenset({"open_deals", "deals_in_stage"})


Refusal = MoveRefused | OpeningRefused | AssignmentRefused


@dataclass(frozen=True)
class Judgement:
    """An attempt judged: of which deal, which rules were asked, what each said, and the row they read."""

    deal: Deal
    attempt: Attempt
    judge: Judge
    asked: tuple[int, ...]
    codes: tuple[int, ...]
    frame: Frame

    @property
    def refused(self) -> bool:
        """Whether a blocking rule does not pass."""
        return self.judge.blocking(self.asked, self.codes)

    def explained(self, history: History = tuple) -> tuple[Judged, ...]:
        """Each rule that was asked, with what it saw, in the process's order.

        `history` gives the deal's events before the attempt; asked only where somebody reads about an approval.
        """
        rules, case = self.judge.process.rules, Case(self.deal, self.attempt, self.judge, self.frame, history)
        return tuple(self._explain(case, n, rules[n], c) for n, c in zip(self.asked, self.codes, strict=True))

    def _explain(self, case: Case, number: int, rule: Rule, code: int) -> Judged:
        return Judged(
            rule=rule.id, verdict=_WORDS[code], severity=rule.severity, says=rule.says,
            fix=fix_of(case, number, code), facts=self.judge.seen(number, self.frame),
            approval=rule.approval, skills=rule.skills, waivable_by=rule.waivable_by, kind=rule.kind,
            own_words=rule.own_words,
            explain=partial(because, case, number, code),
        )  # fmt: skip


def judge_attempt(deal: Deal, attempt: Attempt, judge: Judge, context: Context) -> Judgement:
    """Judge an attempt by every rule of its gate; a live waiver turns a rule that does not pass into waived."""
    frame = judge.frame(row_of(deal, attempt, judge, context))
    asked = judge.asked(attempt.gate, attempt.from_stage, attempt.target)
    codes = tuple(_waived(deal, attempt, judge, n, int(judge.verdict(n, frame)[0])) for n in asked)
    return Judgement(deal, attempt, judge, asked, codes, frame)


def _waived(deal: Deal, attempt: Attempt, judge: Judge, number: int, code: int) -> int:
    if code not in (FAIL, UNKNOWN) or not deal.waivers:
        return code
    rule = judge.process.rules[number].id
    return WAIVED if any(w.covers(rule, attempt.target, attempt.now) for w in deal.waivers) else code


def stored(judgement: Judgement, deal: Deal, context: Context) -> Verdicts:
    """The verdicts as an event keeps them: letters, and what the deal's own history cannot give back."""
    process = judgement.judge.process
    return Verdicts(
        process=process.name, version=process.version, digest=process.digest, judged_at=deal.version,
        codes=judgement.judge.letters(judgement.asked, judgement.codes), now=judgement.attempt.now,
        context=_context_read(judgement, context),
    )  # fmt: skip


def _context_read(judgement: Judgement, context: Context) -> dict[str, ContextValue]:
    rules = judgement.judge.process.rules
    read = {path for number in judgement.asked for path in rules[number].reads if path in _FROM_OUTSIDE}
    return {path: value for path in sorted(read) if (value := _context_value(path, context)) is not None}


def _context_value(path: str, context: Context) -> ContextValue | None:
    whose, _, what = path.partition(".")
    standing = context.actor if whose == "actor" else context.owner
    if standing is None:
        return None
    if what in _COUNTED:
        held = standing.held
        if held is None:
            return None
        return ContextValue(value=getattr(held, what), stream=standing.deals, version=held.position)
    return ContextValue(value=getattr(standing, what), stream=standing.stream, version=standing.version)


def from_outside(context: Context) -> dict[str, dict[str, object]]:
    """What a rule may read outside the deal, by path, in the form in which verdicts keep it."""
    read = {path: _context_value(path, context) for path in _FROM_OUTSIDE}
    return {path: {"value": value.value} for path, value in read.items() if value is not None}


def repeats(mark: Mark | None, refusal: Refusal, actor: str, deal: Deal) -> int | None:
    """The version of an earlier refusal that said exactly this, None where this one is new."""
    verdicts = refusal.verdicts
    if mark is None:
        return None
    versions = tuple(sorted((name, value.version) for name, value in verdicts.context.items()))
    said = (mark.actor, mark.digest, mark.judged_solid, mark.codes, mark.context, mark.asked)
    says = (actor, verdicts.digest, deal.solid_version, verdicts.codes, versions, asked_with(refusal))
    return mark.version if said == says else None
