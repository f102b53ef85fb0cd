"""Walking the YAML of a mapping file, with the place of whatever does not fit."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from pipeline_engine.errors import BadMapping, nearest, quoted
from pipeline_engine.exchange.mapping import Name
from pipeline_engine.notation import Items, Node, Place, Table, Text


class Walk:
    """Takes nodes for what they should be; every method raises BadMapping with the place."""

    def __init__(self, file: str) -> None:
        self._file = file

    def table(self, node: Node, expected: str) -> dict[str, Node]:
        """The values of a table by key."""
        if not isinstance(node, Table):
            self.no_table(node, expected)
        return {name.value: value for name, value in self.entries(node)}

    def entries(self, node: Node | None) -> Iterator[tuple[Text, Node]]:
        """The keys and values of a table, each key once."""
        if node is None:
            return
        seen: set[str] = set()
        for name, value in node.entries if isinstance(node, Table) else self.no_table(node, "keys and values"):
            if name.value in seen:
                self.bad(name.place, f"`{name.value}` is there twice", "each key once")
            seen.add(name.value)
            yield name, value

    def only(self, node: Node, known: Sequence[str], what: str) -> None:
        """Refuse keys that are not known."""
        for name, _ in self.entries(node):
            if name.value not in known:
                self.bad(
                    name.place,
                    f"{what} has no key `{name.value}`",
                    "",
                    nearest(name.value, known) or tuple(known)[:8],
                )

    def one_of(
        self, keys: Mapping[str, Node], key: str, known: Sequence[str], default: str | None, place: Place
    ) -> Any:
        """The text of a key that has few answers; `default` None where it must be there."""
        if key not in keys and default is None:
            self.bad(place, f"`{key}` is missing", f"`{key}:` {quoted(known)}")
        found = self.text(keys[key]) if key in keys else default or ""
        if found not in known:
            self.bad(keys[key].place, f"`{key}` cannot be `{found}`", quoted(known), nearest(found, known))
        return found

    def name(self, node: Node) -> Name:
        """A text with its place."""
        return Name(self.text(node), node.place)

    def text(self, node: Node) -> str:
        """A text that is not empty."""
        if not isinstance(node, Text):
            self.bad(node.place, "a list or table where one text belongs", "text")
        if node.empty or not node.value.strip():
            self.bad(node.place, "nothing where a text belongs", "text")
        return node.value

    def no_table(self, node: Node, expected: str) -> NoReturn:
        """Refuse what is no table."""
        found = "a list" if isinstance(node, Items) else "text"
        self.bad(node.place, f"{found} where keys and values belong", expected)

    def bad(self, place: Place, found: str, expected: str, near: Sequence[str] = ()) -> NoReturn:
        """Raise BadMapping at a place."""
        raise BadMapping(self._file, place.line, place.column, found, expected, near)
