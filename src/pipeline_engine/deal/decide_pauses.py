"""Deciding pauses: a deal waits on purpose, with a reason, until somebody goes on or the moment that was named."""

from pipeline_engine.deal import commands_life as life
from pipeline_engine.deal.commands import Command
from pipeline_engine.deal.context import Context
from pipeline_engine.deal.decided import NOTHING, Decided, not_backdated, personal
from pipeline_engine.deal.effective import effective
from pipeline_engine.deal.events import DealPaused, DealResumed
from pipeline_engine.deal.state import Deal
from pipeline_engine.errors import BadMoment, BadValue, DealIsClosed
from pipeline_engine.process import Judge
from pipeline_engine.values import Personal, instant_text


def pause_deal(command: life.PauseDeal, deal: Deal, judge: Judge, context: Context) -> Decided:
    """
    Let an open deal wait, whoever asks.

    While it waits already, another end is its end, and no end named keeps the one it has; for the same reason until the
    same end it waits already.
    """
    reason = personal(command, command.reason)
    if reason is None:
        raise BadValue("reason", command.reason, "what the deal waits for")
    if deal.status != "open":
        raise DealIsClosed(deal.id, deal.status)
    if command.until is not None and command.until <= command.at:
        end, begin = instant_text(command.until), instant_text(command.at)
        raise BadMoment(f"the pause would end at {end}, before it begins at {begin}")
    _in_order(command, deal)
    not_backdated(command, judge.process, context)
    if not deal.pauses.holds(command.at):
        return Decided((DealPaused(reason=reason, until=command.until),))
    until = command.until or deal.pauses.until
    if until == deal.pauses.until and reason == _reason(context):
        return NOTHING
    return Decided((DealPaused(reason=reason, until=until),))


def _reason(context: Context) -> Personal | None:
    """What the deal waits for, as it was last said."""
    events = (recorded.event for recorded in reversed(effective(context.history())))
    return next((event.reason for event in events if isinstance(event, DealPaused)), None)


def resume_deal(command: life.ResumeDeal, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Go on with a deal; one that does not wait, or whose pause is over by itself, has nothing to go on from."""
    _in_order(command, deal)
    not_backdated(command, judge.process, context)
    return Decided((DealResumed(),)) if deal.pauses.holds(command.at) else NOTHING


def _in_order(command: Command, deal: Deal) -> None:
    """Pauses follow one another: what is noted later may not begin before the last one began, or ended."""
    pauses = deal.pauses
    known = [moment for moment in (pauses.begin, pauses.ended) if moment is not None]
    if known and command.at < max(known):
        last = instant_text(max(known))
        raise BadMoment(f"`{instant_text(command.at)}` is before the deal was last paused or resumed, at {last}")
