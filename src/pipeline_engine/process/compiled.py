"""From what an author wrote to rules that judge: compiled once, at load, and stored with the version."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline_engine.notation import Complaints, Place, Text
from pipeline_engine.process.declared import Declared
from pipeline_engine.process.drafts import Condition, Draft, grouped
from pipeline_engine.process.followups import Moments
from pipeline_engine.process.model import OWNER, OWNERS_MANAGER, Item, Opens, Rule, Stage
from pipeline_engine.process.owners import OWNED
from pipeline_engine.process.rules import (
    Kind,
    Node,
    RuleError,
    Vocabulary,
    compile_expression,
    conjunction,
    reads,
    to_json,
)
from pipeline_engine.process.vocabulary import vocabulary_of

MOST_RULES = 500
LONGEST_MADE = 90_000  # the checker itself reads no more than 100,000


@dataclass(frozen=True, slots=True)
class CompiledDraft:
    """A rule beside what it was made of: `trees` are its check and, where it has one, its `when`."""

    draft: Draft
    rule: Rule
    trees: tuple[Node, ...]


@dataclass(frozen=True)
class Compiled:
    """The rules of a file in their order, and the compiler for what else stands in it.

    Without a compiler nothing was compiled, for a complaint might be unjust.
    """

    rules: tuple[CompiledDraft, ...] = ()
    compiler: "Compiler | None" = None

    def stages(self, stages: Iterable[Stage]) -> tuple[Stage, ...]:
        """The stages with the ids of their rules, and the condition under which deals have them."""
        by_gate: dict[str, list[str]] = {}
        for each in self.rules:
            by_gate.setdefault(each.rule.asked_at, []).append(each.rule.id)
        checks = {each.rule.asked_at: each.rule.check for each in self.rules}
        return tuple(
            stage.model_copy(
                update={
                    "rules": tuple(by_gate.get(stage.id, ())),
                    "leave": tuple(by_gate.get(f"leave:{stage.id}", ())),
                    "applies": checks.get(f"applies:{stage.id}"),
                }
            )
            for stage in stages
        )

    def items(self, plan: Sequence[Item], dues: Moments, drafts: Sequence[Draft]) -> tuple[Item, ...]:
        """What can be ticked off: the plan with its dates, then every checklist, each item once."""
        dated = [item.model_copy(update={"due": self._moment(dues.get(item.id))}) for item in plan]
        listed = [draft.item for draft in drafts if draft.item is not None]
        titled = [item for item in listed if item.title]
        return tuple({item.id: item for item in (*listed, *titled, *dated)}.values())

    def opens(self, opens: Sequence[Opens], moments: Moments) -> tuple[Opens, ...]:
        """What a win opens, with its moments."""
        return tuple(each.model_copy(update={"at": self._moment(moments.get(each.process))}) for each in opens)

    def _moment(self, source: Text | None) -> object:
        if source is None or self.compiler is None:
            return None
        tree = self.compiler.moment(source)
        return None if tree is None else stored(tree)


def compile_drafts(
    drafts: Sequence[Draft], declared: Declared, complaints: Complaints, moments: Iterable[Text] = ()
) -> Compiled:
    """
    The rules in order; those that do not compile are complained about, at the place in the file.

    Args:
        moments: What the file says of when; rules are made of it too.
    """
    _check_ids(drafts, complaints)
    if len(drafts) > MOST_RULES:
        complaints.add(drafts[MOST_RULES].place, f"{len(drafts)} rules", f"at most {MOST_RULES}")
    if not declared.sound or len(drafts) > MOST_RULES:
        return Compiled()
    compiler = Compiler(vocabulary_of(declared), complaints)
    for moment in moments:
        compiler.moment(moment)
    for draft in drafts:
        for each in (*draft.conditions, Condition(draft.text, draft.source)):
            if each.source is not None:
                compiler.tree(each.text, each.source, draft.place)
    compiled = [compiler.rule(draft) for draft in drafts]
    return Compiled(tuple(each for each in compiled if each is not None), compiler)


def _check_ids(drafts: Sequence[Draft], complaints: Complaints) -> None:
    seen: Counter[str] = Counter()
    for draft in drafts:
        seen[draft.id] += 1
        if draft.id and seen[draft.id] == 2:
            complaints.add(draft.place, f"rule `{draft.id}` is there twice", "an `id` of its own for each rule")


@dataclass(frozen=True)
class Compiler:
    """Makes trees of the texts of one file; what a file says once is complained about once."""

    vocabulary: Vocabulary
    complaints: Complaints
    _made: dict[tuple[str, int, str | None, Kind], Node | None] = field(default_factory=dict)
    _wrong: list[str] = field(default_factory=list)

    def moment(self, source: Text) -> Node | None:
        """The tree of a text that says when."""
        return self.tree(source.value, source, source.place, Kind.TIMESTAMP)

    def rule(self, draft: Draft) -> CompiledDraft | None:
        """The rule of a draft, None where a text of it does not compile."""
        check = self.tree(draft.text, draft.source, draft.place)
        whens = [self._condition(condition, draft.place) for condition in draft.conditions]
        known = [when for when in whens if when is not None]
        if check is None or len(known) < len(whens):
            return None
        when = conjunction(known) if known else None
        trees = (check,) if when is None else (check, when)
        return CompiledDraft(draft, _rule(draft, check, when), trees)

    def _condition(self, condition: Condition, place: Place) -> Node | None:
        return self.tree(condition.text, condition.source, place)

    def tree(self, text: str, source: Text | None, place: Place, kind: Kind = Kind.BOOL) -> Node | None:
        """The tree of a text; None, with a complaint, where it does not compile."""
        start, file = (source.start, source.place.file) if source is not None else (-1, None)
        key = (text, start, file, kind)
        if key not in self._made:
            self._made[key] = self._tree(text, source, place, kind)
        return self._made[key]

    def _tree(self, text: str, source: Text | None, place: Place, kind: Kind) -> Node | None:
        if len(text) > LONGEST_MADE:
            found = f"a rule of {len(text):,} characters is made of all that `applies` says"
            self.complaints.add(place, found, f"shorter conditions: at most {LONGEST_MADE:,} together")
            return None
        try:
            # What a shorthand stands for may be longer than what anybody writes.
            return compile_expression(text, self.vocabulary, kind, written=source is not None)
        except RuleError as error:
            if source is not None:
                self._wrong.append(text)
                place = self.complaints.place_within(source, error.line, error.column)
            elif any(wrong in text for wrong in self._wrong):
                # It was made of a text that is wrong, and that has been said where it stands.
                return None
            self.complaints.add(place, error.found, error.expected, error.near)
            return None


def _rule(draft: Draft, check: Node, when: Node | None) -> Rule:
    paths = sorted(reads(check) | (frozenset() if when is None else reads(when)))
    return Rule(
        id=draft.id, asked_at=draft.gate, kind=draft.kind, severity=draft.severity, says=draft.says, fix=draft.fix,
        waivable_by=draft.waivable_by, approval=draft.approval, after=draft.after, skills=draft.skills,
        answer_within=draft.answer_within,
        own_words=draft.own_words, text=draft.text,
        when_text=_when_text(draft.conditions), check=stored(check), when=None if when is None else stored(when),
        reads=tuple(paths), lapses_on=_lapses_on(draft, paths),
    )  # fmt: skip


def _when_text(conditions: Sequence[Condition]) -> str | None:
    texts = [condition.text for condition in conditions if condition.text != OWNED]
    if len(texts) == 1:
        return texts[0]
    return " && ".join(_bracketed(text) for text in texts) or None


def _bracketed(text: str) -> str:
    return grouped(text) if "||" in text or "?" in text or "//" in text else text


def _lapses_on(draft: Draft, paths: Sequence[str]) -> tuple[str, ...]:
    """Everything whose change makes a grant one about another deal than was seen."""
    fields = [path.removeprefix("deal.") for path in paths if path.startswith("deal.")]
    owned = draft.approval == OWNERS_MANAGER or any(path.startswith("owner.") for path in paths)
    return tuple(dict.fromkeys((*fields, *draft.void_if_changed, *((OWNER,) if owned else ()))))


def stored(tree: Node) -> object:
    """The tree as it comes back from the store, so that a process loaded and one read back are equal."""
    return json.loads(json.dumps(to_json(tree)))
