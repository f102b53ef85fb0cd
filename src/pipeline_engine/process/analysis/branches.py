"""One branch of the search: claims are broken down until only facts are left, or two of them contradict each other."""

from dataclasses import dataclass, field, replace

from pipeline_engine.process.analysis import claims
from pipeline_engine.process.analysis.atoms import settle, split, unequal, unknown_ways
from pipeline_engine.process.analysis.claims import (
    ELEMENT,
    FALSE,
    LOOPS,
    TRUE,
    UNKNOWN,
    AtLeast,
    AtMost,
    Claim,
    Counted,
    Every,
    Kept,
    Odd,
    Verdict,
    Ways,
)
from pipeline_engine.process.analysis.facts import Contradiction, Facts
from pipeline_engine.process.analysis.terms import FALSE as NO
from pipeline_engine.process.analysis.terms import (
    RELATIONS,
    TERNARY,
    TURNED,
    call,
    choice_in,
    exchanged,
    has_loop,
    known,
    put,
    put_constant,
)
from pipeline_engine.process.analysis.terms import TRUE as YES
from pipeline_engine.process.rules import Kind, ListOf, Node

_LOGIC = {"_&&_": claims.conjunction, "_||_": claims.disjunction, TERNARY: claims.ternary}


def ways_of(claim: Verdict, facts: Facts) -> Ways:
    """The ways to a verdict; what an atom settles is noted at once, which leaves one way."""
    node, verdicts = claim.node, claim.verdicts
    if node.op == "const":
        return [()] if (TRUE if node.value else FALSE) & verdicts else []
    if node.op in ("column", "has"):
        return _column(node, verdicts, facts)
    if node.op == "macro":
        return _loop(node, verdicts, facts)
    if node.value in _LOGIC:
        return _LOGIC[str(node.value)](node.args, verdicts)
    if node.value == "!_":
        return [(Verdict(node.args[0], claims.turned(verdicts)),)]
    return _call(node, verdicts, facts)


def _column(node: Node, verdicts: int, facts: Facts) -> Ways:
    if verdicts not in (TRUE, FALSE, UNKNOWN):
        return [(Verdict(node, each),) for each in (TRUE, FALSE, UNKNOWN) if verdicts & each]
    path = str(node.value)
    if node.op == "has":
        if verdicts == UNKNOWN:
            return []
        facts.recorded(path, verdicts == TRUE)
    elif verdicts == UNKNOWN:
        facts.recorded(path, False)
    else:
        facts.boolean(path, verdicts == TRUE)
    return [()]


def _call(node: Node, verdicts: int, facts: Facts) -> Ways:
    if node.value == "known":
        return _known(node, verdicts, facts)
    choice = choice_in(node)
    if choice is not None:
        chosen = call(TERNARY, choice.args[0], *(exchanged(node, choice, each) for each in choice.args[1:]))
        return [(Verdict(chosen, verdicts),)]
    if node.value == "@in":
        return _membership(node, verdicts, facts)
    if node.args[0].kind is Kind.BOOL:
        return _alike(node, verdicts)
    if any(has_loop(arg) for arg in node.args):
        counted = _counted(node, verdicts)
        return _unseen(node, verdicts, facts) if counted is None else counted
    return _atom(node, verdicts, facts)


def _atom(node: Node, verdicts: int, facts: Facts) -> Ways:
    if verdicts not in (TRUE, FALSE, UNKNOWN):
        return split(node, verdicts, facts)
    if verdicts == UNKNOWN:
        return unknown_ways(node, facts)
    return unequal(node, verdicts, facts) or [settle(node, verdicts, facts)]


def _known(node: Node, verdicts: int, facts: Facts) -> Ways:
    """True where the column is recorded, unknown where it is not, and never false."""
    if verdicts & TRUE and verdicts & UNKNOWN:
        return [(Verdict(node, TRUE),), (Verdict(node, UNKNOWN),)]
    if verdicts == FALSE:
        return []
    facts.recorded(str(node.args[0].value), bool(verdicts & TRUE))
    return [()]


