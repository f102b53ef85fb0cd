"""Reading what a mapping file says of columns, and of the names found in their cells."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline_engine.errors import nearest, quoted
from pipeline_engine.exchange.mapping import Action, ActionKind, Column, Known, Lookup
from pipeline_engine.exchange.mapping_tree import Walk
from pipeline_engine.notation import Items, Node, Table, Text

_COLUMN = ("column", "date", "zone", "decimal", "values", "as", "known")
_ACTIONS: dict[str, ActionKind] = {
    "open": "opened",
    "stage": "stage",
    "lost": "lost",
    "activity": "activity",
    "noted": "noted",
}
_WORDS: dict[str, ActionKind] = {"won": "won", "lost": "lost", "ignore": "ignore"}


class Columns(Walk):
    """Reads columns and look-ups; every method raises BadMapping with the place."""

    def column(self, node: Node, known: Known = "export") -> Column:
        """A column, by name or in full; `known` is the default."""
        if isinstance(node, Text):
            return Column(self.text(node), node.place, known=known)
        keys = self.table(node, "a column: `NAME`, or `{column: NAME, …}`")
        self.only(node, _COLUMN, "a column")
        if "column" not in keys:
            self.bad(node.place, "`column` is missing", "`{column: NAME, …}`")
        place = keys["column"].place
        return Column(
            self.text(keys["column"]),
            place,
            self._dates(keys.get("date")),
            self._zone(keys.get("zone")),
            self.one_of(keys, "decimal", (".", ","), ".", place),
            {name.value: self._replacement(value) for name, value in self.entries(keys.get("values"))},
            "as" in keys and self.one_of(keys, "as", ("id", "text"), "text", place) == "id",
            self.one_of(keys, "known", ("opening", "closing", "export"), known, place),
        )

    def lookup(self, node: Node | None, key: str) -> Lookup | None:
        """A column and what its cells come to; None where the key is not there."""
        if node is None:
            return None
        if isinstance(node, Text):
            return Lookup(self.column(node), {})
        values = self.table(node, "`{column: NAME, values: {…}}`").get("values")
        bare = Table(tuple(entry for entry in self.entries(node) if entry[0].value != "values"), node.place)
        plain: ActionKind = "activity" if key == "activity" else "stage"
        return Lookup(self.column(bare), self.actions(values, plain) if values else {})

    def actions(self, node: Node, plain: ActionKind) -> dict[str, Action]:
        """What names come to; a bare text is a name of kind `plain`."""
        return {name.value: self._action(value, plain) for name, value in self.entries(node)}

    def _action(self, node: Node, plain: ActionKind) -> Action:
        if isinstance(node, Text):
            word = self.text(node)
            return Action(_WORDS[word], "", node.place) if word in _WORDS else Action(plain, word, node.place)
        entries = list(self.entries(node))
        if len(entries) != 1 or entries[0][0].value not in _ACTIONS:
            names = [entry[0].value for entry in entries]
            near = nearest(names[0], tuple(_ACTIONS)) if names else ()
            forms = ", ".join(f"`{{{kind}: …}}`" for kind in _ACTIONS)
            expected = f"a stage, `won`, `ignore`, or one of {forms}"
            self.bad(node.place, f"what this comes to is not said by {quoted(names) or 'nothing'}", expected, near)
        return Action(_ACTIONS[entries[0][0].value], self.text(entries[0][1]), entries[0][1].place)

    def _dates(self, node: Node | None) -> tuple[str, ...]:
        nodes = node.items if isinstance(node, Items) else (node,) if node else ()
        forms = tuple(self.text(item) for item in nodes)
        for form, item in zip(forms, nodes, strict=True):
            if form != "iso" and "%" not in form:
                self.bad(
                    item.place,
                    f"`{form}` is no date format",
                    "`iso`, or a form like `%d.%m.%Y` or `%m/%d/%y %I:%M %p`",
                )
        return forms

    def _zone(self, node: Node | None) -> str:
        if node is None:
            return "UTC"
        name = self.text(node)
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.bad(node.place, f"there is no zone `{name}`", "a name like `Europe/Berlin` or `UTC`")
        return name

    def _replacement(self, node: Node) -> str:
        return "" if isinstance(node, Text) and node.style and not node.value else self.text(node)
