"""A rule made ready to run over a frame, and what each of its parts came to."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline_engine.process.rules.columns import Column, Records
from pipeline_engine.process.rules.compute.lists import Step
from pipeline_engine.process.rules.frame import Frame, Scope
from pipeline_engine.process.rules.rows import value_at
from pipeline_engine.process.rules.steps import Builder
from pipeline_engine.process.rules.tree import Node

FALSE, TRUE, UNKNOWN = 0, 1, 2


class Trace:
    """What every node outside a loop's body came to; nodes are told apart by identity, not by equality."""

    def __init__(self) -> None:
        self._results: dict[int, Any] = {}

    def note(self, node: Node, result: Any) -> None:
        """Remember what a node came to."""
        self._results[id(node)] = result

    def result(self, node: Node) -> Any:
        """The column or list of a node on all rows; None where it was not evaluated by itself."""
        return self._results.get(id(node))

    def outcome(self, node: Node, row: int = 0) -> bool | None:
        """Of a BOOL node: true, false, or None for unknown or not evaluated by itself."""
        value = self.value(node, row)
        return value if isinstance(value, bool) else None

    def value(self, node: Node, row: int = 0) -> Any:
        """The Python value of a node; None where it is unknown, or was not evaluated by itself."""
        result = self._results.get(id(node))
        return value_at(result, row) if isinstance(result, (Column, Records)) else None


class Program:
    """
    A rule, compiled; make it once, run it on any frame, from any thread.

    Raises:
        ValueError: The tree has a step or a function that no compiler of ours writes.
    """

    def __init__(self, node: Node) -> None:
        self.node = node
        self._step = Builder().build(node)

    def verdicts(self, frame: Frame) -> NDArray[np.int8]:
        """One verdict a row: 0 false, 1 true, 2 unknown."""
        with np.errstate(all="ignore"):
            result: Column = self._step(frame)
        verdicts = np.empty(frame.size, np.int8)
        verdicts[...] = result.values
        if result.missing is not None:
            np.copyto(verdicts, UNKNOWN, where=result.missing)
        return verdicts

    def trace(self, frame: Scope) -> Trace:
        """What every part came to, on all rows of the frame, or of the inside of a loop."""
        trace = Trace()

        def record(node: Node, step: Step) -> Step:
            def noted(scope: Scope) -> Any:
                result = step(scope)
                trace.note(node, result)
                return result

            return noted

        with np.errstate(all="ignore"):
            Builder(record).build(self.node)(frame)
        return trace
