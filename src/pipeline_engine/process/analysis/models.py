"""From the facts of one branch to deals to try: every column gets a value that fits what is known of it."""

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from itertools import islice, product
from typing import Any

from pipeline_engine.process.analysis import arithmetic, likely, numbers
from pipeline_engine.process.analysis.facts import Contradiction, Facts
from pipeline_engine.process.analysis.numbers import Numbers
from pipeline_engine.process.analysis.spans import Number
from pipeline_engine.process.analysis.terms import name_of
from pipeline_engine.process.analysis.texts import Text
from pipeline_engine.process.analysis.world import BASE, NEARLY_ALWAYS, spellings
from pipeline_engine.process.rules import RECORDS, Kind, ListOf, Node, RecordOf, walk
from pipeline_engine.process.rules.literals import DAY
from pipeline_engine.values import Money, microseconds, moment_at

Row = dict[str, Any]
MOST_ROWS = 1_500
_MOST_LOOSE = 3
_CURRENCY = "#currency"


class Texts:
    """The texts of a branch: those that must be the same are one class, and each class gets one text."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._head: dict[Node, Node] = {}
        for left, right, same in sorted(facts.pairs, key=lambda pair: (name_of(pair[0]), name_of(pair[1]))):
            if same:
                self._head[self.head(left)] = self.head(right)
        self.classes: dict[Node, Text] = {}
        for term in (*facts.texts, *(side for pair in facts.pairs for side in pair[:2])):
            head = self.head(term)
            self.classes[head] = self.classes.get(head, Text()).joined(facts.text(term))

    def head(self, term: Node) -> Node:
        """The text that stands for all that are the same."""
        while term in self._head:
            term = self._head[term]
        return term

    def check(self) -> None:
        """Raise Contradiction where a class has no text, or two that differ are one."""
        if any(text.impossible for text in self.classes.values()):
            raise Contradiction("one text for several")
        differing = [(self.head(a), self.head(b)) for a, b, same in self.facts.pairs if not same]
        for one, other in differing:
            ones, others = self.classes[one].allowed, self.classes[other].allowed
            if one == other or (ones is not None and ones == others and len(ones) == 1):
                raise Contradiction("two texts that are one")

    def chosen(self, literals: tuple[str, ...]) -> dict[Node, str] | None:
        """A text for every term; None where none was found for one of them."""
        found: dict[Node, str] = {}
        apart = [(self.head(a), self.head(b)) for a, b, same in self.facts.pairs if not same]
        # The fewest choices first, so that what differs from them has some left.
        for head in sorted(
            self.classes, key=lambda each: (len(self.classes[each].allowed or range(99)), name_of(each))
        ):
            others = {b if a == head else a for a, b in apart if head in (a, b)}
            taken = frozenset(found[other] for other in others if other in found)
            text = next(self.classes[head].none_of(taken).candidates(self._likes(head), likely.pool(literals)), None)
            if text is None:
                return None
            found[head] = text
        return {term: found[self.head(term)] for term in (*self.facts.texts, *self._head, *self.classes)}

    def _likes(self, term: Node) -> str:
        if term.op != "column":
            return "text"
        path = str(term.value)
        return self.facts.world.process.currency if path.endswith(_CURRENCY) else likely.text(path, self.facts.world)


def rows_of(facts: Facts, literals: tuple[str, ...], deep: bool) -> Iterator[Row]:
    """Deals to try, the likeliest first; raises Contradiction where it is certain that none fits.

    `deep` is whether z3 may be asked.
    """
    texts = Texts(facts)
    texts.check()
    roads = numbers.check(facts)
    chosen, found = texts.chosen(literals), numbers.numbers_of(facts, roads)
    if chosen is None:
        return
    if found is not None:
        yield _row(facts, chosen, found)
    better = arithmetic.solved(facts) if deep and arithmetic.is_hard(facts) else None
    if better is not None:
        yield _row(facts, chosen, {**(found or {}), **better})
    if found is not None:
        yield from islice(_tried(facts, chosen, found, literals), MOST_ROWS)


def _tried(facts: Facts, chosen: dict[Node, str], found: Numbers, literals: tuple[str, ...]) -> Iterator[Row]:
    loose = [each for each in numbers.loose_columns(facts) if facts.present.get(str(each.value), True)]
    if not loose or len(loose) > _MOST_LOOSE:
        return
    for values in product(*(list(_values(each, facts, literals)) for each in loose)):
        other_texts, other_numbers = dict(chosen), dict(found)
        for column, value in zip(loose, values, strict=True):
            if isinstance(value, str):
                other_texts[column] = value
            else:
                other_numbers[column] = value
        yield _row(facts, other_texts, other_numbers)


def _values(column: Node, facts: Facts, literals: tuple[str, ...]) -> Iterator[Any]:
    if column.kind is Kind.STRING:
        lengths = tuple("x" * length for length in (1, 2, 3, 5, 10, 20, 50))
        texts = facts.text(column).candidates(
            likely.text(str(column.value), facts.world), likely.pool(literals) + lengths
        )
        yield from islice(texts, 30)
        return
    if not isinstance(column.kind, Kind) or column.kind is Kind.BOOL:
        return
    span, step = facts.span(((column, 1),)), facts.step(((column, 1),))
    ends = [end for end in (span.low, span.high) if end is not None]
    tried = dict.fromkeys([*likely.spread(column.kind), *ends])
    for value in tried:
        whole = value - value % step if step > 1 and isinstance(value, int) else value
        if span.holds(whole):
            yield whole


def _row(facts: Facts, texts: dict[Node, str], found: Numbers) -> Row:
    columns: Row = dict(facts.bools)
    columns |= {str(term.value): text for term, text in texts.items() if term.op == "column"}
    by_path: Numbers = {term: value for term, value in found.items() if term.op == "column"}
    for path in [path for path, there in facts.present.items() if there and path not in columns]:
        kind = _kind(path, facts)
        if isinstance(kind, Kind) and kind is not Kind.BOOL and kind is not Kind.STRING:
            by_path.setdefault(Node("column", kind, path), likely.number(path, kind, facts.world))
        elif kind is Kind.STRING:
            columns[path] = next(facts.text(Node("column", kind, path)).candidates(likely.text(path, facts.world)), "")
        elif kind is Kind.BOOL:
            columns[path] = True
    for term, value in by_path.items():
        columns[str(term.value)] = _spoken(term, value, columns, facts)
    return _finished(columns, facts)


def _kind(path: str, facts: Facts) -> Any:
    """The kind of a column, of an element of a list too."""
    start, marked, rest = path.partition("#")
    kind = facts.world.types.get(start)
    if not marked or kind is None:
        return kind
    of = kind.of  # type: ignore[union-attr]  # only lists have elements
    return RECORDS[of.name].get(rest.partition(".")[2]) if isinstance(of, RecordOf) else of


def _spoken(term: Node, value: Number, columns: Row, facts: Facts) -> Any:
    """The number as a row holds it."""
    match term.kind:
        case Kind.MONEY:
            return Money(int(value), columns.get(f"{term.value}{_CURRENCY}", facts.world.process.currency))
        case Kind.TIMESTAMP:
            moment = moment_at(int(value))
            return moment.date() if facts.world.step(str(term.value)) == DAY else moment
        case Kind.DURATION:
            return timedelta(microseconds=int(value))
        case Kind.DOUBLE:
            return float(Fraction(value))
    return int(value)


def _finished(columns: Row, facts: Facts) -> Row:
    """The columns as one row: elements in their lists, settled columns, and what the engine always knows."""
    world = facts.world
    row: Row = {path: value for path, value in columns.items() if "#" not in path}
    for path, listing in facts.lists.items():
        elements = [
            _element(path, group.element, columns, facts) for group in listing.groups for _ in range(group.count)
        ]
        row[path] = elements if path in RECORDS else tuple(dict.fromkeys(elements))
    for path in (*RECORDS, *(path for path, there in facts.present.items() if there)):
        if "#" not in path and isinstance(world.types.get(path), ListOf):
            row.setdefault(path, [] if path in RECORDS else ())
    row |= {path: value for path, value in world.given.items() if not isinstance(value, (list, tuple))}
    row.setdefault("now", moment_at(BASE))
    row.setdefault("today", moment_at(numbers.today_at(microseconds(row["now"]), world.zone)).date())
    for path in list(row):
        for name in spellings(path):
            row[name] = row[path]
    return {path: value for path, value in row.items() if value is not None and facts.present.get(path, True)}


def _element(path: str, element: str, columns: Row, facts: Facts) -> Any:
    if path not in RECORDS:
        return columns.get(element, likely.text(element, facts.world))
    made = {field: columns.get(f"{element}.{field}") for field in RECORDS[path]}
    for field, kind in RECORDS[path].items():
        there = facts.present.get(f"{element}.{field}")
        if made[field] is None and f"{path}.{field}" in NEARLY_ALWAYS and there is not False:
            made[field] = _ordinary(f"{element}.{field}", kind, facts)
    return made


def _ordinary(path: str, kind: Kind, facts: Facts) -> Any:
    if kind is Kind.BOOL:
        return False
    if kind is Kind.STRING:
        return next(facts.text(Node("column", kind, path)).candidates(likely.text(path, facts.world)), "text")
    return _spoken(Node("column", kind, path), likely.number(path, kind, facts.world), {}, facts)


def literals_in(nodes: list[Node]) -> tuple[str, ...]:
    """The texts written out in conditions."""
    found = (step.value for node in nodes for step in walk(node) if step.op == "const" and step.kind is Kind.STRING)
    return tuple(dict.fromkeys(found))
