"""Deciding handovers: one person asks another to take a deal over, and that one says yes or no.

Who is asked answers, nobody for them; who asks is the owner or the owner's manager. One is asked at a time.
"""

from pipeline_engine.deal import commands as c
from pipeline_engine.deal import commands_life as life
from pipeline_engine.deal.context import Context
from pipeline_engine.deal.decided import NOTHING, Decided, not_backdated, personal
from pipeline_engine.deal.events import HandoffAccepted, HandoffDeclined, HandoffRequested, HandoffWithdrawn
from pipeline_engine.deal.owning import new_owner
from pipeline_engine.deal.state import Deal, Handoff
from pipeline_engine.errors import BadMoment, BadValue, DealIsClosed, HandoffIsOpen, NoHandoff, NotTheirs
from pipeline_engine.process import OWNERS_MANAGER, Judge
from pipeline_engine.values import instant_text


def request_handoff(command: life.RequestHandoff, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Ask somebody to take the deal over; the same person asked again changes nothing. A lost deal is nobody's work."""
    _not_lost(deal)
    if not _stands_for_owner(command, deal, context):
        raise NotTheirs(command.by, f"hand deal `{deal.id}` over", _owner_or_manager(deal, context))
    not_backdated(command, judge.process, context)
    if command.to == deal.owner:
        raise BadValue("to", command.to, "somebody else: they own the deal already")
    if deal.handoff is None:
        return Decided((HandoffRequested(to=command.to, why=personal(command, command.why)),))
    if deal.handoff.to == command.to:
        return NOTHING
    raise HandoffIsOpen(deal.id, deal.handoff.to)


def accept_handoff(command: life.AcceptHandoff, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Take the deal over; who took it over already has nothing left to do."""
    if deal.handoff is None and deal.owner == command.by:
        return NOTHING
    _answered_by_who_was_asked(command, deal, judge, context)
    _not_lost(deal)
    return new_owner(HandoffAccepted(owner=command.by), (command, deal), (judge, context))


def decline_handoff(command: life.DeclineHandoff, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Do not take the deal over: it stays with its owner."""
    _answered_by_who_was_asked(command, deal, judge, context)
    return Decided((HandoffDeclined(reason=personal(command, command.reason)),))


def withdraw_handoff(command: life.WithdrawHandoff, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Ask no longer: by who asked, the owner, or the owner's manager."""
    open_now = _open(deal)
    if command.by != open_now.by and not _stands_for_owner(command, deal, context):
        who = f"`{open_now.by}`, who asked, or {_owner_or_manager(deal, context)}"
        raise NotTheirs(command.by, f"take back that deal `{deal.id}` is handed over", who)
    _after_it_was_asked(command, open_now)
    not_backdated(command, judge.process, context)
    return Decided((HandoffWithdrawn(reason=personal(command, command.reason)),))


def _not_lost(deal: Deal) -> None:
    if deal.status == "lost":
        raise DealIsClosed(deal.id, deal.status)


def _stands_for_owner(command: c.Command, deal: Deal, context: Context) -> bool:
    # A deal that nobody owns is nobody's to keep.
    return deal.owner is None or command.by == deal.owner or context.holds(OWNERS_MANAGER)


def _owner_or_manager(deal: Deal, context: Context) -> str:
    manager = context.owner.manager if context.owner else None
    return f"`{deal.owner}`, who owns it" + (f", or their manager `{manager}`" if manager else "")


def _open(deal: Deal) -> Handoff:
    if deal.handoff is None:
        raise NoHandoff(deal.id)
    return deal.handoff


def _answered_by_who_was_asked(command: c.Command, deal: Deal, judge: Judge, context: Context) -> None:
    open_now = _open(deal)
    if command.by != open_now.to:
        raise NotTheirs(command.by, f"answer for deal `{deal.id}`", f"`{open_now.to}`, who was asked to take it over")
    _after_it_was_asked(command, open_now)
    not_backdated(command, judge.process, context)


def _after_it_was_asked(command: c.Command, open_now: Handoff) -> None:
    if open_now.at and command.at < open_now.at:
        asked = instant_text(open_now.at)
        raise BadMoment(f"`{instant_text(command.at)}` is before the handover was asked for, at {asked}")
