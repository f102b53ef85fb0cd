"""What a file of cases says, once it is read: how a deal stands, what is asked of it, what must come of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from pipeline_engine.notation import Place
from pipeline_engine.process import Process
from pipeline_engine.team import Person

Answer = Literal["allowed", "refused"]
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing asked of a deal, or that happened to it: a verb, the word behind it, by whom and when.

    `fields` are values as typed, `beside` what else was said: a reason, a role, with whom.
    """

    verb: str
    about: str
    at: datetime
    by: str
    place: Place
    fields: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    beside: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must come of it.

    `answer` is None where it does not matter; `refused_by` is exactly what must stand in the way, None where that does
    not matter. `rules` are those that must have answered in a certain way: `unknown` → the rules.
    """

    answer: Answer | None = None
    refused_by: tuple[str, ...] | None = None
    rules: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Case:
    """One case: a title for people, what was before, oldest first, what is asked, and what must come of it.

    `owner_deals` is how many other open deals the owner has, as many of them in the stage that is asked for.
    """

    title: str
    place: Place
    given: tuple[Ask, ...]
    when: Ask
    then: Expectation
    owner_deals: int = 0


@dataclass(frozen=True, slots=True)
class Casebook:
    """A file of cases with the process they are about, its text, and the people they name.

    Without people every role counts as held by everybody, as in a store without a register.
    """

    file: str
    process: Process
    source_text: str
    people: tuple[Person, ...]
    cases: tuple[Case, ...]
