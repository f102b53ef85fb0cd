"""What every part of a rule came to on one row, inside loops too: the evaluator's own trace, asked part by part."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline_engine.process.rules.columns import Records
from pipeline_engine.process.rules.compute.lists import Opened
from pipeline_engine.process.rules.frame import Scope
from pipeline_engine.process.rules.program import Program
from pipeline_engine.process.rules.rows import value_at
from pipeline_engine.process.rules.tree import Node
from pipeline_engine.process.rules.wording import Wording


class Look:
    """One row of a scope, with what each node of a rule came to there."""

    def __init__(
        self, node: Node, scope: Scope, wording: Wording, *, row: int = 0, around: Sequence[Node] = ()
    ) -> None:
        """`around` are the rates and the calendar that hold where the node stands, outermost first."""
        self.scope, self.wording, self.row, self.around = scope, wording, row, tuple(around)
        whole = node
        for wrapper in reversed(self.around):
            whole = Node(wrapper.op, node.kind, wrapper.value, (whole,))
        self._trace = Program(whole).trace(scope)

    def under(self, wrapper: Node) -> "Look":
        """The same look, under rates or a calendar that stand in the rule."""
        inner = Look.__new__(Look)
        inner.scope, inner.wording, inner.row, inner._trace = self.scope, self.wording, self.row, self._trace
        inner.around = (*self.around, wrapper)
        return inner

    def outcome(self, node: Node) -> bool | None:
        """True, false, or None for unknown."""
        return self._trace.outcome(node, self.row)

    def value(self, node: Node) -> Any:
        """The value of a node, None where it is unknown."""
        return self._trace.value(node, self.row)

    def at(self, path: str) -> Any:
        """What a column path holds, None where nothing."""
        found = self.scope.look(path)
        return None if found is None else value_at(found, self.row)

    def again(self, node: Node) -> "Look":
        """A look at another tree on the same row."""
        return Look(node, self.scope, self.wording, row=self.row, around=self.around)

    def elements(self, macro: Node) -> "list[Element]":
        """Each element of the list that a macro runs over, with a look at the macro's body there."""
        listed, body = macro.args
        records = self._trace.result(listed)
        if not isinstance(records, Records):
            return []
        opened = Opened(records, self.scope.size)
        inner = Look(body, opened.body(self.scope, macro.value[1]), self.wording, around=self.around)
        rows = np.flatnonzero(opened.owner == self.row).tolist()
        return [Element(inner, row, macro.value[1], self) for row in rows]

    def element(self, variable: str) -> "Element | None":
        """The element that a loop's variable stands for here; None where it is no variable."""
        return None


class Element(Look):
    """One element of a list: the body of the loop as it came out there."""

    def __init__(self, inner: Look, row: int, variable: str, outer: Look) -> None:
        self.scope, self.wording, self.around, self._trace = inner.scope, inner.wording, inner.around, inner._trace
        self.row, self.variable, self._outer = row, variable, outer

    def element(self, variable: str) -> "Element | None":
        """This element, or one of a loop around this one."""
        return self if variable == self.variable else self._outer.element(variable)

    def part(self, name: str) -> Any:
        """A field of the element; the element itself for ``""``."""
        return self.at(f"{self.variable}.{name}" if name else self.variable)
