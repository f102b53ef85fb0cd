"""From what an author wrote to rules that judge: compiled once, at load, and stored with the version."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline_engine.notation import Complaints, Place, Text, place_within
from pipeline_engine.process.declared import Declared
from pipeline_engine.process.entries import Draft
from pipeline_engine.process.model import OWNER, OWNERS_MANAGER, Rule
from pipeline_engine.process.rules import Node, RuleError, Vocabulary, compile_rule, reads, to_json
from pipeline_engine.process.vocabulary import vocabulary_of

MOST_RULES = 500


@dataclass(frozen=True, slots=True)
class CompiledDraft:
    """A rule beside what it was made of: `trees` are its check and, where it has one, its `when`."""

    draft: Draft
    rule: Rule
    trees: tuple[Node, ...]


def compile_drafts(drafts: Sequence[Draft], declared: Declared, complaints: Complaints) -> list[CompiledDraft]:
    """The rules in order; those that do not compile are complained about, at the place in the file."""
    _check_ids(drafts, complaints)
    if len(drafts) > MOST_RULES:
        complaints.add(drafts[MOST_RULES].place, f"{len(drafts)} rules", f"at most {MOST_RULES}")
    if not declared.sound or len(drafts) > MOST_RULES:
        return []
    vocabulary = vocabulary_of(declared)
    compiled = [_compile(draft, vocabulary, complaints) for draft in drafts]
    return [each for each in compiled if each is not None]


def _check_ids(drafts: Sequence[Draft], complaints: Complaints) -> None:
    seen: Counter[str] = Counter()
    for draft in drafts:
        seen[draft.id] += 1
        if draft.id and seen[draft.id] == 2:
            complaints.add(draft.place, f"rule `{draft.id}` is there twice", "an `id` of its own for each rule")


def _compile(draft: Draft, vocabulary: Vocabulary, complaints: Complaints) -> CompiledDraft | None:
    check = _tree(draft.text, draft.source, draft.place, (vocabulary, complaints))
    when = None
    if draft.when is not None:
        when = _tree(draft.when.value, draft.when, draft.place, (vocabulary, complaints))
    if check is None or (when is None) != (draft.when is None):
        return None
    trees = (check,) if when is None else (check, when)
    return CompiledDraft(draft, _rule(draft, check, when), trees)


def _rule(draft: Draft, check: Node, when: Node | None) -> Rule:
    paths = sorted(reads(check) | (frozenset() if when is None else reads(when)))
    return Rule(
        id=draft.id, asked_at=draft.gate, kind=draft.kind, severity=draft.severity, says=draft.says, fix=draft.fix,
        waivable_by=draft.waivable_by, approval=draft.approval, text=draft.text,
        when_text=None if draft.when is None else draft.when.value, check=_stored(check),
        when=None if when is None else _stored(when), reads=tuple(paths), lapses_on=_lapses_on(draft, paths),
    )  # fmt: skip


def _lapses_on(draft: Draft, paths: Sequence[str]) -> tuple[str, ...]:
    """Everything whose change makes a grant one about another deal than was seen."""
    fields = [path.removeprefix("deal.") for path in paths if path.startswith("deal.")]
    owned = draft.approval == OWNERS_MANAGER or any(path.startswith("owner.") for path in paths)
    return tuple(dict.fromkeys((*fields, *draft.void_if_changed, *((OWNER,) if owned else ()))))


def _stored(tree: Node) -> object:
    # As it comes back from the store, so that a process loaded and one read back are equal.
    return json.loads(json.dumps(to_json(tree)))


def _tree(text: str, source: Text | None, place: Place, into: tuple[Vocabulary, Complaints]) -> Node | None:
    vocabulary, complaints = into
    try:
        return compile_rule(text, vocabulary)
    except RuleError as error:
        if source is not None:
            place = place_within(complaints.written.text, source, error.line, error.column)
        complaints.add(place, error.found, error.expected, error.near)
        return None
