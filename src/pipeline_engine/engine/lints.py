"""The verb that checks a process file beside what the store knows: how its rules judged so far, and who is who."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline_engine.engine.setup import SetupVerbs
from pipeline_engine.errors import BadProcess
from pipeline_engine.facts import Facts
from pipeline_engine.notation import read_text
from pipeline_engine.process import Bases, Beside, Finding, Process, Rule, Standing, Used, lint, load_process

_LETTERS = {"p": "passed", "f": "failed", "u": "unknown", "w": "waived"}


@dataclass(frozen=True, slots=True)
class Linted:
    """What lint found in a file, and over how many attempts and people it looked beside it."""

    findings: tuple[Finding, ...]
    attempts: int = 0
    people: int = 0


@dataclass(frozen=True, slots=True)
class RuleUse:
    """How the rules of a process judged so far, by id; `attempts` is how many were judged by one of them."""

    attempts: int = 0
    rules: Mapping[str, Used] = field(default_factory=dict)


class LintVerbs(SetupVerbs):
    """Checking a process before it binds anyone."""

    def lint(self, file: str | Path) -> Linted:
        """Everything lint finds in a process file, with the history and the people of this store; writes nothing."""
        return self._linted(read_text(file, BadProcess), str(file), self.bases(file))

    def lint_text(self, text: str, file: str) -> Linted:
        """The same of a text; the base of a variant is found among what is published. `file` is only told."""
        return self._linted(text, file, self._published_bases)

    def _linted(self, text: str, file: str, bases: Bases) -> Linted:
        facts = self._follower.facts(None, None)
        use, people = self._use_of(text, file, bases, facts), self._standings(facts)
        return Linted(lint(text, file, Beside(use.rules, people, bases)), use.attempts, len(people))

    def _use_of(self, text: str, file: str, bases: Bases, facts: Facts) -> RuleUse:
        try:
            return rule_use(load_process(text, file, bases), facts)
        except BadProcess:
            return RuleUse()

    def _standings(self, facts: Facts) -> dict[str, Standing]:
        everybody, now = {person.id: person for person in self.people()}, self._clock()
        owners = frozenset(pc.unique(facts.deals["owner"].combine_chunks()).to_pylist())
        return {
            who: Standing(
                frozenset(person.roles_at(now, everybody)), person.manager, who in owners,
                frozenset(person.skills_at(now)),
            )
            for who, person in everybody.items()
        }  # fmt: skip


def rule_use(process: Process, facts: Facts) -> RuleUse:
    """How the rules of a process judged under all its published versions, where a version has the same rule."""
    wanted = {rule.id: rule for rule in process.rules}
    counted: dict[str, Counter[str]] = {rule_id: Counter() for rule_id in wanted}
    attempts = 0
    for (name, version), published in facts.processes.items():
        letters = _letters(facts, name, version) if name == process.name else Counter[str]()
        attempts += sum(letters.values())
        same = [(n, rule.id) for n, rule in enumerate(published.rules) if _same(rule, wanted.get(rule.id))]
        for codes, times in letters.items():
            for number, rule_id in same:
                counted[rule_id][codes[number]] += times
    return RuleUse(attempts, {rule_id: _used(counter) for rule_id, counter in counted.items()})


def _same(rule: Rule, other: Rule | None) -> bool:
    if other is None:
        return False
    return (rule.check, rule.when, rule.severity) == (other.check, other.when, other.severity)


def _used(counter: Counter[str]) -> Used:
    return Used(**{name: counter[letter] for letter, name in _LETTERS.items()})


def _letters(facts: Facts, name: str, version: int) -> Counter[str]:
    """The verdicts that a version gave, each string of letters with how often."""
    table = facts.attempts
    mine = pc.and_(pc.equal(table["process"], name), pc.equal(table["process_version"], version))
    found: pa.Table = table.filter(pc.and_(mine, pc.is_valid(table["codes"])))
    counts = pc.value_counts(found["codes"].combine_chunks())
    return Counter({each["values"]: each["counts"] for each in counts.to_pylist()})
