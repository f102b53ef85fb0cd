"""A rule before it is compiled, and the entry of a file it comes from."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline_engine.notation import Complaints, Node, Place, Section, Text
from pipeline_engine.process.declared import Declared
from pipeline_engine.process.model import Item, RuleKind, Severity, Span


@dataclass(frozen=True, slots=True)
class Condition:
    """When a rule applies, in CEL; `source` is the scalar an author wrote, None for what was made for him."""

    text: str
    source: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """
    A rule before it is compiled.

    `source` is the scalar an author wrote; a shorthand has only a place. It applies where every one of `conditions`
    holds. `item` is what a checklist declares on the way.
    """

    id: str
    gate: str
    kind: RuleKind
    text: str
    place: Place
    says: str = ""
    fix: str = ""
    source: Text | None = None
    conditions: tuple[Condition, ...] = ()
    severity: Severity = "block"
    waivable_by: tuple[str, ...] = ()
    approval: str | None = None
    after: tuple[str, ...] = ()
    void_if_changed: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    answer_within: Span | None = None
    item: Item | None = None
    own_words: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a gate: its table, the gate it stands in, and what the file declares; `plan` are the plan's items."""

    section: Section
    gate: str
    declared: Declared
    plan: tuple[Item, ...] = ()

    @property
    def complaints(self) -> Complaints:
        """Where to note what is wrong."""
        return self.section.complaints

    @property
    def own_id(self) -> str | None:
        """The id that the author gave it."""
        node = self.section.node_of("id")
        return node.value if isinstance(node, Text) else None

    def value(self, key: str) -> Node:
        """What stands under a key."""
        return self.section.node_of(key) or self.section.node

    def draft(self, name: str, kind: RuleKind, text: str, place: Place) -> Draft:
        """A rule of this entry, named after its gate and what it asks: `proposal:require:amount`."""
        return Draft(id=f"{self.gate}:{name}", gate=self.gate, kind=kind, text=text, place=place)


def in_words(name: str) -> str:
    """A name as people say it: `economic_buyer` is economic buyer."""
    return name.replace("_", " ").replace("-", " ")


def grouped(text: str) -> str:
    """A condition somebody wrote, in brackets; a comment at its end must not swallow the bracket."""
    return f"({text}\n)" if "//" in text else f"({text})"


def listed(names: Sequence[str]) -> str:
    """Names as CEL writes a list of texts."""
    return "[" + ", ".join(f"'{name}'" for name in names) + "]"


def either(names: Sequence[str]) -> str:
    """Names as people offer a choice: `a, b or c`."""
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
