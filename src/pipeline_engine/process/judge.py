"""Which rules a gate asks, and how they judge: one row for a deal, many for a backtest, by the same code.

A verdict is a small number in bulk and a letter where it is stored: 0 f fails, 1 p passes, 2 u unknown, 3 w waived,
4 n not asked. A rule passes only on true; where its `when` is false it is not asked, where its `when` is unknown the
rule is unknown.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline_engine.errors import UnknownStage
from pipeline_engine.process.model import OWNERS_MANAGER, Gate, Process, Rule
from pipeline_engine.process.owners import COUNTS, OF_THE_OWNER, OWN
from pipeline_engine.process.rules import Frame, Part, Program, Wording, because, from_json, seen, value_at, walk
from pipeline_engine.process.vocabulary import vocabulary_of
from pipeline_engine.process.wording import wording_of
from pipeline_engine.values import Value

FAIL, PASS, UNKNOWN, WAIVED, NOT_ASKED = range(5)
LETTERS = "fpuwn"
OUTCOME_TARGETS = {"win": "won", "lose": "lost", "reopen": "reopen"}

Codes = npt.NDArray[np.int8]


class Judge:
    """A process ready to judge: its rules as programs, its stages by place. Made once a version, shared by threads."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.stages = tuple(stage.id for stage in process.stages)
        self.index = {rule.id: number for number, rule in enumerate(process.rules)}
        self.vocabulary = vocabulary_of(process)
        self._checks = [Program(from_json(rule.check)) for rule in process.rules]
        self._whens = [Program(from_json(rule.when)) if rule.when is not None else None for rule in process.rules]
        self._at: dict[str, tuple[int, ...]] = {}
        for number, rule in enumerate(process.rules):
            for name in _names(rule):
                self._at[name] = (*self._at.get(name, ()), number)
        self.asks_about_owner = any(
            rule.approval == OWNERS_MANAGER or any(path.startswith("owner.") for path in rule.reads)
            for rule in process.rules
        )
        self._counting = frozenset(n for n, rule in enumerate(process.rules) if set(COUNTS) & set(rule.reads))
        self._asked: dict[tuple[Gate, str | None, str], tuple[int, ...]] = {}

    def place(self, stage: str) -> int:
        """The place of a stage on the way, from 0; raises UnknownStage."""
        if stage not in self.stages:
            raise UnknownStage(stage, self.stages, f"process `{self.process.name}`")
        return self.stages.index(stage)

    def steps(self, gate: Gate, from_stage: str | None, target: str) -> int | None:
        """How many stages forward an attempt goes, negative for back; None for outcomes and reopenings."""
        if gate not in ("open", "move"):
            return None
        return self.place(target) - (self.place(from_stage) if from_stage is not None else -1)

    def asked(self, gate: Gate, from_stage: str | None, target: str) -> tuple[int, ...]:
        """The rules (numbers in the process's order) that this attempt is judged by.

        A move forward is judged by the entry rules of every stage passed over and of the target, so a waived skip
        waives only the skip; and by what is asked on leaving its stage and those passed over. Going back is judged by
        none of them; an opening by those of every stage up to the one it opens in. How many deals somebody has in a
        stage is asked of the stage only that a deal comes to stand in. Limits and skills of the stage that a deal
        stands in are asked again of a new owner, and on reopening.
        """
        key = (gate, from_stage, target)
        if key not in self._asked:
            self._asked[key] = self._select(gate, from_stage, target)
        return self._asked[key]

    def counts(self, gate: Gate, from_stage: str | None, target: str) -> bool:
        """Whether a rule that judges this attempt reads how many open deals the owner has."""
        return bool(self._counting) and not self._counting.isdisjoint(self.asked(gate, from_stage, target))

    @cached_property
    def skills(self) -> tuple[str, ...]:
        """Every skill that a rule names: what everybody has where nobody is registered."""
        rules = self.process.rules
        trees = [from_json(rule.check) for rule in rules if {"owner.skills", "actor.skills"} & set(rule.reads)]
        said = [step.value for tree in trees for step in walk(tree) if step.op == "const"]
        named = [skill for rule in rules for skill in rule.skills]
        return tuple(dict.fromkeys((*named, *(text for text in said if isinstance(text, str)))))

    def passed(self, gate: Gate, from_stage: str | None, target: str) -> tuple[str, ...]:
        """The stages that an attempt leaps over: between the two of a move, before the one an opening is into."""
        if gate == "open":
            return self.stages[: self.place(target)]
        if gate == "move":
            return self.stages[self.place(from_stage or "") + 1 : self.place(target)]
        return self._leapt_over(from_stage or "") if gate == "win" else ()

    def _select(self, gate: Gate, from_stage: str | None, target: str) -> tuple[int, ...]:
        passed = self.passed(gate, from_stage, target)
        if gate == "open":
            return self._gates("open", OWN, *_passing(passed), *_leaving(passed), target, f"applies:{target}")
        if gate == "own":
            return self._gates(OWN, _owned(target))
        if gate == "move":
            if self.place(target) < self.place(from_stage or ""):
                return self._gates("moves", "moves:back")
            left = _leaving((from_stage or "", *passed))
            return self._gates("moves", "moves:forward", *left, *_passing(passed), target, f"applies:{target}")
        outcome = OUTCOME_TARGETS[gate]
        if gate == "win":
            return self._gates("won:from", *_leaving((from_stage or "", *passed)), *_passing(passed), outcome)
        return self._gates("lost:from", outcome) if gate == "lose" else self._gates(outcome, OWN, _owned(from_stage))

    def _leapt_over(self, from_stage: str) -> tuple[str, ...]:
        """The stages a win leaps over when it comes from a stage that deals are not won from."""
        start, allowed = self.place(from_stage), self.process.won_from
        ahead = [self.place(stage) for stage in allowed if self.place(stage) > start]
        return () if from_stage in allowed or not ahead else self.stages[start + 1 : min(ahead) + 1]

    def _gates(self, *names: str) -> tuple[int, ...]:
        return tuple(sorted(number for name in names for number in self._at.get(name, ())))

    def frame(self, row: Mapping[str, Any]) -> Frame:
        """One deal's row as the evaluator reads it."""
        return Frame.from_rows(self.vocabulary, [row])

    def seen(self, number: int, frame: Frame, row: int = 0) -> tuple[tuple[str, Value | None], ...]:
        """What a rule looked at on one row, in reading order: its `when`, then its check."""
        when, check = self._whens[number], self._checks[number]
        programs = [program for program in (when, check) if program is not None]
        found = {path: value for program in programs for path, value in seen(program.node, frame, row)}
        return tuple(found.items())

    @cached_property
    def wording(self) -> Wording:
        """The words that explanations are told in."""
        return wording_of(self.process)

    def read(self, frame: Frame, path: str, row: int = 0) -> Any:
        """What stands at a column path on one row; None where nothing does."""
        found = frame.look(path)
        return None if found is None else value_at(found, row)

    def applies(self, number: int, frame: Frame, row: int = 0) -> bool | None:
        """Whether a rule's `when` holds on one row; None where nobody knows."""
        when = self._whens[number]
        verdict = PASS if when is None else int(when.verdicts(frame)[row])
        return None if verdict == UNKNOWN else verdict == PASS

    def because(self, number: int, frame: Frame, row: int = 0) -> tuple[Part, ...]:
        """The smallest parts that make a rule not pass on a row: of its `when` where unknown, else of its check."""
        when, check = self._whens[number], self._checks[number]
        unsure = because(when.node, frame, self.wording, row) if when is not None else ()
        return unsure or because(check.node, frame, self.wording, row)

    def bound(self, number: int, frame: Frame) -> Any:
        """What the check of a limit measures by on the first row: 5 of `owner.open_deals < 5`."""
        node = self._checks[number].node
        return Program(node).trace(frame).value(node.args[1])

    def moment(self, tree: Any, frame: Frame) -> datetime | None:
        """What the stored tree of a moment comes to on the first row; None where it reads what is not known."""
        node = from_json(tree)
        found = Program(node).trace(frame).value(node)
        return found if isinstance(found, datetime) else None

    def verdict(self, number: int, frame: Frame) -> Codes:
        """One rule's verdict on each row of the frame."""
        checked: Codes = self._checks[number].verdicts(frame)
        when = self._whens[number]
        if when is None:
            return checked
        applies = when.verdicts(frame)
        return np.where(applies == PASS, checked, np.where(applies == UNKNOWN, UNKNOWN, NOT_ASKED)).astype(np.int8)

    def blocking(self, asked: Sequence[int], verdicts: Sequence[int]) -> bool:
        """Whether one of these verdicts stands in the way."""
        rules = self.process.rules
        return any(
            verdict in (FAIL, UNKNOWN) and rules[number].severity == "block"
            for number, verdict in zip(asked, verdicts, strict=True)
        )

    def letters(self, asked: Sequence[int], verdicts: Sequence[int]) -> str:
        """The stored form: one letter per rule of the process, in its order."""
        codes = ["n"] * len(self.process.rules)
        for number, verdict in zip(asked, verdicts, strict=True):
            codes[number] = LETTERS[verdict]
        return "".join(codes)

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of that id, None where the process has none."""
        number = self.index.get(rule_id)
        return None if number is None else self.process.rules[number]


def _names(rule: Rule) -> tuple[str, ...]:
    """Under which names a rule is asked: its gate, and of a stage what is asked in passing and of a new owner."""
    passing = () if rule.kind == "limit" else (f"passing:{rule.asked_at}",)
    owned = (_owned(rule.asked_at),) if rule.kind in OF_THE_OWNER else ()
    return (rule.asked_at, *passing, *owned)


def _passing(stages: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"passing:{stage}" for stage in stages)


def _owned(stage: str | None) -> str:
    return f"owned:{stage}"


def _leaving(stages: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"leave:{stage}" for stage in stages)