def _alike(node: Node, verdicts: int) -> Ways:
    """`a == b` of two conditions."""
    left, right = node.args
    same = [(*claims.true(left), *claims.true(right)), (*claims.false(left), *claims.false(right))]
    other = [(*claims.true(left), *claims.false(right)), (*claims.false(left), *claims.true(right))]
    if node.value == "_!=_":
        same, other = other, same
    ways: Ways = [*(same if verdicts & TRUE else []), *(other if verdicts & FALSE else [])]
    return ways + ([(Verdict(left, UNKNOWN),), (Verdict(right, UNKNOWN),)] if verdicts & UNKNOWN else [])


def _unseen(node: Node, verdicts: int, facts: Facts) -> Ways:
    """A condition that is not looked into: all that is known is that it comes to one verdict."""
    facts.judge(node, verdicts)
    return [()]


def _membership(node: Node, verdicts: int, facts: Facts) -> Ways:
    value, listed = node.args
    if listed.op == "list" and all(item.op == "const" for item in listed.args):
        equals = tuple(call("_==_", value, item) for item in listed.args)
        return [(Verdict(call("_||_", *equals), verdicts),)]
    kept = kept_of(listed)
    if kept is None or value.op not in ("const", "column"):
        return _unseen(node, verdicts, facts)
    assert isinstance(listed.kind.of, Kind)  # type: ignore[union-attr]  # kept_of gives lists only
    element = kept.value or Node("column", listed.kind.of, ELEMENT)  # type: ignore[union-attr]  # as above
    found = claims.exists(kept, call("_==_", element, value), verdicts)
    if value.op == "const":
        return found
    there = Verdict(known(str(value.value), value.kind), TRUE)
    missing: Ways = [(Verdict(known(str(value.value), value.kind), UNKNOWN),)] if verdicts & UNKNOWN else []
    return [(there, *way) for way in found] + missing


def _counted(node: Node, verdicts: int) -> Ways | None:
    """The ways of `list.size() >= n`; None where it is something else."""
    if node.value not in RELATIONS or len(node.args) != 2:
        return None
    (left, right), relation = node.args, str(node.value)
    if right.value == "size":
        left, right, relation = right, left, TURNED[relation]
    if left.value != "size" or not isinstance(left.args[0].kind, ListOf) or right.op != "const":
        return None
    kept = kept_of(left.args[0])
    return None if kept is None else claims.counted(kept, relation, right.value, verdicts)


def _loop(node: Node, verdicts: int, facts: Facts) -> Ways:
    name, variable = node.value
    listed, body = node.args
    if listed.op == "list" and name in ("exists", "all") and all(item.op == "const" for item in listed.args):
        each = tuple(put_constant(body, variable, item) for item in listed.args)
        empty = YES if name == "all" else NO
        joined = call("_&&_" if name == "all" else "_||_", *each) if each else empty
        return [(Verdict(joined, verdicts),)]
    kept = kept_of(listed)
    if kept is None or name not in LOOPS:
        return _unseen(node, verdicts, facts)
    return LOOPS[name](kept, kept.element(body, variable), verdicts)


def kept_of(listed: Node) -> Kept | None:
    """What is left of a list of the deal after its filters; None where it is made in another way."""
    if listed.op == "column" and isinstance(listed.kind, ListOf):
        return Kept(str(listed.value), listed.kind, YES)
    if listed.op != "macro" or listed.value[0] not in ("filter", "map"):
        return None
    inner = kept_of(listed.args[0])
    if inner is None or inner.value is not None:
        return None
    body = inner.element(listed.args[1], listed.value[1])
    if listed.value[0] == "filter":
        return replace(inner, condition=inner.where(body, NO))
    return replace(inner, value=body) if body.op == "column" else None


