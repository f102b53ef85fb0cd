"""What must come of it, read from `then`: `allowed`, `refused`, or which rules must have said what."""

from collections.abc import Mapping
from types import MappingProxyType

from pipeline_engine.casebook.model import Answer, Ask, Expectation
from pipeline_engine.casebook.scene import Scene
from pipeline_engine.notation import Items, Node, Section, Text, described

ANSWERS = ("allowed", "refused")
RULE_KEYS = ("unknown", "fails", "warns", "passes", "waived", "not_asked")
THEN_KEYS = ("answer", "refused", *RULE_KEYS)
GATED = ("open", "move", "win", "lose", "reopen", "assign")
# Why somebody who tries may not approve or waive.
_WHY = ("no-role", "four-eyes", "delegation-ended", "not-waivable", "no-skill")
FORM = "`allowed`, `refused`, or `{refused: [RULE, …]}`"


def read_then(node: Node, when: Ask, scene: Scene) -> Expectation | None:
    """What a case expects; None, with a complaint, where that cannot be told."""
    if isinstance(node, Text):
        if node.value in ANSWERS:
            return Expectation(answer="allowed" if node.value == "allowed" else "refused")
        scene.complaints.add(node, f"`then` is {described(node)}", FORM)
        return None
    if isinstance(node, Items):
        scene.complaints.add(node, "`then` is a list", FORM)
        return None
    if not node.entries:
        scene.complaints.add(node, "`then` says nothing", FORM)
    section = Section(node, THEN_KEYS, scene.complaints, "`then`")
    rules = {key: scene.listed(section, key, "rule", scene.rules) for key in RULE_KEYS if key in section}
    for key in rules if when.verb not in GATED else ():
        scene.complaints.add(section.node_of(key) or node, f"`{key}` of `{when.verb}`, which asks no gate", FORM)
    return _expectation(section, when, scene, MappingProxyType(rules))


def _expectation(section: Section, when: Ask, scene: Scene, rules: Mapping[str, tuple[str, ...]]) -> Expectation:
    node = section.node_of("refused")
    by = None if node is None else scene.listed(section, "refused", *_named(when, scene))
    if isinstance(node, Items) and not node.items:
        scene.complaints.add(node, "`refused` names nothing", "`then: allowed`, or what must stand in the way")
    word = section.word("answer", ANSWERS, "refused" if by else "")
    if by and word == "allowed":
        at = section.node_of("answer") or section.node
        scene.complaints.add(at, "`answer: allowed` beside `refused`", "one of them")
    answer: Answer | None = None if not word else "allowed" if word == "allowed" else "refused"
    return Expectation(answer, by or None, rules)


def _named(when: Ask, scene: Scene) -> tuple[str, tuple[str, ...]]:
    """What may stand in the way of such a command, by what it is called."""
    if when.verb in GATED:
        return "rule", scene.rules
    if when.verb == "set":
        return "field", tuple(scene.process.fields)
    return "reason for a refusal", _WHY
