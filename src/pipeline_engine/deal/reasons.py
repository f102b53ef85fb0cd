"""Why one rule of an attempt does not pass, as a colleague would tell it: the parts its kind calls for.

What a rule merely compares is told by the evaluator's trace (process/rules/because.py). An approval, the way a deal
goes and who may do it have more to say than their condition, and say it here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pipeline_engine.deal.approval_story import Given, Story, on, story_of
from pipeline_engine.deal.reading import Attempt
from pipeline_engine.deal.state import Deal, Grant
from pipeline_engine.envelope import Recorded
from pipeline_engine.process import (
    COUNTS,
    DEALS_IN_STAGE,
    FAIL,
    OWNERS_MANAGER,
    UNKNOWN,
    WAIVED,
    Frame,
    Judge,
    Part,
    Rule,
    both,
    day,
    either,
    said,
    spaced,
    with_skills,
)

History = Callable[[], Iterable[Recorded]]
_ARROW = " → "


@dataclass(frozen=True)
class Case:
    """One rule of one attempt: the deal as it was judged, and the events that it was folded from."""

    deal: Deal
    attempt: Attempt
    judge: Judge
    frame: Frame
    history: History

    def at(self, path: str) -> object:
        """What the rule could read at a path."""
        return self.judge.read(self.frame, path)


def because(case: Case, number: int, code: int) -> tuple[Part, ...]:
    """The parts of one rule that stand in the way; who waived it, where somebody did."""
    rule = case.judge.process.rules[number]
    if code == WAIVED:
        return _waived(case, rule)
    if code not in (FAIL, UNKNOWN):
        return ()
    if code == FAIL and rule.approval is not None:
        return (_approval(case, rule, story_of(rule.id, case.history())),)
    if code == FAIL and rule.kind == "by":
        return (_not_theirs(case, rule),)
    if code == FAIL and rule.kind in _OF_OWNERS:
        return _OF_OWNERS[rule.kind](case, number, rule)
    if code == FAIL and rule.kind == "plan":
        return _overdue(case.judge.because(number, case.frame))
    told = _WAYS.get(rule.id) or (_passes_by if rule.asked_at.startswith("applies:") else None)
    if code == FAIL and rule.kind == "topology" and told is not None:
        return told(case, number, rule)
    return case.judge.because(number, case.frame)


def _overdue(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """An item that is open: of one that has to be ticked by a day, also since when it is late."""
    either_of = [each for part in parts for each in part.any_of]
    late = next((each for each in either_of if each.path != "items"), None)
    item = next((each for each in either_of if each.path == "items"), None)
    if late is None or item is None:
        return parts
    due = late.wanted.removesuffix(" or earlier") if late.path in ("now", "today") else said(late.found)
    return (Part("time", "items", late.found, f"ticked off by {due}", f"{item.text}, and was due {due}"),)


def _waived(case: Case, rule: Rule) -> tuple[Part, ...]:
    attempt = case.attempt
    grants = [w for w in case.deal.waivers if w.covers(rule.id, attempt.target, attempt.now)]
    return tuple(Part("waived", "", w.by, "", _told_waiver(w)) for w in grants[-1:])


def _told_waiver(grant: Grant) -> str:
    until = f", until {day(grant.expires_at)}" if grant.expires_at else ""
    return f"waived by {grant.by} as {spaced(grant.role)}{on(grant.at)}{until}"


def approver(case: Case, role: str) -> str:
    """Whose word it takes: `a manager`, `the owner's manager (manager-1)`."""
    if role != OWNERS_MANAGER:
        return spaced(role)
    who = case.at(OWNERS_MANAGER)
    return f"the owner's manager ({who})" if who else "the owner's manager"


def _approval(case: Case, rule: Rule, story: Story) -> Part:
    role = rule.approval or ""
    text = _told_approval(case, rule, story)
    first = [other for other in rule.after if not _stands(case, other)]
    if first:
        whose = [approver(case, case.judge.process.rule(other).approval or "") for other in first]
        text = f"{text}; {both(whose)} comes first"
    return Part("approval", "approvals", None, f"approval by {approver(case, role)}", text)


def _stands(case: Case, rule: str) -> bool:
    attempt = case.attempt
    return any(g.covers(rule, attempt.target, attempt.now) for g in case.deal.approvals)


def _told_approval(case: Case, rule: Rule, story: Story) -> str:
    who, target = f"{approver(case, rule.approval or '')}{with_skills(rule.skills)}", case.attempt.target
    asked = [each for each in story.asked if each.target == target]
    denied = [each for each in story.denied if each.target == target]
    given = [each for each in story.given if each.target == target]
    if asked:
        return f"approval by {who} was asked for by {asked[-1].by}{on(asked[-1].at)}, no answer yet"
    if denied:
        return f"{denied[-1].by} {denied[-1].said}{on(denied[-1].at)}"
    if given:
        return _told_given(case, rule, given[-1])
    elsewhere = [each for each in story.given if not each.why_not(case.attempt.now)]
    if elsewhere:
        return f"{elsewhere[-1].by} approved it for {elsewhere[-1].target}, not for {_goal(target)}"
    return f"approval by {who} is not asked for yet"


def _told_given(case: Case, rule: Rule, given: Given) -> str:
    ended = given.why_not(case.attempt.now)
    if ended:
        return f"{given.by} approved it{on(given.at)}, but {ended}"
    if rule.after:
        earlier = case.judge.process.rule(rule.after[-1]).approval or ""
        return f"{given.by} approved it{on(given.at)}, before {approver(case, earlier)} did, so it does not count yet"
    return f"{given.by} approved it{on(given.at)}, not as {approver(case, rule.approval or '')}"


def _goal(target: str) -> str:
    return {"reopen": "reopening"}.get(target, target)


def _not_theirs(case: Case, rule: Rule) -> Part:
    held = case.at("actor.roles")
    roles = [spaced(role) for role in held] if isinstance(held, (list, tuple)) else []
    holds = f"{case.attempt.actor} holds the role {both(roles)}" if roles else f"{case.attempt.actor} holds no role"
    owned = [f"the owner is {case.deal.owner}"] if "owner.id" in rule.reads and case.deal.owner else []
    managed = [f"the owner's manager is {case.at(OWNERS_MANAGER)}"] if case.at(OWNERS_MANAGER) else []
    told = [holds, *owned, *(managed if OWNERS_MANAGER in rule.reads else [])]
    text = both(told) if rule.own_words else f"{rule.says}; {both(told)}"
    return Part("by", "actor.id", case.attempt.actor, rule.says, text)


def _too_many(case: Case, number: int, rule: Rule) -> tuple[Part, ...]:
    """How many deals the owner has, and how many he may have: counted without the deal that is asked about."""
    count = next(path for path in rule.reads if path in COUNTS)
    found, most = case.at(count), case.judge.bound(number, case.frame)
    where = f" in {rule.asked_at}" if count == DEALS_IN_STAGE else ""
    deals = "open deal" if found == 1 else "open deals"
    text = f"{case.deal.owner} has {found} {deals}{where}, at most {most}"
    return (Part("compare", count, found, f"fewer than {most}", text),)


def _unable(case: Case, number: int, rule: Rule) -> tuple[Part, ...]:
    """Which skill the owner lacks."""
    skill = rule.text.partition("'")[2].partition("'")[0]
    text = f"{case.deal.owner} lacks the skill {spaced(skill)}"
    return (Part("member", "owner.skills", case.at("owner.skills"), f"with {skill}", text),)


def _forward(case: Case, number: int, rule: Rule) -> tuple[Part, ...]:
    attempt, judge = case.attempt, case.judge
    skipped = [stage for stage in judge.passed("move", attempt.from_stage, attempt.target) if has_stage(case, stage)]
    if not skipped or attempt.from_stage is None:
        return judge.because(number, case.frame)
    way = _ARROW.join((attempt.from_stage, *skipped, attempt.target))
    return (Part("way", "move.to", attempt.target, skipped[0], f"{both(skipped)} {_come(skipped)} first: {way}"),)


def has_stage(case: Case, stage: str) -> bool:
    """Whether the deal has a stage, as far as anybody knows."""
    number = case.judge.index.get(f"{stage}:applies")
    return number is None or int(case.judge.verdict(number, case.frame)[0]) != FAIL


def _won(case: Case, number: int, rule: Rule) -> tuple[Part, ...]:
    judge, here = case.judge, case.attempt.from_stage or ""
    wins = judge.process.won_from
    passed = [stage for stage in judge.passed("win", here, "won") if has_stage(case, stage)]
    if not passed:
        return (Part("way", "move.from", here, either(wins), f"it is in {here}, deals are won from {either(wins)}"),)
    way = _ARROW.join((here, *passed, "won"))
    return (Part("way", "move.from", here, passed[-1], f"{both(passed)} {_come(passed)} first: {way}"),)


def _come(stages: list[str]) -> str:
    return "comes" if len(stages) == 1 else "come"


def _elsewhere(case: Case, number: int, rule: Rule) -> tuple[Part, ...]:
    here = case.attempt.from_stage if rule.asked_at.startswith("lost") else case.attempt.target
    told = f"{rule.says}, not {'from' if rule.asked_at.startswith('lost') else 'in'} {here}"
    return (Part("way", rule.reads[0] if rule.reads else "", here, rule.says, told),)


def _back(case: Case, number: int, rule: Rule) -> tuple[Part, ...]:
    return (Part("way", "move.reason", case.attempt.reason, "", rule.says),)


def _passes_by(case: Case, number: int, rule: Rule) -> tuple[Part, ...]:
    parts = case.judge.because(number, case.frame)
    stage = rule.asked_at.removeprefix("applies:")
    told = "; ".join(part.text for part in parts)
    return (Part("way", "move.to", stage, "", f"{stage} is not for this deal: {told}"),)


_OF_OWNERS: dict[str, Callable[[Case, int, Rule], tuple[Part, ...]]] = {"limit": _too_many, "skill": _unable}
_WAYS: dict[str, Callable[[Case, int, Rule], tuple[Part, ...]]] = {
    "moves:forward": _forward, "won:from": _won, "lost:from": _elsewhere, "open:stage": _elsewhere,
    "moves:back": _back, "reopen:reason": _back,
}  # fmt: skip
