"""A shop beside another system: what people ask the gate for, and what is put down past it."""

from datetime import datetime, timedelta
from typing import Any, Self

from pipeline_engine.envelope import Envelope, Event
from pipeline_engine.store import Draft, StreamAppend
from tests.engine.shop import MONDAY, PEOPLE, PROCESS, Shop

OBSERVED = PROCESS.replace("roles: [rep, manager, vp]", "roles: [rep, manager, vp, sync]") + "observed: {by: [sync]}\n"
EVERYBODY = PEOPLE + "  - {id: crm-sync, roles: [sync]}\n"


def day(number: float) -> datetime:
    """So many days after MONDAY."""
    return MONDAY + timedelta(days=number)


class Beside(Shop):
    """The shop of tests/engine, with steps that stand on a day."""

    @classmethod
    def begun(cls) -> Self:
        """Deal D of rep, open in the first stage."""
        made = cls.opened(people=EVERYBODY)
        made.engine.publish_text(OBSERVED, "shop.yaml", by="ops")
        made.ask("open_deal", process="shop", owner="rep", fields={"amount": "10"})
        return made  # type: ignore[return-value]  # `opened` makes one of the class it is called on

    def on(self, number: float, verb: str, *args: Any, deal: str = "D", by: str = "rep", **what: Any) -> Self:
        """One command on a day."""
        self.clock.on(number)
        self.ask(verb, deal, *args, by=by, **what)
        return self

    def seen(self, number: float, to: str, deal: str = "D", by: str = "crm-sync", **what: Any) -> Self:
        """What the CRM did on a day, told at once."""
        key = f"{deal}-{number}"
        return self.on(number, "observe", deal=deal, by=by, to=to, source="crm", key=key, at=day(number), **what)

    def put(self, number: float, *events: Event, deal: str = "D", by: str = "ops") -> Self:
        """Events that other parts of the engine write, on a day."""
        self.clock.on(number)
        store = self.engine._store
        version = len(store.events(f"deal:{deal}"))
        drafts = tuple(
            Draft(Envelope(at=day(number), actor=by, command_id=f"put-{deal}-{version + n}"), event)
            for n, event in enumerate(events)
        )
        store.append_many([StreamAppend(f"deal:{deal}", version, drafts)])
        return self
