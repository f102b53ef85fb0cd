"""What one branch of the search has settled about the deal; a fact that contradicts another raises Contradiction.

Only facts that follow from the demands are kept here, so a contradiction is a proof for its branch.
"""

from dataclasses import dataclass, field, replace
from math import gcd
from typing import Any

from pipeline_engine.process.analysis.spans import Span, of_relation
from pipeline_engine.process.analysis.terms import TURNED, WHOLE, Sum, columns_in, name_of, sum_of, sure
from pipeline_engine.process.analysis.texts import Claim, Text
from pipeline_engine.process.analysis.world import World
from pipeline_engine.process.rules import Kind, Node

Key = tuple[tuple[Node, int], ...]
_SIGNS = {"_<_": "<", "_<=_": "<=", "_>_": ">", "_>=_": ">=", "_==_": "=", "_!=_": "<>"}


class Contradiction(Exception):
    """Two facts that cannot both hold."""


@dataclass(frozen=True, slots=True)
class Group:
    """Elements of a list that are alike: a name for the columns of one of them, and how many there are."""

    element: str
    count: int


@dataclass
class Listing:
    """A list of a deal: its groups, what holds of every element, and of how many at most a condition is true.

    `needs` counts what was asked to be in it; `given` of its groups were there before the search.
    """

    groups: tuple[Group, ...] = ()
    every: tuple[Any, ...] = ()
    at_most: tuple[Any, ...] = ()
    given: int = 0
    needs: int = 0


