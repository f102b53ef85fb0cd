"""What a case may ask of a deal, and how each of that is written: `{move: negotiation, by: rep-03}`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from pipeline_engine.casebook.model import Ask
from pipeline_engine.casebook.scene import Scene, before, moment, person
from pipeline_engine.errors import quoted
from pipeline_engine.notation import Node, Section, Table, Text, described

OPEN_KEYS = ("stage", "owner", "title", "fields")
WHEN_BESIDE, STEP_BESIDE = ("by", "at"), ("by", "ago")
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Verb:
    """How a verb is written: what stands behind it (`what`, one of `names`), and which keys may stand beside it.

    Without `names` any text may stand there; `may_be_empty` says that nothing need.
    """

    what: str
    names: Callable[[Scene], tuple[str, ...]] | None = None
    beside: tuple[str, ...] = ()
    may_be_empty: bool = False


VERBS: Mapping[str, Verb] = MappingProxyType({
    "open": Verb("table of an opening", may_be_empty=True),
    "move": Verb("stage", lambda scene: scene.process.stage_ids, ("reason",)),
    "win": Verb("value", may_be_empty=True),
    "lose": Verb("lost reason", lambda scene: tuple(r.id for r in scene.process.lost_reasons), ("competitor", "note")),
    "reopen": Verb("reason", may_be_empty=True),
    "set": Verb("table of fields"),
    "log": Verb("activity", lambda scene: scene.process.activities, ("with", "minutes")),
    "contact": Verb("person on the customer's side", beside=("role",)),
    "attach": Verb("document", lambda scene: scene.process.documents),
    "tick": Verb("item", lambda scene: scene.items),
    "untick": Verb("item", lambda scene: scene.items),
    "assign": Verb("person"),
    "request": Verb("rule that asks for an approval", lambda scene: scene.approvals, ("to",)),
    "approve": Verb("rule that asks for an approval", lambda scene: scene.approvals, ("to",)),
    "reject": Verb("rule that asks for an approval", lambda scene: scene.approvals, ("to", "reason")),
    "waive": Verb("rule", lambda scene: scene.rules, ("to", "reason")),
})  # fmt: skip
_ALONE = ("open", "win", "reopen")


def read_when(node: Node, scene: Scene) -> Ask | None:
    """What is asked: `when: {move: proposal}`, or a verb that needs no more: `when: win`."""
    if isinstance(node, Text) and node.value in _ALONE:
        return Ask(node.value, "", scene.now, scene.by, node.place)
    return read_ask(node, scene, "`when`", WHEN_BESIDE)


def read_ask(node: Node, scene: Scene, where: str, timed: tuple[str, ...]) -> Ask | None:
    """A verb with its words; None, with a complaint, where there is none or more than one."""
    if isinstance(node, Text):
        _not_bare(node, scene, where)
        return None
    verbs = [key for key, _ in node.entries if key.value in VERBS] if isinstance(node, Table) else []
    beside = VERBS[verbs[0].value].beside if verbs else ()
    section = Section(_filled(node), (*VERBS, *beside, *timed), scene.complaints, where)
    if len(verbs) != 1:
        _not_one(node, verbs, scene, where)
        return None
    by = section.read("by", person) or scene.by
    at = section.read("at", moment) or section.read("ago", before(scene.now)) or scene.now
    return _read(verbs[0].value, section, scene, (at, by))


def _not_one(node: Node, verbs: list[Text], scene: Scene, where: str) -> None:
    if verbs:
        said = " and ".join(f"`{key.value}`" for key in verbs)
        scene.complaints.add(node, f"{where} asks {said}", "one thing at a time")
    elif isinstance(node, Table) and all(key.value in (*WHEN_BESIDE, *STEP_BESIDE) for key, _ in node.entries):
        scene.complaints.add(node, f"{where} asks nothing", quoted(tuple(VERBS)))


def _not_bare(node: Text, scene: Scene, where: str) -> None:
    if node.value in VERBS:
        expected = f"`{{{node.value}: …}}` with a {VERBS[node.value].what}"
        scene.complaints.add(node, f"{where} is {described(node)}", expected)
    else:
        scene.complaints.unknown(node, "verb", node.value, tuple(VERBS))


def _filled(node: Node) -> Node:
    """The table with something behind the verbs that need nothing: `win:` is as good as `win: true`."""
    if not isinstance(node, Table):
        return node
    pairs = tuple((key, _said(key, value)) for key, value in node.entries)
    return Table(pairs, node.place)


def _said(key: Text, value: Node) -> Node:
    nothing = value.empty if isinstance(value, Text) else isinstance(value, Table) and not value.entries
    empty = nothing and key.value in _ALONE
    return Text("", value.place, '"', "", key.start) if empty else value


def _read(verb: str, section: Section, scene: Scene, told: tuple[datetime, str]) -> Ask | None:
    node = section.node_of(verb)
    if node is None:
        return None
    at, by = told
    if verb == "set":
        return Ask(verb, "", at, by, section.node.place, fields=scene.values(node, "`set`"))
    if verb == "open":
        return _opening(node, scene, told)
    about = _about(verb, node, scene)
    beside = _beside(verb, section, scene)
    return None if about is None else Ask(verb, about, at, by, section.node.place, beside=beside)


def _about(verb: str, node: Node, scene: Scene) -> str | None:
    spec = VERBS[verb]
    names = spec.names(scene) if spec.names else ()
    # A process that lists no lost reasons takes any.
    if names or (spec.names and verb != "lose"):
        return scene.known(node, spec.what, names)
    if isinstance(node, Text) and (spec.may_be_empty or not node.empty):
        return "" if verb == "win" else node.value
    scene.complaints.add(node, f"`{verb}` is {described(node)}", f"a {spec.what}")
    return None


def _beside(verb: str, section: Section, scene: Scene) -> Mapping[str, str]:
    read = {key: value for key in VERBS[verb].beside if (value := section.read(key, str)) is not None}
    for key, what, names in (("to", "target", scene.targets), ("role", "contact role", scene.process.contact_roles)):
        node = section.node_of(key)
        if node is not None and key in VERBS[verb].beside:
            scene.known(node, what, names)
    if verb == "contact":
        section.need("role")
    return MappingProxyType(read)


def _opening(node: Node, scene: Scene, told: tuple[datetime, str]) -> Ask:
    at, by = told
    if isinstance(node, Text):
        stage = scene.known(node, "stage", scene.process.stage_ids) if node.value else None
        return Ask("open", stage or "", at, by, node.place, beside={"owner": scene.owner})
    section = Section(node, OPEN_KEYS, scene.complaints, "`open`")
    stage = scene.one(section, "stage", "stage", scene.process.stage_ids)
    owner, title = section.read("owner", person) or scene.owner, section.prose("title")
    fields = scene.values(section.node_of("fields"), "`fields`")
    return Ask("open", stage or "", at, by, node.place, fields, {"owner": owner, **({"title": title} if title else {})})
