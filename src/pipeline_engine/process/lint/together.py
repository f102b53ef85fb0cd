"""Rules that contradict each other, and rules that others make needless."""

from collections.abc import Iterator
from itertools import combinations

from pipeline_engine.process.analysis import Demand, Impossible, Witness, stops
from pipeline_engine.process.findings import Finding
from pipeline_engine.process.lint import gates
from pipeline_engine.process.lint.asking import NOTHING, Asking
from pipeline_engine.process.lint.gates import Moment, facts_of, grows
from pipeline_engine.process.lint.lasting import lasting
from pipeline_engine.process.lint.seen import Seen
from pipeline_engine.process.lint.subject import Subject

# Rules that nothing else can stand for: who asks, who approves, and which fact a rep is told to record.
_OWN_SAY = frozenset({"require", "approval", "by", "topology"})


def together(subject: Subject, asking: Asking) -> Iterator[Finding]:
    """Findings about two rules or more."""
    seen = Seen(subject, asking)
    found: dict[tuple[int, ...], Finding] = {}
    for moment in gates.moments(subject):
        pairs = [pair for pair in combinations(moment.rules, 2) if pair not in found]
        for pair in pairs:
            if _may_contradict(subject, seen, pair) and (finding := _contradiction(subject, asking, pair)) is not None:
                found[pair] = finding
        for group in _groups(subject, moment, found):
            if not seen.passes(group) and (finding := _several(subject, asking, group)) is not None:
                found[group] = finding
    yield from found.values()
    yield from _needless(subject, asking, seen)


def _may_contradict(subject: Subject, seen: Seen, pair: tuple[int, int]) -> bool:
    if all(grows(subject, each) for each in pair) or seen.both_pass(pair):
        return False
    return bool(facts_of(subject, pair[0]) & facts_of(subject, pair[1]))


def _contradiction(subject: Subject, asking: Asking, pair: tuple[int, int]) -> Finding | None:
    """Two rules that are asked together and cannot pass together, though each could alone."""
    whens = [Demand(when, "true") for each in pair if (when := subject.when(each)) is not None]
    checks = [Demand(subject.check(each), "true") for each in pair]
    ids = [subject.rule(each).id for each in pair]
    if not asking.impossible([*whens, *checks], NOTHING, *ids):
        return None
    if not all(isinstance(asking.answer([*whens, check]), Witness) for check in checks):
        return None
    where = " where both are asked" if whens else ""
    return _against(subject, pair, f"cannot pass together with {{}}{where}: {_why(subject, pair)}")


def _why(subject: Subject, pair: tuple[int, int]) -> str:
    first, second = (" ".join(subject.rule(each).text.split()) for each in pair)
    return f"no deal fits both `{first}` and `{second}`"


def _groups(subject: Subject, moment: Moment, found: dict[tuple[int, ...], Finding]) -> Iterator[tuple[int, ...]]:
    """Rules about the same facts of which no two contradict each other."""
    for group in gates.together(subject, moment.rules):
        known = any(set(pair) <= set(group) for pair in found)
        if len(group) > 2 and not known and not all(grows(subject, each) for each in group):
            yield group


def _several(subject: Subject, asking: Asking, group: tuple[int, ...]) -> Finding | None:
    why = asking.why_impossible(gates.passing(subject, group), *(subject.rule(each).id for each in group))
    if len(why) < 3:
        return None
    fewest = tuple(group[each] for each in why)
    return _against(subject, fewest, "cannot pass together with {}: no deal fits all of them")


def _against(subject: Subject, numbers: tuple[int, ...], message: str) -> Finding:
    """A finding at the last of these rules that names the others with their lines."""
    *others, last = numbers
    named = [f"`{subject.rule(each).id}` ({subject.where(each)})" for each in others]
    text = message.replace("{}", " and ".join(named), 1)
    return subject.about_rule("contradiction", text, last, *(subject.rule(each).id for each in others))


def _needless(subject: Subject, asking: Asking, seen: Seen) -> Iterator[Finding]:
    sure = [number for number in range(len(subject.rules)) if _binds_all(subject, number)]
    said: set[int] = set()
    for number in range(len(subject.rules)):
        for other in sure if _can_be_needless(subject, number) else ():
            # Of two rules that say the same, one is to stay.
            if other in said or not _before(subject, other, number) or seen.stopped(number, past=other):
                continue
            if not _implies(subject, asking, other, number):
                continue
            said.add(number)
            yield _guaranteed(subject, other, number)
            break


def _binds_all(subject: Subject, number: int) -> bool:
    """Whether no deal gets past a rule: it is asked of all, stops, and is waived by nobody."""
    return gates.firm(subject, number) and subject.rule(number).when is None


def _can_be_needless(subject: Subject, number: int) -> bool:
    return subject.own(number) and subject.rule(number).kind not in _OWN_SAY


def _before(subject: Subject, other: int, number: int) -> bool:
    """Whether the other rule has been passed when this one is asked, and what it saw still holds."""
    if other == number or not facts_of(subject, other) & facts_of(subject, number):
        return False
    there, here = subject.rule(other).asked_at, subject.rule(number).asked_at
    if there == here:
        return True
    first, second = gates.rank(subject, there), gates.rank(subject, here)
    return first is not None and second is not None and first < second and lasting(subject.check(other))


def _implies(subject: Subject, asking: Asking, other: int, number: int) -> bool:
    demands = [Demand(subject.check(other), "true"), stops(subject.rule(number))]
    answer = asking.answer(demands, explain=True)
    # A rule that never fails at all is no finding about two.
    return isinstance(answer, Impossible) and set(answer.why) == {0, 1}


def _guaranteed(subject: Subject, other: int, number: int) -> Finding:
    rule = subject.rule(other)
    same = rule.asked_at == subject.rule(number).asked_at
    where = "in the same gate" if same else f"earlier, at `{rule.asked_at}`"
    message = f"stops no deal: `{rule.id}` ({subject.where(other)}) asks as much {where}"
    return subject.about_rule("already-guaranteed", message, number, rule.id)