@dataclass
class Facts:
    """The facts of one branch."""

    world: World
    present: dict[str, bool] = field(default_factory=dict)
    bools: dict[str, bool] = field(default_factory=dict)
    spans: dict[Key, Span] = field(default_factory=dict)
    signs: dict[tuple[Node, Node], frozenset[str]] = field(default_factory=dict)
    texts: dict[Node, Text] = field(default_factory=dict)
    pairs: frozenset[tuple[Node, Node, bool]] = frozenset()
    judged: dict[Node, int] = field(default_factory=dict)
    valued: dict[Node, bool] = field(default_factory=dict)
    wishes: tuple[tuple[Key, Span], ...] = ()
    lists: dict[str, Listing] = field(default_factory=dict)
    counts: dict[Any, int] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()

    def copy(self) -> "Facts":
        """The same facts, to go another way from here."""
        return Facts(
            self.world, dict(self.present), dict(self.bools), dict(self.spans), dict(self.signs), dict(self.texts),
            self.pairs, dict(self.judged), dict(self.valued), self.wishes,
            {path: replace(each) for path, each in self.lists.items()}, dict(self.counts), self.doubts,
        )  # fmt: skip

    def recorded(self, path: str, there: bool) -> None:
        """A column is recorded, or is not."""
        if self.present.get(path, there) is not there:
            raise Contradiction(path)
        if (there and self.world.missing(path)) or (not there and self.world.always(path)):
            raise Contradiction(path)
        self.present[path] = there

    def columns_recorded(self, *terms: Node) -> None:
        """Every column that the terms read is recorded."""
        for term in terms:
            for each in columns_in(term):
                self.recorded(str(each.value), True)

    def boolean(self, path: str, value: bool) -> None:
        """A column is true, or false."""
        self.recorded(path, True)
        if self.bools.get(path, value) is not value:
            raise Contradiction(path)
        self.bools[path] = value

    def judge(self, node: Node, verdicts: int) -> None:
        """A condition that is not looked into comes to one of these verdicts."""
        left = self.judged.get(node, 7) & verdicts
        if not left:
            raise Contradiction(name_of(node))
        self.judged[node] = left

    def has_value(self, node: Node, value: bool) -> None:
        """A term has a value, or is unknown although all it reads is recorded."""
        if self.valued.get(node, value) is not value:
            raise Contradiction(name_of(node))
        self.valued[node] = value

    def compare(self, relation: str, left: Node, right: Node, exact: bool = True) -> None:
        """Two numbers stand in a relation; where it is not exact, only nearly so."""
        for term in (left, right):
            if term.op != "const" and not sure(term, self.world):
                self.has_value(term, True)
        self._sign(relation, left, right)
        total = sum_of(left).plus(sum_of(right), -1)
        span = of_relation(relation, 0)
        if exact:
            self.bound(total, span, left.kind in WHOLE)
        else:
            slack = sum(abs(count) for _, count in total.parts)
            self.wishes = (*self.wishes, normal(total, span, True))
            near = Span(None if span.low is None else -slack, None if span.high is None else slack)
            self.bound(total, near, True)

    def _sign(self, relation: str, left: Node, right: Node) -> None:
        if name_of(right) < name_of(left):
            left, right, relation = right, left, TURNED[relation]
        allowed = frozenset(_SIGNS[relation])
        if relation in ("_<=_", "_>=_"):
            allowed |= {"="}
        found = self.signs.get((left, right), frozenset("<>=")) & allowed
        if not found:
            raise Contradiction(f"{name_of(left)} {name_of(right)}")
        self.signs[left, right] = found

    def bound(self, total: Sum, span: Span, whole: bool) -> None:
        """A sum lies in a range."""
        key, span = normal(total, span, whole)
        if not key:
            if not span.holds(0):
                raise Contradiction("a constant")
            return
        found = self.span(key).meet(span.whole(self.step(key)) if whole else span)
        if found.empty:
            raise Contradiction(" ".join(name_of(term) for term, _ in key))
        self.spans[key] = found

    def span(self, key: Key) -> Span:
        """Within what a sum lies, as far as is known."""
        if key in self.spans:
            return self.spans[key]
        (term, count), *more = key
        if more or count != 1 or term.op != "column" or not isinstance(term.kind, Kind):
            return Span()
        found = self.world.span(str(term.value), term.kind)
        return found.whole(self.world.step(str(term.value))) if term.kind in WHOLE else found

    def step(self, key: Key) -> int:
        """Whole values of a sum are multiples of this: the days between two dates are whole."""
        steps = [self.world.step(str(term.value)) if term.op == "column" else 1 for term, _ in key]
        return gcd(*(step * count for step, (_, count) in zip(steps, key, strict=True)))

    def text(self, term: Node) -> Text:
        """What is known of a text."""
        if term in self.texts:
            return self.texts[term]
        return Text(self.world.texts(str(term.value)) if term.op == "column" else None)

    def text_is(self, term: Node, found: Text) -> None:
        """A text is as told, beside all that was known of it."""
        if found.impossible:
            raise Contradiction(name_of(term))
        self.texts[term] = found

    def claim_text(self, term: Node, claim: Claim) -> None:
        """A predicate holds of a text, or does not."""
        literal = frozenset({claim.literal})
        if claim.function in ("_==_", "_!=_"):
            same = (claim.function == "_==_") is claim.holds
            self.text_is(term, self.text(term).among(literal) if same else self.text(term).none_of(literal))
        else:
            self.text_is(term, self.text(term).claimed(claim))

    def pair(self, left: Node, right: Node, same: bool) -> None:
        """Two texts are the same, or are not."""
        one, other = sorted((left, right), key=name_of)
        if (one, other, not same) in self.pairs or (one == other and not same):
            raise Contradiction(name_of(one))
        self.pairs |= {(one, other, same)}

    def count(self, limit: Any, more: int) -> None:
        """So many more elements count to a limit."""
        self.counts[limit] = self.counts.get(limit, 0) + more
        if self.counts[limit] > limit.count:
            raise Contradiction(f"at most {limit.count} {limit.path}")

    def doubt(self, why: str) -> None:
        """From here on a contradiction proves nothing."""
        self.doubts = (*self.doubts, why)

    def listing(self, path: str) -> Listing:
        """The list of that path."""
        return self.lists.setdefault(path, Listing())


def normal(total: Sum, span: Span, whole: bool) -> tuple[Key, Span]:
    """A range of a sum as one of its smallest multiple without a constant, so that equal sums have equal keys."""
    span = span.moved(-total.constant)
    if not total.parts:
        return (), span
    if total.parts[0][1] < 0:
        total, span = Sum(()).plus(Sum(total.parts), -1), span.flipped()
    divisor = gcd(*(count for _, count in total.parts))
    key = tuple((term, count // divisor) for term, count in total.parts)
    span = span.divided(divisor)
    return key, span.whole() if whole else span
