"""What must have been done before a gate opens: activities, contacts, documents, checklists, the plan."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline_engine import notation
from pipeline_engine.notation import Items, Node, Section, Table, Text, described, entries, names, scalar
from pipeline_engine.process import scalars
from pipeline_engine.process.declared import ANY
from pipeline_engine.process.drafts import Draft, Entry, grouped, in_words
from pipeline_engine.process.model import Item, Span
from pipeline_engine.process.stays import countable, lasted, span_words

ACTIVITY_KEYS = ("at_least", "at_most", "within", "since", "with")
ITEM_KEYS = ("id", "title")
ON_TIME = "on_time"
_SINCE = {"opened": "opened_at", "stage_entered": "stage.entered_at"}
_SINCE_WORDS = {"opened": "since the deal was opened", "stage_entered": "in this stage"}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which activities count: their kind, how recent, since when, with whom; and how many there must be."""

    kind: str
    at_least: int | None = 1
    at_most: int | None = None
    within: Span | None = None
    since: str | None = None
    with_role: str | None = None

    def selects(self, sure: bool = False) -> str:
        """The condition on one activity `a`; `sure` leaves out those of which nobody knows whether they count."""
        parts = [] if self.kind == ANY else [f"a.kind == '{self.kind}'"]
        if sure and (self.within is not None or self.since is not None):
            parts.append("has(a.at)")
        if self.within is not None:
            parts.append(lasted("a.at", "now", "<=", self.within))
        if self.since is not None:
            parts.append(f"a.at >= {_SINCE[self.since]}")
        if self.with_role is not None:
            role = "" if self.with_role == ANY else f"c.role == '{self.with_role}' && "
            known = "has(c.id) && " if sure else ""
            parts += [*(["has(a.with)"] if sure else []), f"contacts.exists(c, {role}{known}c.id == a.with)"]
        return " && ".join(parts)

    def number(self, sure: bool = False) -> str:
        """How many count."""
        selects = self.selects(sure)
        return f"activities.filter(a, {selects}).size()" if selects else "activities.size()"

    def at_least_text(self, least: int) -> str:
        """That so many count; where one is in doubt, the rest may still be enough."""
        if not self.doubtful:
            return f"{self.number()} >= {least}"
        if least == 1:
            return f"activities.exists(a, {self.selects()})"
        return f"{self.number(sure=True)} >= {least} || {self.number()} >= {least}"

    def at_most_text(self, most: int) -> str:
        """That no more count; where one is in doubt, the rest may already be too many."""
        if not self.doubtful:
            return f"{self.number()} <= {most}"
        return f"{self.number(sure=True)} <= {most} && {self.number()} <= {most}"

    @property
    def doubtful(self) -> bool:
        """Whether an activity may lack what it is chosen by: when it was, or with whom."""
        return self.within is not None or self.since is not None or self.with_role is not None

    def suffix(self) -> str:
        """What tells its rule from others of the same kind and number."""
        within = f":within-{self.within.amount.normalize():f}{self.within.unit}" if self.within else ""
        since = f":since-{self.since}" if self.since else ""
        return within + since + (f":with-{self.with_role}" if self.with_role else "")

    def words(self, number: int) -> str:
        """What is counted, as people say it: `meetings with the economic buyer within 45 days`."""
        noun = in_words(self.kind) if self.kind != ANY else "activity"
        plural = ("activities" if noun == "activity" else f"{noun}s") if number != 1 else noun
        role = "a linked contact" if self.with_role == ANY else f"the {in_words(self.with_role or '')}"
        parts = [plural, f"with {role}" if self.with_role else "", _SINCE_WORDS.get(self.since or "", "")]
        return " ".join(filter(None, (*parts, f"within {span_words(self.within)}" if self.within else "")))


def activities(entry: Entry) -> list[Draft]:
    """`activities: {meeting: 2}`, or a table of what counts: number, recency, with whom."""
    drafts: list[Draft] = []
    for name, value in entries(entry.value("activities"), entry.complaints, "`activities`"):
        wanted = _wanted(name, value, entry)
        if name.value not in (*entry.declared.activities, ANY):
            entry.complaints.unknown(name, "activity", name.value, (*entry.declared.activities, ANY))
        elif wanted is not None:
            drafts += _counted(entry, name, wanted)
    return drafts


