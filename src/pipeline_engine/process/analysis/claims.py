"""What is still to be made true in a branch of the search, and how a condition breaks down into smaller ones.

A set of verdicts is a sum of TRUE, FALSE and UNKNOWN, by the logic of the evaluator: missing is unknown, and unknown
spreads only where the answer hangs on it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline_engine.process.analysis.terms import FALSE as NO
from pipeline_engine.process.analysis.terms import NOT, TERNARY, call, known, put, put_constant
from pipeline_engine.process.analysis.terms import TRUE as YES
from pipeline_engine.process.rules import ListOf, Node

TRUE, FALSE, UNKNOWN = 1, 2, 4
NOT_TRUE, NOT_FALSE, SETTLED = FALSE | UNKNOWN, TRUE | UNKNOWN, TRUE | FALSE


@dataclass(frozen=True, slots=True)
class Verdict:
    """A condition comes to one of these verdicts."""

    node: Node
    verdicts: int


@dataclass(frozen=True, slots=True)
class Every:
    """Of every element of a list the condition comes to one of these verdicts."""

    path: str
    body: Node
    verdicts: int


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Of so many elements of a list the condition comes to this one verdict, beside those that are named already."""

    path: str
    body: Node
    verdict: int
    count: int
    apart: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AtMost:
    """Of no more than so many elements of a list the condition is true."""

    path: str
    body: Node
    count: int


@dataclass(frozen=True, slots=True)
class Odd:
    """A term has no value although everything it reads is recorded: an overflow, a division by zero, no rate."""

    node: Node


@dataclass(frozen=True, slots=True)
class Counted:
    """So many elements count to a limit."""

    limit: AtMost
    count: int


Claim = Verdict | Every | AtLeast | AtMost | Odd | Counted
Way = tuple[Claim, ...]  # all of them
Ways = list[Way]  # one of them

ELEMENT = "@"  # stands for the loop variable in the body of Every, AtLeast and AtMost


def counting(limit: AtMost, element: str, count: int) -> Ways:
    """The ways in which elements stand to a limit: they do not count to it, or they do."""
    body = put(limit.body, ELEMENT, element)
    return [(Verdict(body, NOT_TRUE),), (Verdict(body, TRUE), Counted(limit, count))]


def true(*nodes: Node) -> Way:
    """All are true."""
    return tuple(Verdict(node, TRUE) for node in nodes)


def false(*nodes: Node) -> Way:
    """All are false."""
    return tuple(Verdict(node, FALSE) for node in nodes)


def conjunction(args: tuple[Node, ...], verdicts: int) -> Ways:
    """The ways in which `a && b` comes to one of the verdicts."""
    all_but_false = tuple(Verdict(arg, NOT_FALSE) for arg in args)
    match verdicts:
        case 1:
            return [true(*args)]
        case 2:
            return [false(arg) for arg in args]
        case 3:
            return [true(*args), *(false(arg) for arg in args)]
        case 4:
            return [(Verdict(arg, UNKNOWN), *all_but_false) for arg in args]
        case 5:
            return [all_but_false]
    return [(Verdict(arg, verdict),) for verdict in (FALSE, UNKNOWN) for arg in args]


def turned(verdicts: int) -> int:
    """The verdicts on the negation."""
    return (verdicts & UNKNOWN) | (FALSE if verdicts & TRUE else 0) | (TRUE if verdicts & FALSE else 0)


def disjunction(args: tuple[Node, ...], verdicts: int) -> Ways:
    """The ways in which `a || b` comes to one of the verdicts."""
    ways = conjunction(args, turned(verdicts))
    return [tuple(_negated(each) for each in way) for way in ways]


def _negated(claim: Claim) -> Claim:
    assert isinstance(claim, Verdict)
    return Verdict(claim.node, turned(claim.verdicts))


def ternary(args: tuple[Node, ...], verdicts: int) -> Ways:
    """The ways of `c ? a : b`; first the one that does not ask."""
    condition, then, otherwise = args
    ways: Ways = [(*false(condition), Verdict(otherwise, verdicts)), (*true(condition), Verdict(then, verdicts))]
    return [*ways, (Verdict(condition, UNKNOWN),)] if verdicts & UNKNOWN else ways


