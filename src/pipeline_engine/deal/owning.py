"""A deal gets another owner: the one place that assigning and accepting a handover go through."""

from pipeline_engine.deal.commands import Command
from pipeline_engine.deal.context import Context
from pipeline_engine.deal.decided import Decided
from pipeline_engine.deal.events import HandoffAccepted, OwnerAssigned
from pipeline_engine.deal.state import Deal
from pipeline_engine.process import Judge


def new_owner(
    event: OwnerAssigned | HandoffAccepted, asked: tuple[Command, Deal], by: tuple[Judge, Context]
) -> Decided:
    """What it comes to that the deal is to belong to the event's owner."""
    return Decided((event,))
