"""What every part of a case is read against: the names of its process, its people, and what time it is there."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from pipeline_engine.errors import BadValue
from pipeline_engine.notation import Complaints, Items, Node, Section, Table, Text, Unfit, described, entries, iso_date
from pipeline_engine.process import OUTCOME_TARGETS, Process, clock_span, read_value
from pipeline_engine.values import instant, is_id

MOMENT_FORM = "a moment like `2026-01-05T09:00:00Z` or a day like `2026-01-05`"
AGO_FORM = f"how long ago, like `2d` or `36h`; or {MOMENT_FORM}"
ANYBODY = "rep-01"  # who asks and owns where a file does not say
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def moment(text: str) -> datetime:
    """A moment; a day is its beginning in UTC."""
    try:
        return instant(text) if "T" in text else datetime.combine(iso_date(text), time(), UTC)
    except (ValueError, Unfit):
        raise Unfit(MOMENT_FORM) from None


def before(now: datetime) -> Callable[[str], datetime]:
    """Reads how long before `now` something was, or the moment itself."""

    def read(text: str) -> datetime:
        if text[:4].isdecimal() and "-" in text:
            at = moment(text)
        else:
            try:
                span = clock_span(text)
            except Unfit as unfit:
                raise Unfit(AGO_FORM, unfit.near) from None
            try:
                at = now - _UNITS[span.unit] * float(span.amount)
            except OverflowError:
                raise Unfit("a time that a calendar knows") from None
        if at > now:
            raise Unfit(f"a time before `at`, which is {now.isoformat()}")
        return at

    return read


def person(text: str) -> str:
    """The id of a person."""
    if not is_id(text):
        raise Unfit("an id of 1 to 100 printable characters without spaces")
    return text


@dataclass(frozen=True, slots=True)
class Scene:
    """One case's surroundings; `by` and `owner` are who is meant where nobody is named."""

    process: Process
    complaints: Complaints
    now: datetime
    by: str = ANYBODY
    owner: str = ANYBODY

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that a case may name."""
        return self.process.rule_ids

    @property
    def approvals(self) -> tuple[str, ...]:
        """The rules that ask for an approval."""
        return tuple(rule.id for rule in self.process.rules if rule.approval)

    @property
    def targets(self) -> tuple[str, ...]:
        """Where an attempt may lead: stages, and the words for outcomes."""
        return (*self.process.stage_ids, *OUTCOME_TARGETS.values())

    @property
    def items(self) -> tuple[str, ...]:
        """What may be ticked."""
        return tuple(item.id for item in self.process.items)

    def known(self, node: Node, what: str, names: Collection[str]) -> str | None:
        """The name that a node holds, if it is one of these; else a complaint with the nearest ones."""
        if not isinstance(node, Text) or node.empty:
            self.complaints.add(node, f"{described(node)} is no {what}", "its name")
            return None
        if node.value not in names:
            self.complaints.unknown(node, what, node.value, tuple(names))
            return None
        return node.value

    def one(self, section: Section, key: str, what: str, names: Collection[str]) -> str | None:
        """The name under a key, None where it is not there or not known."""
        node = section.node_of(key)
        return None if node is None else self.known(node, what, names)

    def listed(self, section: Section, key: str, what: str, names: Collection[str]) -> tuple[str, ...]:
        """The names in a list under a key, or the one that stands there alone."""
        node = section.node_of(key)
        nodes: Iterable[Node] = () if node is None else node.items if isinstance(node, Items) else (node,)
        found = (self.known(each, what, names) for each in nodes)
        return tuple(dict.fromkeys(name for name in found if name is not None))

    def table(self, node: Node | None, what: str) -> list[tuple[Text, Node]]:
        """The entries of a table; none where there is no node."""
        return [] if node is None else entries(node, self.complaints, what)

    def values(self, node: Node | None, what: str) -> dict[str, str]:
        """Values of fields as they were typed: texts, or lists of them."""
        read: dict[str, str] = {}
        for key, value in self.table(node, what):
            if self.known(key, "field", self.process.fields) is None:
                continue
            if isinstance(value, Table) or (isinstance(value, Text) and value.empty):
                self.complaints.add(value, f"`{key.value}` is {described(value)}", 'a value; `""` is not recorded')
            elif (typed := self._value(key.value, value)) is not None:
                read[key.value] = typed
        return read

    def _value(self, field: str, node: Node) -> str | None:
        typed = _typed(node)
        try:
            if typed:
                read_value(self.process.field(field), typed, self.process.currency)
        except BadValue as bad:
            self.complaints.add(node, f"`{field}` is {described(node)}", bad.expected)
            return None
        return typed


def _typed(node: Node) -> str:
    """A value as it would be typed: of a list, the values with commas between them."""
    if isinstance(node, Text):
        return node.value
    return ",".join(_typed(each) for each in node.items) if isinstance(node, Items) else ""