@dataclass
class Branch:
    """Facts so far, claims to be broken down, and choices put off until nothing else is left to do."""

    facts: Facts
    claims: list[Claim] = field(default_factory=list)
    choices: list[Ways] = field(default_factory=list)
    needs: list[AtLeast] = field(default_factory=list)

    def copy(self, way: tuple[Claim, ...]) -> "Branch":
        """This branch with one of the ways taken."""
        return Branch(self.facts.copy(), list(way), list(self.choices), list(self.needs))

    def settle(self) -> None:
        """Break down all claims; raises Contradiction."""
        while self.claims:
            self._take(self.claims.pop())

    def _take(self, claim: Claim) -> None:
        match claim:
            case Verdict():
                self._choose(ways_of(claim, self.facts))
            case Odd():
                self.facts.has_value(claim.node, False)
            case AtLeast():
                self.needs.append(claim)
            case Every():
                self._every(claim)
            case AtMost():
                self._at_most(claim)
            case Counted():
                self.facts.count(claim.limit, claim.count)

    def _choose(self, ways: Ways) -> None:
        if not ways:
            raise Contradiction("no way")
        if len(ways) == 1:
            self.claims.extend(ways[0])
        else:
            self.choices.append(ways)

    def _every(self, claim: Every) -> None:
        listing = self.facts.listing(claim.path)
        listing.every = (*listing.every, claim)
        for group in listing.groups:
            self.claims.append(Verdict(put(claim.body, ELEMENT, group.element), claim.verdicts))

    def _at_most(self, claim: AtMost) -> None:
        listing = self.facts.listing(claim.path)
        if claim in listing.at_most:
            return
        if len(listing.groups) > listing.given:
            self.facts.doubt(f"how many {claim.path} there may be at most")
        listing.at_most = (*listing.at_most, claim)
        self.choices += [claims.counting(claim, group.element, group.count) for group in listing.groups]

    def ways(self) -> list["Branch"] | None:
        """The branches of the choice that leaves the fewest; None where no choice is left. Raises Contradiction.

        Every choice is tried first: ways that contradict at once are dropped, and one that is left alone is taken.
        """
        while True:
            fewest: tuple[int, list[Branch]] | None = None
            for place, ways in enumerate(self.choices):
                below = self._viable(ways)
                if len(below) == 1:
                    break
                if fewest is None or len(below) < len(fewest[1]):
                    fewest = place, below
            else:
                return None if fewest is None else [self._joined(fewest[0], each) for each in fewest[1]]
            taken = self._joined(place, below[0])
            self.facts, self.choices, self.needs = taken.facts, taken.choices, taken.needs

    def _viable(self, ways: Ways) -> list["Branch"]:
        found = []
        for way in ways:
            below = Branch(self.facts.copy(), list(way))
            try:
                below.settle()
            except Contradiction:
                self.facts.doubts = below.facts.doubts
                continue
            if below.adds_nothing_to(self):
                return [below]  # it holds already, so there is nothing to choose
            found.append(below)
        if not found:
            raise Contradiction("no way is left")
        return found

    def holds(self, way: tuple[Claim, ...]) -> bool:
        """Whether the claims follow from the facts as they are."""
        below = Branch(self.facts.copy(), list(way))
        try:
            below.settle()
        except Contradiction:
            return False
        return below.adds_nothing_to(self)

    def adds_nothing_to(self, above: "Branch") -> bool:
        """Whether nothing is known here that is not known above."""
        return not self.choices and not self.needs and self.facts == above.facts

    def _joined(self, place: int, below: "Branch") -> "Branch":
        """This branch with one choice made."""
        others = [*self.choices[:place], *self.choices[place + 1 :]]
        below.facts.doubts = tuple(dict.fromkeys((*self.facts.doubts, *below.facts.doubts)))
        return Branch(below.facts, [], [*others, *below.choices], [*self.needs, *below.needs])
