"""Whether deals get through: gates that no deal passes, what that leaves unreachable, and openings that must fail."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline_engine.process.analysis import Demand
from pipeline_engine.process.findings import Finding
from pipeline_engine.process.lint import gates
from pipeline_engine.process.lint.asking import NOTHING, Asking
from pipeline_engine.process.lint.gates import Moment, grows, passing
from pipeline_engine.process.lint.subject import Attempt, Subject


@dataclass(frozen=True, slots=True)
class _Shut:
    """A gate that no deal passes: by which rules, and whether not even a waiver opens it."""

    rules: tuple[int, ...]
    firmly: bool


def reach(subject: Subject, asking: Asking) -> Iterator[Finding]:
    """Findings about what no deal comes to."""
    found = {moment: _shut(subject, asking, moment.rules) for moment in gates.moments(subject)}
    yield from _unreachable(subject, found)
    yield from _stuck(subject, asking, found)
    yield from _never_won(subject, found)
    for stage in subject.process.moves.open_in:
        yield from _never_opened(subject, asking, stage)


def _shut(subject: Subject, asking: Asking, numbers: Sequence[int], *more: Demand) -> _Shut | None:
    """Whether rules that stand in one way leave no deal through; None where that was not shown."""
    by_waiver: tuple[int, ...] = ()
    for group in gates.together(subject, numbers):
        if not (core := _core(subject, asking, group, *more)):
            continue
        firm = _core(subject, asking, [each for each in group if not subject.rule(each).waivable_by], *more)
        if firm:
            return _Shut(firm, True)
        by_waiver += core
    return _Shut(by_waiver, False) if by_waiver else None


def _core(subject: Subject, asking: Asking, group: Sequence[int], *more: Demand) -> tuple[int, ...]:
    """The fewest of these rules that leave no deal through; none where that was not shown."""
    # Rules that only want more to be there let a deal through that has it all, unless a condition is in the way.
    if not group or all(grows(subject, each) and subject.when(each) is None for each in group):
        return ()
    demands = [*more, *passing(subject, group)]
    why = asking.why_impossible(demands, *(subject.rule(each).id for each in group))
    return tuple(group[each - len(more)] for each in why if each >= len(more))


def _unreachable(subject: Subject, found: dict[Moment, _Shut | None]) -> Iterator[Finding]:
    """The first stage that no deal gets into without a waiver; those behind it go without saying."""
    for moment, shut in found.items():
        if shut is not None and moment.attempt.gate in ("open", "move"):
            behind = subject.process.stage_ids[subject.process.index(moment.stage) + 1 :]
            after = f", nor any after it ({_named(behind)})" if behind else ""
            how = "" if shut.firmly else " without a waiver"
            message = f"no deal reaches stage `{moment.stage}`{how}{after}: {_rules(subject, shut)} in its way"
            ids = (subject.rule(each).id for each in shut.rules)
            yield subject.found("unreachable-stage", message, subject.place("stages", moment.stage), moment.stage, *ids)
            return


def _stuck(subject: Subject, asking: Asking, found: dict[Moment, _Shut | None]) -> Iterator[Finding]:
    """Stages that only some deals have, and that let none of those in."""
    for stage in subject.process.stage_ids:
        number = subject.numbers.get(f"{stage}:applies")
        if number is None or any(shut and moment.stage == stage for moment, shut in found.items()):
            continue
        applies = Demand(subject.check(number), "true")
        inside = [each for each in range(len(subject.rules)) if subject.rule(each).asked_at == stage]
        rules = [each for each in gates.blocking(subject, inside) if not subject.rule(each).waivable_by]
        if asking.impossible([applies], NOTHING, subject.rule(number).id):
            continue
        shut = next((core for g in _with(subject, rules, number) if (core := _core(subject, asking, g, applies))), ())
        if shut:
            ids = tuple(subject.rule(each).id for each in shut)
            message = f"no deal that has stage `{stage}` gets into it: {_rules(subject, _Shut(shut, True))} in its way"
            yield subject.found("unreachable-stage", message, subject.place("stages", stage), stage, *ids)


def _with(subject: Subject, rules: Sequence[int], number: int) -> Iterator[tuple[int, ...]]:
    """Each rule that shares a fact with the condition of the stage, by itself."""
    facts = gates.facts_of(subject, number)
    yield from ((each,) for each in rules if gates.facts_of(subject, each) & facts)


def _rules(subject: Subject, shut: _Shut) -> str:
    named = [f"`{subject.rule(each).id}`" for each in shut.rules if subject.rule(each).kind != "topology"]
    return f"{' and '.join(named)} {'stands' if len(named) == 1 else 'stand'}"


def _named(stages: Sequence[str]) -> str:
    return ", ".join(f"`{stage}`" for stage in stages)


def _never_won(subject: Subject, found: dict[Moment, _Shut | None]) -> Iterator[Finding]:
    ways = [_way_to_win(subject, found, stage) for stage in subject.process.won_from]
    if not ways or not all(ways):
        return
    firm = all(any(shut.firmly for shut in way) for way in ways)
    shut = next(shut for shut in min(ways, key=lambda way: sum(each.firmly for each in way)) if shut.firmly is firm)
    code, how = ("never-won", "") if firm else ("won-only-by-waiver", " without a waiver")
    message = f"no deal is won{how}: {_rules(subject, shut)} in the way"
    yield subject.found(
        code, message, subject.place("outcomes", "won"), "won", *(subject.rule(each).id for each in shut.rules)
    )


def _way_to_win(subject: Subject, found: dict[Moment, _Shut | None], stage: str) -> list[_Shut]:
    """The gates without a way through up to a win from this stage."""
    last = subject.process.index(stage)
    shuts: list[_Shut] = []
    for moment, shut in found.items():
        gate = moment.attempt.gate
        on_way = gate in ("open", "move") and subject.process.index(moment.stage) <= last
        if shut is not None and (on_way or moment.attempt == Attempt("win", stage, "won")):
            shuts.append(shut)
    return shuts


def _never_opened(subject: Subject, asking: Asking, stage: str) -> Iterator[Finding]:
    """A deal that is being opened has nothing but its fields, and nobody can have waived a rule for it."""
    attempt = Attempt("open", None, stage)
    given = subject.given(attempt)
    for number in gates.blocking(subject, subject.asked(attempt)):
        rule = subject.rule(number)
        if asking.impossible(passing(subject, [number]), given, rule.id):
            message = f"no deal can be opened in `{stage}`: `{rule.id}` asks for what no deal has yet when it is opened"
            place = subject.place("moves", "open_in") if "moves" in subject.keys else subject.place("stages", stage)
            yield subject.found("cannot-open-in", message, place, stage, rule.id)
            return