def _wanted(name: Text, value: Node, entry: Entry) -> _Wanted | None:
    if not isinstance(value, Table):
        number = scalar(value, scalars.count, entry.complaints, name.value)
        return None if number is None else _Wanted(name.value, number)
    section = Section(value, ACTIVITY_KEYS, entry.complaints, f"`{name.value}`")
    most = section.read("at_most", scalars.count)
    within = section.read("within", scalars.lasting)
    node = section.node_of("within")
    if within is not None and isinstance(node, Text) and not countable(within, node, entry, "within"):
        return None
    return _Wanted(
        kind=name.value,
        at_least=section.read("at_least", scalars.count) or (None if most else 1),
        at_most=most,
        within=within,
        since=section.word("since", tuple(_SINCE), "") or None,
        with_role=_role(section, entry),
    )


def _role(section: Section, entry: Entry) -> str | None:
    node, role = section.node_of("with"), section.read("with", notation.name)
    if node is None or role is None:
        return None
    if role not in (*entry.declared.contact_roles, ANY):
        entry.complaints.unknown(node, "contact role", role, (*entry.declared.contact_roles, ANY))
        return None
    return role


def _counted(entry: Entry, name: Text, wanted: _Wanted) -> list[Draft]:
    drafts = []
    if (least := wanted.at_least) is not None:
        text = wanted.at_least_text(least)
        made = entry.draft(f"activities:{name.value}:{least}{wanted.suffix()}", "activities", text, name.place)
        kind = "KIND" if wanted.kind == ANY else wanted.kind
        fix = f"deal log {{deal}} {kind}{' --with WHO' if wanted.with_role else ''}"
        drafts.append(replace(made, says=_too_few(least, wanted.words(least), "logged"), fix=fix))
    if (most := wanted.at_most) is not None:
        text = wanted.at_most_text(most)
        key = f"activities:{name.value}:at-most-{most}{wanted.suffix()}"
        made = entry.draft(key, "activities", text, name.place)
        drafts.append(replace(made, says=f"more than {most} {wanted.words(most)} are logged"))
    return drafts


def contacts(entry: Entry) -> list[Draft]:
    """`contacts: {economic_buyer: 1}`: how many people are linked in a role; `any` is in whatever role."""
    drafts = []
    known = (*entry.declared.contact_roles, ANY)
    for name, value in entries(entry.value("contacts"), entry.complaints, "`contacts`"):
        number = scalar(value, scalars.count, entry.complaints, name.value)
        if name.value not in known:
            entry.complaints.unknown(name, "contact role", name.value, known)
        elif number is not None:
            role = name.value
            listed = "contacts" if role == ANY else f"contacts.filter(c, c.role == '{role}')"
            made = entry.draft(f"contacts:{role}:{number}", "contacts", f"{listed}.size() >= {number}", name.place)
            said = "contact" if role == ANY else in_words(role)
            fix = f"deal contact {{deal}} WHO --role {'ROLE' if role == ANY else role}"
            says = _too_few(number, said if number == 1 else f"{said}s", "linked")
            drafts.append(replace(made, says=says, fix=fix))
    return drafts


def _too_few(number: int, what: str, done: str) -> str:
    return f"no {what} is {done}" if number == 1 else f"fewer than {number} {what} are {done}"


def documents(entry: Entry) -> list[Draft]:
    """`documents: [nda]`: attached; `documents: {nda: {within: 90d}}`: attached not longer ago than that."""
    node = entry.value("documents")
    if not isinstance(node, Table):
        return _attached(entry, [(name, None) for name in names(node, entry.complaints, "documents")])
    asked: list[tuple[Text, Span | None]] = []
    for name, value in entries(node, entry.complaints, "`documents`"):
        if isinstance(value, Text):
            found = f"`{name.value}` is {described(value)}"
            entry.complaints.add(value, found, "a table such as `{within: 90d}`, or a list of names")
            continue
        section = Section(value, ("within",), entry.complaints, f"`{name.value}`")
        section.need("within")
        span, written = section.read("within", scalars.lasting), section.node_of("within")
        if span is not None and isinstance(written, Text) and countable(span, written, entry, "within"):
            asked.append((name, span))
    return _attached(entry, asked)


