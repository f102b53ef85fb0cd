"""The verbs that set a store up: processes and people."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

from pydantic_core import to_json

from pipeline_engine.engine.bases import bases_beside, first_of
from pipeline_engine.engine.follower import BATCH
from pipeline_engine.engine.holders import PERSON
from pipeline_engine.engine.publishing import PublishVerbs
from pipeline_engine.engine.reads import PROCESS, REGISTER
from pipeline_engine.engine.recording import derived_id, drafts_of, request_of
from pipeline_engine.engine.shell import How
from pipeline_engine.envelope import Envelope, Event
from pipeline_engine.errors import BadPeople, BadProcess, UnknownPerson, UnknownStage
from pipeline_engine.notation import read_text
from pipeline_engine.process import Bases, Process, PublishedProcess, load_process
from pipeline_engine.store import Decision
from pipeline_engine.team import Person, Register, TeamApplied, changes, load_people

# Where a stored event names who acted and whose a deal is.
_PEOPLE = ("actor", "owner")


@dataclass(frozen=True, slots=True)
class Applied:
    """What a people file changed: by person, the names of the events."""

    people: int
    changed: dict[str, tuple[str, ...]]


class SetupVerbs(PublishVerbs):
    """Looking at processes, applying people."""

    def bases(self, file: str | Path) -> Bases:
        """Where the base of a variant in a file is looked for: among what is published, then beside the file."""
        return first_of(self._published_bases, bases_beside(file))

    def load(self, file: str | Path) -> Process:
        """The process in a file; a variant's base is a published one, else the file beside it. Raises BadProcess."""
        return load_process(read_text(file, BadProcess), str(file), self.bases(file))

    def processes(self) -> list[PublishedProcess]:
        """Every process with its versions, by name; a variant that is only proposed has none."""
        loaded = (self._store.load(stream, PROCESS)[0] for stream in self._store.streams("process:"))
        return [published for published in loaded if published is not None]

    def process(self, name: str, version: int | None = None) -> Process:
        """A published version, or the one in force; raises UnknownProcess."""
        return self._desk.judge(name, version).process

    def named(self, process: str | None, stage: str | None) -> None:
        """To be asked of names that a person typed: raises UnknownProcess, UnknownStage where no process has them."""
        if process is not None:
            self.process(process)
        published = [each for each in self.processes() if process in (None, each.name)]
        stages = list(dict.fromkeys(s for each in published for v in each.versions for s in v.process.stage_ids))
        if stage is not None and stages and stage not in stages:
            raise UnknownStage(stage, stages)

    def apply_team(self, file: str | Path, **how: Unpack[How]) -> Applied:
        """Make the people register what a file says; who is not in the file keeps no role."""
        return self.apply_register(load_people(read_text(file, BadPeople), str(file)), **how)

    def apply_register(self, wanted: Register, **how: Unpack[How]) -> Applied:
        """Make the people register what is wanted, one stream a person, each recorded once."""
        envelope = self._envelope(how)
        named = {person.id for person in wanted.people}
        changed = {
            person.id: self._apply_person(person, envelope, missing=person.id not in named)
            for person in self._all(wanted)
        }
        applied = {person: names for person, names in changed.items() if names}
        _, register = self._store.load("store:team", REGISTER)
        # Until this is written the register counts as open: also where an earlier try broke off just before.
        if applied or (wanted.people and not register):
            said = TeamApplied(people=len(wanted.people), changed=len(applied))
            self._record("store:team", said, envelope)
        return Applied(len(wanted.people), applied)

    def _all(self, wanted: Register) -> Iterator[Person]:
        yield from wanted.people
        named = {person.id for person in wanted.people}
        yield from (Person(id=person.id) for person in self.people() if person.id not in named)

    def _apply_person(self, wanted: Person, envelope: Envelope, missing: bool) -> tuple[str, ...]:
        own = envelope.model_copy(update={"command_id": derived_id(envelope.command_id, wanted.id)})
        events: list[Event] = []

        def on(person: Person | None, version: int, reader: object) -> Decision:
            events[:] = changes(person, wanted, missing=missing)
            return drafts_of(own, *events)

        self._store.transact(f"person:{wanted.id}", request_of(own, repr(wanted)), PERSON, on)
        return tuple(type(event).__name__ for event in events)

    def people(self) -> list[Person]:
        """Everybody in the register, by id."""
        loaded = (self._store.load(stream, PERSON)[0] for stream in self._store.streams("person:"))
        return [person for person in loaded if person is not None]

    def registered(self) -> list[str]:
        """The id of everybody in the register, who left the people file included."""
        return [stream.partition(":")[2] for stream in self._store.streams("person:")]

    def somebody(self, who: str) -> str:
        """
        The same id, if it is anybody's; to be asked of what a person typed.

        Raises:
            UnknownPerson: People are registered, `who` is none of them, never acted and never had a deal.
        """
        registered = self.registered()
        if registered and who not in registered and not self._in_history(who):
            raise UnknownPerson(who, registered)
        return who

    def _in_history(self, who: str) -> bool:
        """Whether any event was asked for by somebody, or gave them a deal."""
        named, position = [f'"{key}":'.encode() + to_json(who) for key in _PEOPLE], 0
        while rows := self._store.stored_rows(position, BATCH):
            if any(each in row.payload for row in rows for each in named):
                return True
            position = rows[-1].position
        return False
