"""The verbs of what goes on beside a deal's way: handing it over, letting it wait, letting a contact go."""

from dataclasses import dataclass
from datetime import datetime
from typing import Unpack

import pyarrow.compute as pc

from pipeline_engine.deal import (
    AcceptHandoff,
    DeclineHandoff,
    Outcome,
    PauseDeal,
    RequestHandoff,
    ResumeDeal,
    UnlinkContact,
    WithdrawHandoff,
)
from pipeline_engine.engine.shell import How, Shell


@dataclass(frozen=True, slots=True)
class OpenHandoff:
    """A deal that somebody is asked to take over and has not answered for; `asked_at` is None where nobody knows."""

    deal_id: str
    owner: str | None
    to: str
    asked_by: str
    asked_at: datetime | None


class LifeVerbs(Shell):
    """Handovers, pauses, and contacts that belong to the deal no longer."""

    def hand_off(self, deal_id: str, to: str, why: str | None = None, **how: Unpack[How]) -> Outcome:
        """Ask somebody to take the deal over; asked by its owner or their manager, it stays theirs until accepted."""
        return self._ask(RequestHandoff, deal_id, how, to=to, why=why)

    def accept(self, deal_id: str, **how: Unpack[How]) -> Outcome:
        """Take over a deal that one was asked to take."""
        return self._ask(AcceptHandoff, deal_id, how)

    def decline(self, deal_id: str, reason: str | None = None, **how: Unpack[How]) -> Outcome:
        """Do not take over a deal that one was asked to take."""
        return self._ask(DeclineHandoff, deal_id, how, reason=reason)

    def withdraw(self, deal_id: str, reason: str | None = None, **how: Unpack[How]) -> Outcome:
        """Take back that somebody was asked to take the deal over."""
        return self._ask(WithdrawHandoff, deal_id, how, reason=reason)

    def pause(self, deal_id: str, reason: str, until: datetime | None = None, **how: Unpack[How]) -> Outcome:
        """Let the deal wait on purpose; what is paused counts in no stay, service level or silence."""
        return self._ask(PauseDeal, deal_id, how, reason=reason, until=until)

    def resume(self, deal_id: str, **how: Unpack[How]) -> Outcome:
        """Go on with a deal that waits."""
        return self._ask(ResumeDeal, deal_id, how)

    def unlink(self, deal_id: str, contact: str, role: str, **how: Unpack[How]) -> Outcome:
        """Let a person on the customer's side go from a role in the deal."""
        return self._ask(UnlinkContact, deal_id, how, contact=contact, role=role)

    def handed_over(self, to: str | None = None) -> list[OpenHandoff]:
        """The handovers that nobody has answered, of everybody or of who is asked, the one asked first in front."""
        table = self._follower.facts().handoffs
        mask = pc.equal(table["outcome"], "open")
        if to is not None:
            mask = pc.and_(mask, pc.equal(table["to_owner"], to))
        rows = table.filter(mask).sort_by([("asked_at", "ascending"), ("position", "ascending")]).to_pylist()
        return [
            OpenHandoff(row["deal_id"], row["from_owner"], row["to_owner"], row["actor"], row["asked_at"])
            for row in rows
        ]