@dataclass(frozen=True, slots=True)
class Kept:
    """The elements of a recorded list that its filters keep: the condition is true of them, ELEMENT being one.

    `value` is the field that a `map` makes of each.
    """

    path: str
    kind: ListOf
    condition: Node
    value: Node | None = None

    @property
    def settled(self) -> Way:
        """The filters come to true or false of every element, and what is made of it is recorded."""
        way: Way = () if self.condition == YES else (Every(self.path, self.condition, SETTLED),)
        return way if self.value is None else (*way, Every(self.path, self._made, TRUE))

    @property
    def _made(self) -> Node:
        assert self.value is not None
        return self.where(known(str(self.value.value), self.value.kind), YES)

    @property
    def unknown(self) -> Ways:
        """The ways in which the list is unknown: it is not recorded, or one element keeps it from being known."""
        ways: Ways = [(Verdict(known(self.path, self.kind), UNKNOWN),)]
        if self.condition != YES:
            ways.append((AtLeast(self.path, self.condition, UNKNOWN, 1),))
        if self.value is not None:
            ways.append((AtLeast(self.path, self._made, UNKNOWN, 1),))
        return ways

    def element(self, body: Node, variable: str) -> Node:
        """The body of a loop over what is kept, as a condition of ELEMENT."""
        return put(body, variable, ELEMENT) if self.value is None else put_constant(body, variable, self.value)

    def where(self, body: Node, otherwise: Node) -> Node:
        """The body of the elements that are kept."""
        return body if self.condition == YES else call(TERNARY, self.condition, body, otherwise)


def _here(kept: Kept) -> Way:
    return (Verdict(known(kept.path, kept.kind), TRUE), *kept.settled)


def exists(kept: Kept, body: Node, verdicts: int) -> Ways:
    """The ways of `exists`."""
    found = kept.where(body, NO)
    ways: Ways = []
    if verdicts & FALSE:
        ways.append((*_here(kept), Every(kept.path, found, FALSE)))
    if verdicts & TRUE:
        ways.append((*_here(kept), AtLeast(kept.path, found, TRUE, 1)))
    if verdicts & UNKNOWN:
        unsure = (*_here(kept), Every(kept.path, found, NOT_TRUE), AtLeast(kept.path, found, UNKNOWN, 1))
        ways += [*kept.unknown, unsure]
    return ways


def every(kept: Kept, body: Node, verdicts: int) -> Ways:
    """The ways of `all`."""
    holds = kept.where(body, YES)
    ways: Ways = []
    if verdicts & TRUE:
        ways.append((*_here(kept), Every(kept.path, holds, TRUE)))
    if verdicts & FALSE:
        ways.append((*_here(kept), AtLeast(kept.path, holds, FALSE, 1)))
    if verdicts & UNKNOWN:
        unsure = (*_here(kept), Every(kept.path, holds, NOT_FALSE), AtLeast(kept.path, holds, UNKNOWN, 1))
        ways += [*kept.unknown, unsure]
    return ways


def exactly_one(kept: Kept, body: Node, verdicts: int) -> Ways:
    """The ways of `exists_one`: one element that is unknown makes the whole unknown."""
    found = kept.where(body, NO)
    here = (*_here(kept), Every(kept.path, found, SETTLED))
    ways: Ways = []
    if verdicts & FALSE:
        ways += [(*here, Every(kept.path, found, FALSE)), (*here, AtLeast(kept.path, found, TRUE, 2))]
    if verdicts & TRUE:
        ways.append((*here, AtMost(kept.path, found, 1), AtLeast(kept.path, found, TRUE, 1)))
    if verdicts & UNKNOWN:
        ways += [*kept.unknown, (*_here(kept), AtLeast(kept.path, found, UNKNOWN, 1))]
    return ways


def counted(kept: Kept, relation: str, count: int, verdicts: int) -> Ways:
    """The ways of `size() >= count` and its kind."""
    ways: Ways = []
    if verdicts & TRUE:
        ways += _counts(kept, relation, count)
    if verdicts & FALSE:
        ways += _counts(kept, NOT[relation], count)
    return ways + (kept.unknown if verdicts & UNKNOWN else [])


def _counts(kept: Kept, relation: str, count: int) -> Ways:
    if relation == "_!=_":
        return _counts(kept, "_<_", count) + _counts(kept, "_>_", count)
    least = {"_>=_": count, "_>_": count + 1, "_==_": count}.get(relation, 0)
    most = {"_<=_": count, "_<_": count - 1, "_==_": count}.get(relation)
    if most is not None and most < 0:
        return []
    way = _here(kept)
    if most is not None:
        way = (*way, AtMost(kept.path, kept.condition, most))
    return [(*way, AtLeast(kept.path, kept.condition, TRUE, least)) if least > 0 else way]


LOOPS: Mapping[str, Callable[[Kept, Node, int], Ways]] = {"exists": exists, "all": every, "exists_one": exactly_one}
