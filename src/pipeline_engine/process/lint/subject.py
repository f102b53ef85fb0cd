"""What lint looks at: a file that loads, with the place of everything in it and every attempt that can be made."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipeline_engine.notation import Items, Node, Place, Table, Text
from pipeline_engine.process.compiled import CompiledDraft
from pipeline_engine.process.declared import Declared
from pipeline_engine.process.findings import CODES, Finding
from pipeline_engine.process.judge import OUTCOME_TARGETS, Judge
from pipeline_engine.process.model import GATES, Gate, Process, Rule
from pipeline_engine.process.rules import STAY_BEGINS
from pipeline_engine.process.rules import Node as Tree

# A deal that is being opened has only its fields.
_NOTHING_YET: Mapping[str, Any] = {
    "stage.id": None, **dict.fromkeys(STAY_BEGINS), "stage.paused": False, "move.from": None,
    "activities": [], "approvals": [], "contacts": [], "documents": [], "items": [],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something that can be asked of the gate: `start` is None for an opening, `target` a stage or an outcome."""

    gate: Gate
    start: str | None
    target: str


@dataclass(frozen=True)
class Subject:
    """A file that loads, and what was read of it."""

    file: str
    process: Process
    declared: Declared
    rules: tuple[CompiledDraft, ...]
    root: Node

    @cached_property
    def judge(self) -> Judge:
        """Says which rules an attempt is judged by."""
        return Judge(self.process)

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The place of a rule in the order of the process, by its id."""
        return {each.rule.id: number for number, each in enumerate(self.rules)}

    def asked(self, attempt: Attempt) -> tuple[int, ...]:
        """The rules by which an attempt is judged."""
        return self.judge.asked(attempt.gate, attempt.start, attempt.target)

    def given(self, attempt: Attempt) -> dict[str, Any]:
        """What every deal has in common on which this is attempted."""
        passed = list(self.judge.passed(attempt.gate, attempt.start, attempt.target))
        steps = self.judge.steps(attempt.gate, attempt.start, attempt.target)
        known = {"move.to": attempt.target, "move.passed": passed, "move.steps": steps}
        if attempt.start is None:
            return {**known, **_NOTHING_YET}
        return {**known, "move.from": attempt.start, "stage.id": attempt.start}

    @cached_property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every attempt that the way of the process knows; skips and ways back are among them."""
        return tuple(self._attempts())

    def _attempts(self) -> Iterator[Attempt]:
        stages = self.process.stage_ids
        for number, stage in enumerate(stages):
            yield from (Attempt("move", before, stage) for before in reversed(stages[:number]))
            yield from (Attempt("move", after, stage) for after in stages[number + 1 :])
        for stage in self.process.moves.open_in:
            yield Attempt("open", None, stage)
        for stage in stages:
            yield Attempt("own", stage, stage)
            yield from (Attempt(gate, stage, OUTCOME_TARGETS[gate]) for gate in GATES if gate in OUTCOME_TARGETS)

    @cached_property
    def attempts_of(self) -> Mapping[int, tuple[Attempt, ...]]:
        """By rule the attempts that it judges."""
        found: dict[int, list[Attempt]] = {}
        for attempt in self.attempts:
            for number in self.asked(attempt):
                found.setdefault(number, []).append(attempt)
        return {number: tuple(attempts) for number, attempts in found.items()}

    def barred(self, attempt: Attempt) -> bool:
        """Whether the way itself refuses every such attempt, and nobody may waive that."""
        process, start = self.process, attempt.start or ""
        passed = self.judge.passed(attempt.gate, attempt.start, attempt.target)
        leap = bool(passed) and all(process.stage(stage).applies is not None for stage in passed)
        if attempt.gate == "win":
            return start not in process.won_from and not leap
        if attempt.gate == "lose":
            return start not in process.lost_from
        if attempt.gate != "move":
            return False
        if process.index(attempt.target) < process.index(start):
            return process.moves.back == "never"
        forward = self.rule(self.numbers["moves:forward"])
        return bool(passed) and process.moves.forward == "next" and not forward.waivable_by and not leap

    def rule(self, number: int) -> Rule:
        """The rule of that place."""
        return self.rules[number].rule

    def check(self, number: int) -> Tree:
        """What a rule checks."""
        return self.rules[number].trees[0]

    def when(self, number: int) -> Tree | None:
        """When a rule applies, None where it always does."""
        return self.rules[number].trees[1] if len(self.rules[number].trees) > 1 else None

    def found(self, code: str, message: str, place: Place | None, *about: str) -> Finding:
        """A finding of this file, or of the one that it is a variant of."""
        line, column = (place.line, place.column) if place else (None, None)
        file = place.file if place and place.file else self.file
        return Finding(code, CODES[code], message, file, line, column, about)

    def about_rule(self, code: str, message: str, number: int, *others: str) -> Finding:
        """A finding about a rule, at its place."""
        rule_id = self.rule(number).id
        return self.found(code, f"rule `{rule_id}` {message}", self.rules[number].draft.place, rule_id, *others)

    def stage_of(self, number: int) -> str:
        """The stage in whose entry a rule stands, empty for the other gates."""
        stage = self.rule(number).asked_at.rpartition(":")[2]
        return stage if stage in self.process.stage_ids else ""

    def applies(self, number: int) -> Tree | None:
        """The condition of the stage in whose entry a rule stands; None where it has none."""
        place = self.numbers.get(f"{self.stage_of(number)}:applies")
        return None if place is None or place == number else self.check(place)

    def where(self, number: int) -> str:
        """Where a rule stands, beside its name: its line, and the file where it is another one."""
        place = self.rules[number].draft.place
        return f"{place.file}:{place.line}" if place.file else f"line {place.line}"

    def place(self, *keys: str) -> Place:
        """Where the value under these keys stands; of the last of them that is written."""
        node = self.root
        for key in keys:
            inner = _under(node, key)
            if inner is None:
                break
            node = inner
        return node.place

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys at the top of the file."""
        return frozenset(key.value for key, _ in self.root.entries) if isinstance(self.root, Table) else frozenset()

    def own(self, number: int) -> bool:
        """Whether somebody wrote the rule, and it is not one that every process has."""
        return self.rule(number).kind != "topology" or self.rules[number].draft.source is not None


def _under(node: Node, key: str) -> Node | None:
    if isinstance(node, Table):
        return next((value for name, value in node.entries if name.value == key), None)
    if isinstance(node, Items):
        return next((item for item in node.items if _is_called(item, key)), None)
    return None


def _is_called(node: Node, name: str) -> bool:
    called = _under(node, "id") if isinstance(node, Table) else node
    return isinstance(called, Text) and called.value == name
