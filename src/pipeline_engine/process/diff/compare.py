"""Two processes compared gate by gate, each difference shown by a deal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipeline_engine.process.analysis import Answer, Demand, Impossible, NotAnalysed, Witness, find
from pipeline_engine.process.diff.changes import Change, changes
from pipeline_engine.process.diff.gates import (
    Gate,
    attempts_at,
    attempts_from_elsewhere,
    gates_of,
    gates_of_both,
    stages_differ,
)
from pipeline_engine.process.diff.ground import Asked, Ground, ground_of, reads_money
from pipeline_engine.process.model import Process
from pipeline_engine.process.rules import TRUE, Frame, Program
from pipeline_engine.process.vocabulary import vocabulary_of

Side = Literal["A", "B"]
_EVERYWHERE = ("moves", "own")  # every deal comes to these, in a process that asks nothing there too
_FROM_WHERE = ("move.from", "move.steps", "move.passed", "stage.id")
Comparison = Literal["stricter", "looser", "incomparable", "equal", "not analysed"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A deal that one process lets through a gate and the other does not."""

    lets_through: Side
    row: Mapping[str, Any]  # by column path, what the rules of the gate read
    stopped_by: tuple[str, ...]  # ids of the other one's rules
    missing: tuple[str, ...] = ()  # what those rules read and nobody recorded


@dataclass(frozen=True, slots=True)
class GateDiff:
    """One gate of both: how the second process stands to the first there, and the deals that show it.

    A gate that only one of them has (`only_in`) is incomparable: no deal comes to it in the other.
    """

    gate: str
    verdict: Comparison
    shown: tuple[Shown, ...] = ()
    why: str = ""  # what was in the way where it is not analysed
    only_in: Side | None = None


@dataclass(frozen=True, slots=True)
class ProcessDiff:
    """Two processes compared: `a` is what is, `b` what would be."""

    a: str
    b: str
    gates: tuple[GateDiff, ...]
    also_changed: tuple[Change, ...]  # what stops nothing, or leaves every verdict as it was
    renamed: Mapping[str, str]  # approval rules that only have another id: of b → of a

    @property
    def equal(self) -> bool:
        """Whether it was shown that every gate lets the same deals through."""
        return all(gate.verdict == "equal" for gate in self.gates)


def diff(a: Process, b: Process) -> ProcessDiff:
    """
    Compare two processes, gate by gate in the order of the way.

    Only rules that block count; what is the same in both is not looked into, so a small change of a large process is
    cheap to compare.
    """
    ground = ground_of(a, b)
    gates = tuple(_compared(gate, ground) for gate in gates_of_both(a, b))
    return ProcessDiff(a.label, b.label, gates, tuple(changes(a, b, ground.renamed)), ground.renamed)


def _compared(gate: Gate, ground: Ground) -> GateDiff:
    only_in = _only_in(gate, ground)
    if only_in is not None:
        return GateDiff(gate.name, "incomparable", only_in=only_in)
    rules = ground.rules_of_a(gate.asked_at), ground.rules_of_b(gate.asked_at)
    unlike = ground.why_not([*rules[0], *rules[1]]) or ground.other_approvers(*rules)
    if unlike:
        return GateDiff(gate.name, "not analysed", why=unlike)
    if _same(*rules, ground):
        return GateDiff(gate.name, "equal")
    return _verdict(gate, ground, _Direction("A", *rules), _Direction("B", *reversed(rules)))


def _only_in(gate: Gate, ground: Ground) -> Side | None:
    if gate.name in _EVERYWHERE:
        return None
    if gate not in gates_of(ground.b) and _stage_of(gate) not in ground.b.stage_ids:
        return "A"
    return "B" if gate not in gates_of(ground.a) and _stage_of(gate) not in ground.a.stage_ids else None


def _stage_of(gate: Gate) -> str:
    return gate.name.rpartition(":")[2]


def _same(ours: Sequence[Asked], theirs: Sequence[Asked], ground: Ground) -> bool:
    """Whether the same is asked, word for word; then nothing needs to be looked for."""
    by_rates = ground.a.rates != ground.b.rates and any(reads_money(each.condition) for each in (*ours, *theirs))
    return not by_rates and {each.form for each in ours} == {each.form for each in theirs}


@dataclass(frozen=True, slots=True)
class _Direction:
    """Whether a deal passes the one side's rules and not the other's."""

    lets_through: Side
    passed: Sequence[Asked]
    asked: Sequence[Asked]

    def answer(self, gate: Gate, ground: Ground) -> Answer:
        passed = {each.form for each in self.passed}
        through = [Demand(each.condition, "true") for each in self.passed]
        unclear: list[NotAnalysed] = []
        for attempt in self._attempts(gate, ground):
            for each in self.asked:
                if each.form in passed and ground.a.rates == ground.b.rates:
                    continue
                found = find([Demand(each.condition, "not true"), *through], ground.both, attempt, explain=False)
                if isinstance(found, Witness):
                    return found
                unclear += [found] if isinstance(found, NotAnalysed) else []
        return unclear[0] if unclear else Impossible(())

    def _attempts(self, gate: Gate, ground: Ground) -> Iterator[Mapping[str, Any]]:
        """How deals come to the gate; where no rule reads from where, the usual way stands for all."""
        yield from attempts_at(gate, ground.a, ground.b)
        if any(path in _FROM_WHERE for each in (*self.passed, *self.asked) for path in each.reads):
            yield from attempts_from_elsewhere(gate, ground.a, ground.b)

    def shown(self, witness: Witness, ground: Ground) -> Shown:
        """The deal with what the rules of the gate read, and the rules that stop it."""
        read = {path for each in (*self.passed, *self.asked) for path in each.reads} | {"move.from", "move.to"}
        frame = Frame.from_rows(vocabulary_of(ground.both), [witness.row])
        stopping = [each for each in self.asked if Program(each.condition).verdicts(frame)[0] != TRUE]
        row = {path: value for path, value in witness.row.items() if path in read}
        asked = {path for each in stopping for path in each.reads}
        missing = tuple(sorted(path for path in asked if path.startswith("deal.") and path not in row))
        return Shown(self.lets_through, row, tuple(each.rule.id for each in stopping), missing)


def _verdict(gate: Gate, ground: Ground, *directions: _Direction) -> GateDiff:
    answers = [each.answer(gate, ground) for each in directions]
    shown = tuple(
        each.shown(answer, ground)
        for each, answer in zip(directions, answers, strict=True)
        if isinstance(answer, Witness)
    )
    why = next(_unclear(answers, gate, ground, len(shown)), "")
    if why:
        return GateDiff(gate.name, "not analysed", shown, why)
    if len(shown) == len(directions):
        return GateDiff(gate.name, "incomparable", shown)
    if not shown:
        return GateDiff(gate.name, "equal")
    return GateDiff(gate.name, "stricter" if shown[0].lets_through == "A" else "looser", shown)


def _unclear(answers: list[Answer], gate: Gate, ground: Ground, shown: int) -> Iterator[str]:
    yield from (answer.why for answer in answers if isinstance(answer, NotAnalysed))
    if gate.way and stages_differ(ground.a, ground.b) and shown < len(answers):
        yield "the stages differ, so a move passes over others"
