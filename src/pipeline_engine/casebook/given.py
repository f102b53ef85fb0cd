"""How the deal of a case stands, read from `given`: in a few words about today, or as the steps that led there.

Either way it becomes steps in the order of time. The way a deal went is taken as told and asks no gate.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from pipeline_engine.casebook.asks import STEP_BESIDE, read_ask
from pipeline_engine.casebook.model import Ask
from pipeline_engine.casebook.scene import Scene, before, moment, person
from pipeline_engine.notation import Items, Node, Place, Section, Table, Text, described, scalar

GIVEN_KEYS = (
    "stage", "since", "opened", "way", "owner", "title", "fields", "activities", "contacts", "documents", "ticked",
    "requests", "approvals", "waivers", "status", "closed", "reason", "at",
)  # fmt: skip
STATUSES = ("open", "won", "lost")
_ANY_REASON = "unsaid"
_ASKING = "rule that asks for an approval"


def read_given(node: Node | None, scene: Scene, target: str, place: Place) -> tuple[Ask, ...]:
    """
    The steps that bring a deal to where it stands, oldest first.

    Args:
        node: What stands behind `given`; nothing is a deal that was just opened in the first stage.
        target: What approvals and waivers are for, where they do not say.
        place: Where the case stands.
    """
    if isinstance(node, Items):
        return _steps(node, scene)
    section = Section(node or Table((), place), GIVEN_KEYS, scene.complaints, "`given`")
    section.read("at", moment)
    return tuple(_Standing(section, scene, target).steps())


def _steps(node: Items, scene: Scene) -> tuple[Ask, ...]:
    if not node.items:
        scene.complaints.add(node, "`given` is an empty list", "`[{open: …, ago: …}, …]`, or a table")
    steps = [step for each in node.items if (step := read_ask(each, scene, "a step", STEP_BESIDE)) is not None]
    if steps and steps[0].verb != "open":
        scene.complaints.add(steps[0].place, f"the first step is `{steps[0].verb}`", "`open`: before it is no deal")
    for step in steps[1:]:
        if step.verb == "open":
            scene.complaints.add(step.place, "a second `open`", "one opening; `reopen` opens a closed deal again")
    for earlier, later in pairwise(steps):
        if later.at < earlier.at:
            scene.complaints.add(later.place, "a step before the one above it", "steps in the order of time")
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class _Standing:
    """The short form: what is true of a deal now."""

    section: Section
    scene: Scene
    target: str

    def steps(self) -> Iterator[Ask]:
        """The steps it stands for; those of one moment in the order in which they must come."""
        facts = list(self._facts())
        way = list(self._way(min((fact.at for fact in facts), default=self.scene.now)))
        # The opening comes first, also before a talk of earlier days that is written down only then.
        later = (*way[1:], *facts, *self._closed())
        yield from (*way[:1], *sorted(later, key=lambda step: step.at))

    def _facts(self) -> Iterator[Ask]:
        yield from self._contacts()
        yield from self._dated("activities", "log", ("activity", self.scene.process.activities), ("with", "minutes"))
        yield from self._dated("documents", "attach", ("document", self.scene.process.documents))
        yield from self._dated("ticked", "tick", ("item", self.scene.items))
        for key, verb in (("requests", "request"), ("approvals", "approve"), ("waivers", "waive")):
            yield from self._granted(key, verb)

    def _owner(self) -> str:
        return self.section.read("owner", person) or self.scene.owner

    def _ago(self, key: str) -> datetime | None:
        return self.section.read(key, before(self.scene.now))

    def _way(self, earliest: datetime) -> Iterator[Ask]:
        gone = self._stays(earliest)
        if not gone:
            return
        (stage, at), *later = gone
        title = self.section.prose("title")
        fields = self.scene.values(self.section.node_of("fields"), "`fields`")
        beside = {"owner": self._owner(), **({"title": title} if title else {})}
        yield Ask("open", stage, at, self._owner(), self.section.node.place, fields, beside)
        for stage, at in later:
            yield Ask("move", stage, at, self._owner(), self.section.node.place)

    def _stays(self, earliest: datetime) -> list[tuple[str, datetime]]:
        """Each stage the deal came into, and when; it was opened before the `earliest` thing that is known of it."""
        if "way" in self.section:
            return self._told_way()
        start = self.scene.process.moves.open_in[0]
        stage = self.scene.one(self.section, "stage", "stage", self.scene.process.stage_ids) or start
        since, opened = self._ago("since"), self._ago("opened")
        if since and opened and (since < opened or (stage == start and since != opened)):
            self.scene.complaints.add(self.section.node, f"in `{stage}` {_than(since, opened)}", "times that fit")
        if stage == start:
            return [(stage, since or opened or earliest)]
        came = since or self.scene.now
        begun = opened or min(came, earliest)
        return [(stage, came)] if begun == came else [(start, begun), (stage, came)]

    def _told_way(self) -> list[tuple[str, datetime]]:
        gone: list[tuple[str, datetime]] = []
        for said in ("stage", "since", "opened"):
            if (extra := self.section.node_of(said)) is not None:
                self.scene.complaints.add(extra, f"`{said}` beside `way`", "one of them; `way` says all of it")
        listed = self.section.list_of("way", "stages with how long ago")
        if not listed and (empty := self.section.node_of("way")):
            self.scene.complaints.add(empty, "`way` names no stage", "`[{STAGE: AGO}, …]`")
        for node in listed:
            for key, value in self.scene.table(node, "`way`"):
                stage = self.scene.known(key, "stage", self.scene.process.stage_ids)
                at = scalar(value, before(self.scene.now), self.scene.complaints, key.value)
                if stage is None or at is None:
                    continue
                if gone and at < gone[-1][1]:
                    self.scene.complaints.add(key, f"`{stage}` before `{gone[-1][0]}`", "stages in the order of time")
                gone.append((stage, at))
        return gone

    def _contacts(self) -> Iterator[Ask]:
        for role, who in self.scene.table(self.section.node_of("contacts"), "`contacts`"):
            if self.scene.known(role, "contact role", self.scene.process.contact_roles) is None:
                continue
            for each in who.items if isinstance(who, Items) else (who,):
                named = scalar(each, str, self.scene.complaints, role.value)
                if named is not None:
                    yield self._now("contact", named, each, {"role": role.value})

    def _now(self, verb: str, about: str, node: Node, beside: dict[str, str]) -> Ask:
        return Ask(verb, about, self.scene.now, self._owner(), node.place, beside=beside)

    def _dated(
        self, key: str, verb: str, named: tuple[str, tuple[str, ...]], beside: tuple[str, ...] = ()
    ) -> Iterator[Ask]:
        """`[meeting, {meeting: 40d}, {demo: 2d, with: WHO}]`: things that happened, just now or so long ago."""
        what, names = named
        node = self.section.node_of(key)
        for each in () if node is None else node.items if isinstance(node, Items) else (node,):
            first = _first(each)
            if first is None:
                self.scene.known(each, what, names)
                continue
            word, value = first
            about = self.scene.known(word, what, names)
            section = Section(each, (word.value, *beside, "by"), self.scene.complaints, what) if value else None
            at = section.read(word.value, before(self.scene.now)) if section else self.scene.now
            if about is not None and at is not None:
                by = (section.read("by", person) if section else None) or self._owner()
                said = {k: text for k in beside if section and (text := section.read(k, str)) is not None}
                yield Ask(verb, about, at, by, each.place, beside=said)

    def _granted(self, key: str, verb: str) -> Iterator[Ask]:
        """`[{big-deal: manager-1}]`: which rule, by whom; for the target of the case unless `to` names another."""
        for each in self.section.list_of(key, "rules with who"):
            first = _first(each)
            if first is None or first[1] is None:
                self.scene.complaints.add(each, f"{described(each)} in `{key}`", "`{RULE: WHO}`")
                continue
            what, names = ("rule", self.scene.rules) if verb == "waive" else (_ASKING, self.scene.approvals)
            rule = self.scene.known(first[0], what, names)
            section = Section(each, (first[0].value, "ago", "to"), self.scene.complaints, f"an item of `{key}`")
            by = section.read(first[0].value, person)
            at = section.read("ago", before(self.scene.now)) or self.scene.now
            to = self.scene.one(section, "to", "target", self.scene.targets) or self.target
            if rule is not None and by is not None:
                yield Ask(verb, rule, at, by, each.place, beside={"to": to} if to else {})

    def _closed(self) -> Iterator[Ask]:
        status = self.section.word("status", STATUSES, "open")
        place = (self.section.node_of("status") or self.section.node).place
        reasons = tuple(reason.id for reason in self.scene.process.lost_reasons)
        node = self.section.node_of("reason")
        reason = self.section.read("reason", str) or (*reasons, _ANY_REASON)[0]
        if node is not None and reasons:
            self.scene.known(node, "lost reason", reasons)
        at = self._ago("closed") or self.scene.now
        for key in ("closed", "reason"):
            if (extra := self.section.node_of(key)) is not None and status == "open":
                self.scene.complaints.add(extra, f"`{key}` of a deal that is open", "`status: won` or `status: lost`")
        if status == "won":
            yield Ask("win", "", at, self._owner(), place)
        elif status == "lost":
            yield Ask("lose", reason, at, self._owner(), place)


def _than(since: datetime, opened: datetime) -> str:
    return "before it was opened" if since < opened else "only later than it was opened there"


def _first(node: Node) -> tuple[Text, Node | None] | None:
    """The word an item is about, and what stands behind it: of a text the text alone."""
    if isinstance(node, Text) and not node.empty:
        return node, None
    return node.entries[0] if isinstance(node, Table) and node.entries else None
