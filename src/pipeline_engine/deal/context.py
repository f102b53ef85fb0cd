"""What a decision may know beside the deal: who asks, who owns, and what time it is for the engine.

The list is closed. Each fact comes with the stream and version it was read at, so that the store can check under its
lock that it still holds.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline_engine.deal.state import Deal
from pipeline_engine.envelope import Recorded
from pipeline_engine.process import OWNERS_MANAGER


@dataclass(frozen=True, slots=True)
class Held:
    """How many other open deals of a process somebody owns, in all and in the stage that is asked for.

    `position` is where in the log that last changed. None is not asked for, and not known afterwards.
    """

    open_deals: int | None = None
    deals_in_stage: int | None = None
    position: int = 0


@dataclass(frozen=True, slots=True)
class Lent:
    """A role that `lender` lends somebody until a moment; `held` says whether the lender has it still."""

    role: str
    lender: str
    until: datetime
    held: bool = True

    def good(self, now: datetime) -> bool:
        """Whether it can be acted in at that moment."""
        return self.held and now < self.until


@dataclass(frozen=True, slots=True)
class Standing:
    """What the people register says of someone; an unknown person has no roles, no skills, no team and no manager.

    `roles` are those that can be acted in, `own` those among them that nobody lent; `lent` are all loans, also those
    are over. `held` is what the log says of the deals they own; it is there where a rule asks for it.
    """

    id: str
    roles: tuple[str, ...] = ()
    team: str | None = None
    manager: str | None = None
    version: int = 0
    skills: tuple[str, ...] = ()
    held: Held | None = None
    own: tuple[str, ...] = ()
    lent: tuple[Lent, ...] = ()

    @property
    def stream(self) -> str:
        """The stream this was read from."""
        return f"person:{self.id}"

    @property
    def deals(self) -> str:
        """What the deals they own are read from; no stream of its own, but all of them."""
        return f"deals-of:{self.id}"


@dataclass(frozen=True, slots=True)
class Context:
    """`clock` is the engine's time; `register_open` says the store has no people at all, so that roles bind nobody.

    `history` gives the events that the deal is the sum of, for the few decisions that ask what exactly was recorded.
    `other` is the deal that a merge leads to.
    """

    clock: datetime
    actor: Standing
    owner: Standing | None = None
    register_open: bool = False
    other: Deal | None = None
    history: Callable[[], Sequence[Recorded]] = field(default=tuple, compare=False, repr=False)

    def holds(self, role: str) -> bool:
        """Whether the actor may act in that role; `owner.manager` is whoever the owner reports to."""
        if self.register_open:
            return True
        if role == OWNERS_MANAGER:
            return self.owner is not None and self.owner.manager == self.actor.id
        return role in self.actor.roles

    def able(self, skills: Collection[str]) -> bool:
        """Whether the actor can do all of that; in a store without people everybody can."""
        return self.register_open or set(skills) <= set(self.actor.skills)
