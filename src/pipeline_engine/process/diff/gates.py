"""The gates of two processes, and what is known of a deal that stands before each of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from pipeline_engine.process.judge import OUTCOME_TARGETS
from pipeline_engine.process.model import Process
from pipeline_engine.process.rules import BUILT_IN, STAY_BEGINS


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate by its name, and where its rules are asked. `way` is -1 back, 1 forward, 0 where it is no topology."""

    name: str
    asked_at: tuple[str, ...]
    way: int = 0


def gates_of(process: Process) -> list[Gate]:
    """The gates of a process that are compared; `leave:`, `applies:` and `moves` only where they ask."""
    asked = {rule.asked_at for rule in process.rules}
    gates = [Gate("open", ("open",)), *([Gate("own", ("own",))] if "own" in asked else [])]
    for stage in process.stage_ids:
        names = [name for name in (f"applies:{stage}", stage, f"leave:{stage}") if name == stage or name in asked]
        gates += [Gate(name, (name,)) for name in names]
    gates += [Gate("moves", ("moves",))] if "moves" in asked else []
    gates += [Gate("moves:forward", ("moves:forward",), 1), Gate("moves:back", ("moves:back",), -1)]
    return gates + [Gate(name, (f"{name}:from", name)) for name in OUTCOME_TARGETS.values()]


def gates_of_both(a: Process, b: Process) -> list[Gate]:
    """The gates of either, in the order of the first; what only the second has stands behind what it follows there."""
    order = gates_of(a)
    before: Gate | None = None
    for gate in gates_of(b):
        if gate not in order:
            order.insert(0 if before is None else order.index(before) + 1, gate)
        before = gate
    return order


def attempts_at(gate: Gate, a: Process, b: Process) -> Iterator[Mapping[str, Any]]:
    """What is settled of a deal before a gate: one or several cases, each of them the same in both processes."""
    if gate.way:
        yield from _moves(gate.way, a, b)
        return
    kind, _, stage = gate.name.rpartition(":")
    if gate.name in ("moves", "own"):
        yield {}
    elif kind == "leave":
        yield {"move.from": stage}
    elif gate.name == "open":
        yield {"move.from": None}
    elif gate.name in OUTCOME_TARGETS.values():
        yield {"move.to": gate.name, "move.steps": None}
    else:
        yield _entering(stage, a, b)


def attempts_from_elsewhere(gate: Gate, a: Process, b: Process) -> Iterator[Mapping[str, Any]]:
    """The other ways to a stage that either process leaves open: a leap from an earlier one, an opening right there."""
    kind, _, stage = gate.name.rpartition(":")
    if kind not in ("", "applies") or not all(stage in process.stage_ids for process in (a, b)):
        return
    for start in a.stage_ids[: max(a.index(stage) - 1, 0)]:
        passed = _passed(a, start, stage)
        if start in b.stage_ids and passed == _passed(b, start, stage) and (leaps(a, passed) or leaps(b, passed)):
            steps = a.steps(start, stage)
            yield {"move.to": stage, "move.from": start, "move.steps": steps, "move.passed": passed[1:-1]}
    before = a.stage_ids[: a.index(stage)]
    if stage in {*a.moves.open_in, *b.moves.open_in} and before == b.stage_ids[: b.index(stage)]:
        yield {"move.to": stage, "move.from": None, "move.steps": len(before) + 1, "move.passed": before, **NO_STAY}


def leaps(process: Process, passed: tuple[str, ...]) -> bool:
    """Whether some deal may pass over the stages between the first and the last."""
    if process.moves.forward == "any" or any(rule.id == "moves:forward" and rule.waivable_by for rule in process.rules):
        return True
    return all(process.stage(stage).applies is not None for stage in passed[1:-1])


# A deal that is being opened stands in no stage yet.
NO_STAY: Mapping[str, Any] = {"stage.id": None, **dict.fromkeys(STAY_BEGINS)}


def _entering(stage: str, a: Process, b: Process) -> Mapping[str, Any]:
    """A deal that comes from the stage before, where both have the same one before."""
    before = {process.stage_ids[: process.index(stage)][-1:] for process in (a, b) if stage in process.stage_ids}
    known: dict[str, Any] = {"move.to": stage, "move.steps": 1}
    return known | {"move.from": next(iter(*before), None)} if len(before) == 1 else known


def _moves(way: int, a: Process, b: Process) -> Iterator[Mapping[str, Any]]:
    common = [stage for stage in a.stage_ids if stage in b.stage_ids]
    for start, end in product(common, common):
        steps = a.steps(start, end)
        if steps * way > 0 and _passed(a, start, end) == _passed(b, start, end):
            known = {"move.from": start, "move.to": end, "move.steps": steps}
            passed = _passed(a, start, end)[1:-1] if way > 0 else ()
            yield known | ({"move.passed": passed} if "move.passed" in BUILT_IN else {})


def _passed(process: Process, start: str, end: str) -> tuple[str, ...]:
    first, last = process.index(start), process.index(end)
    return process.stage_ids[first : last + 1] if first < last else process.stage_ids[last : first + 1][::-1]


def stages_differ(a: Process, b: Process) -> bool:
    """Whether some moves pass over other stages in one than in the other."""
    return a.stage_ids != b.stage_ids
