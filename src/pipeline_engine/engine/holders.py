"""Who could approve or waive a rule now: read from the people register when somebody asks, and once for one answer."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from pipeline_engine.deal import Able, Deal, Judged, barred
from pipeline_engine.process import OWNERS_MANAGER, TO_OWNER
from pipeline_engine.store import Fold, Store
from pipeline_engine.team import Person, evolve_person

PERSON: Fold[Person] = Fold("person", evolve_person)


class Holders:
    """The people of a store at a moment, for one answer about one deal."""

    def __init__(
        self,
        store: Store,
        deal: Callable[[], Deal | None],
        now: datetime,
        people: Mapping[str, Person] | None = None,
    ) -> None:
        """`people` is the register by id, where it was read already."""
        self._store, self._load, self._now, self._read = store, deal, now, people
        self._roles_without: dict[frozenset[str], Mapping[str, set[str]]] = {}

    @cached_property
    def _deal(self) -> Deal | None:
        return self._load()

    def beside(self, judged: tuple[Judged, ...]) -> tuple[Judged, ...]:
        """The same answers, with who could help."""
        return tuple(replace(each, helpers=partial(self._able, each)) for each in judged)

    def called(self, asked: str) -> tuple[str, ...]:
        """Who an escalation asks for is now: the owner, their manager, or who holds a role; perhaps nobody."""
        if asked == TO_OWNER:
            return (self._deal.owner,) if self._deal and self._deal.owner else ()
        nobody = frozenset[str]()
        if nobody not in self._roles_without:
            self._roles_without[nobody] = self._roles(nobody)
        return tuple(who for who, held in self._roles_without[nobody].items() if asked in held)

    def _able(self, judged: Judged) -> Able:
        if not self._people:
            return Able(roles_bind=False)
        return Able(self._approvers(judged), self._holding(judged.waivable_by, judged.rule))

    def _approvers(self, judged: Judged) -> tuple[str, ...]:
        if judged.approval is None or self._deal is None:
            return ()
        able = self._holding((judged.approval,), judged.rule)
        return tuple(who for who in able if {*judged.skills} <= {*self._people[who].skills_at(self._now)})

    def _holding(self, roles: tuple[str, ...], rule: str) -> tuple[str, ...]:
        """Who holds one of the roles; four eyes: nobody whose deal it is or who asked, nor in the role of those."""
        theirs = barred(self._deal, rule) if self._deal else frozenset[str]()
        if theirs not in self._roles_without:
            self._roles_without[theirs] = self._roles(theirs)
        return tuple(who for who, held in self._roles_without[theirs].items() if who not in theirs and held & {*roles})

    @cached_property
    def _people(self) -> Mapping[str, Person]:
        if self._read is not None:
            return self._read
        loaded: list[Any] = [self._store.load(stream, PERSON)[0] for stream in self._store.streams("person:")]
        return {person.id: person for person in loaded if person is not None}

    def _roles(self, theirs: frozenset[str]) -> Mapping[str, set[str]]:
        """What everybody may act as now: own roles, those the others lend, and being the owner's manager."""
        lenders = {who: person for who, person in self._people.items() if who not in theirs}
        held = {who: {*person.roles_at(self._now, lenders)} for who, person in sorted(self._people.items())}
        owner = self._people.get(self._deal.owner or "") if self._deal else None
        if owner is not None and owner.manager in held:
            held[owner.manager].add(OWNERS_MANAGER)
            stand_ins = () if owner.manager in theirs else self._borrowing(owner.manager, OWNERS_MANAGER)
            for who in stand_ins:
                held[who].add(OWNERS_MANAGER)
        return held

    def _borrowing(self, lender: str, role: str) -> tuple[str, ...]:
        """To whom somebody lends a role now."""
        lent = ((who, d) for who, person in self._people.items() for d in person.delegations_at(self._now))
        return tuple(who for who, d in lent if (d.lender, d.role) == (lender, role))