def _attached(entry: Entry, asked: Sequence[tuple[Text, Span | None]]) -> list[Draft]:
    drafts = []
    for name, span in asked:
        if name.value not in entry.declared.documents:
            entry.complaints.unknown(name, "document", name.value, entry.declared.documents)
            continue
        recent = f" && {lasted('d.at', 'now', '<=', span)}" if span else ""
        text = f"documents.exists(d, d.name == '{name.value}'{recent})"
        suffix = f":within-{span.amount.normalize():f}{span.unit}" if span else ""
        made = entry.draft(f"documents:{name.value}{suffix}", "documents", text, name.place)
        within = f" within the last {span_words(span)}" if span else ""
        says = f"no {in_words(name.value)} is attached{within}"
        drafts.append(replace(made, says=says, fix=f"deal attach {{deal}} {name.value} FILE"))
    return drafts


def checklist(entry: Entry) -> list[Draft]:
    """`checklist: [legal-ok]`: each of them ticked; the items are declared by standing here."""
    listed = entry.value("checklist")
    nodes = listed.items if isinstance(listed, Items) else (listed,)
    return [draft for node in nodes for draft in _checked(entry, node)]


def _checked(entry: Entry, node: Node) -> list[Draft]:
    if isinstance(node, Text):
        item_id, title = scalar(node, notation.name, entry.complaints, "checklist"), ""
    else:
        section = Section(node, ITEM_KEYS, entry.complaints, "an item")
        section.need("id")
        item_id, title = section.read("id", notation.name), section.prose("title")
    if item_id is None:
        return []
    item = Item(id=item_id, kind="checklist", title=title)
    return [replace(_ticked(entry, item, "checklist", node), item=item)]


def _ticked(entry: Entry, item: Item, kind: str, node: Node) -> Draft:
    text = f"items.exists(i, i.id == '{item.id}')"
    made = entry.draft(f"{kind}:{item.id}", "plan" if kind == "plan" else "checklist", text, node.place)
    whose = f" (on the {item.side}'s side)" if item.side == "customer" else ""
    says = f"{item.title or in_words(item.id)}{whose} is not ticked off"
    return replace(made, says=says, fix=f"deal tick {{deal}} {item.id}")


def plan(entry: Entry) -> list[Draft]:
    """`plan: [security-review]`: done; `plan: on_time`: nothing of the plan is overdue."""
    node = entry.value("plan")
    if isinstance(node, Text) and node.value == ON_TIME:
        return _on_time(entry, node)
    known = {item.id: item for item in entry.plan}
    drafts = []
    for name in names(node, entry.complaints, "plan"):
        if name.value in known:
            drafts.append(_ticked(entry, known[name.value], "plan", name))
        elif name.value == ON_TIME:
            entry.complaints.add(name, "`on_time` in a list", "`plan: on_time` as an entry of its own")
        else:
            entry.complaints.unknown(name, "item of the plan", name.value, (*known, ON_TIME))
    return drafts


def _on_time(entry: Entry, node: Text) -> list[Draft]:
    dated = [item for item in entry.plan if item.due_text]
    if not dated:
        entry.complaints.add(node, "`plan: on_time` and no item of the plan has a `due`", "`due` on an item of `plan`")
    drafts = []
    for item in dated:
        ticked = _ticked(entry, item, "plan", node)
        made = entry.draft(
            f"plan:on-time:{item.id}", "plan", f"{ticked.text} || today <= {grouped(item.due_text or '')}", node.place
        )
        drafts.append(replace(made, says=f"{item.title or in_words(item.id)} is overdue", fix=ticked.fix))
    return drafts
