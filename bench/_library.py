"""A deal as the bare event-sourcing library would have it: an aggregate, its decorators, its JSON; no verdicts.

The same facts as our events of a made-up year, in the types the library's users would take.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from pipeline_engine.envelope import Event
from pipeline_engine.store import Draft
from pipeline_engine.values import Money, Personal

LEFT_OUT = {"verdicts"}


class Deal(Aggregate):
    """Keeps what the events say, as an application would."""

    @event("DealOpened")
    def __init__(self, who: dict[str, Any], said: dict[str, Any]) -> None:
        self.stage, self.owner, self.status = said["stage"], said["owner"], "open"
        self.fields: dict[str, Any] = dict(said.get("fields", {}))
        self.activities: list[tuple[str, datetime]] = []
        self.last = who["at"]

    @event("DealMoved")
    def move(self, who: dict[str, Any], said: dict[str, Any]) -> None:
        """Another stage."""
        self.stage, self.last = said["to_stage"], who["at"]

    @event("FieldsChanged")
    def change(self, who: dict[str, Any], said: dict[str, Any]) -> None:
        """Other fields."""
        self.fields.update(said.get("set", {}))
        self.last = who["at"]

    @event("ActivityLogged")
    def log(self, who: dict[str, Any], said: dict[str, Any]) -> None:
        """One more activity."""
        self.activities.append((said["kind"], who["at"]))

    @event("SomethingNoted")
    def note(self, who: dict[str, Any], said: dict[str, Any]) -> None:
        """Whatever else happened."""
        self.last = who["at"]


_VERBS = {"DealMoved": Deal.move, "FieldsChanged": Deal.change, "ActivityLogged": Deal.log}


def application(settings: Mapping[str, str]) -> "Application[UUID]":
    """The library's application on a store."""
    return Application(env=dict(settings))


def lived(drafts: Iterable[Draft]) -> Deal:
    """The aggregate that went through the same events, with all of them pending."""
    deal: Deal | None = None
    for draft in drafts:
        who, said = draft.envelope.model_dump(exclude_defaults=True), _said(draft.event)
        if deal is None:
            deal = Deal(who=who, said=said)
        else:
            _VERBS.get(type(draft.event).__name__, Deal.note)(deal, who=who, said=said)
    assert deal is not None
    return deal


def _said(happened: Event) -> dict[str, Any]:
    parts = ((name, getattr(happened, name)) for name in happened.model_fields_set)
    return {name: _plain(part) for name, part in parts if name not in LEFT_OUT}


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return {"amount": Decimal(value.plain()), "currency": value.currency}
    if isinstance(value, Personal):
        return value.value
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return list(value) if isinstance(value, (tuple, frozenset)) else value
