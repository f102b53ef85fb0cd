"""What a decision comes to, and the checks of time that every decision shares."""

from dataclasses import dataclass
from datetime import timedelta

from pipeline_engine.deal import commands as c
from pipeline_engine.deal import commands_life as life
from pipeline_engine.deal.commands import Command
from pipeline_engine.deal.context import Context
from pipeline_engine.deal.state import Deal
from pipeline_engine.envelope import Event
from pipeline_engine.errors import BadMoment
from pipeline_engine.process import Process
from pipeline_engine.values import Personal, instant_text


@dataclass(frozen=True, slots=True)
class Decided:
    """`events` to append, in order; `repeats` is the version of an earlier refusal that answers the command instead.

    `in_stead_of` is whose role was acted in, where it was lent.
    """

    events: tuple[Event, ...] = ()
    repeats: int | None = None
    in_stead_of: str | None = None


NOTHING = Decided()
# Of these the time is evidence, and no correction of one would be taken (CORRECTABLE in effective.py).
_TIME_STANDS = (
    c.RequestApproval, c.Approve, c.Reject, c.Return, c.Waive, c.CorrectValue, c.CorrectTime, c.VoidEvent,
    c.ConfirmCorrection, life.RequestHandoff, life.AcceptHandoff, life.DeclineHandoff, life.WithdrawHandoff,
)  # fmt: skip
# A file can no longer say working time here; where a published one does, the shorter reading holds.
_UNITS = {
    "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1),
    "bh": timedelta(hours=1), "bd": timedelta(days=1),
}  # fmt: skip


def personal(command: Command, text: str | None) -> Personal | None:
    """Free text as it is kept: under the deal's own key; blanks alone are no text."""
    return Personal(f"deal:{command.deal_id}", text) if text and text.strip() else None


def not_in_the_future(command: Command, context: Context) -> None:
    """Raise BadMoment where the command's time is later than the engine's."""
    if command.at > context.clock:
        raise BadMoment(f"`{instant_text(command.at)}` is in the future; now is {instant_text(context.clock)}")


def in_stage_order(command: Command, deal: Deal, process: Process, context: Context) -> None:
    """
    Raise BadMoment where a stage event would come before the deal's last one, or in the future.

    Where the process says how far back anything may be recorded, that holds here too: a deal said to have been opened
    last month has been in its stage for a month, and an approval that has ended was there last week.
    """
    not_in_the_future(command, context)
    if deal.last_stage_at and command.at < deal.last_stage_at:
        last = instant_text(deal.last_stage_at)
        raise BadMoment(f"`{instant_text(command.at)}` is before the deal's last stage event at {last}")
    if process.backdate is not None:
        not_backdated(command, process, context)


def not_backdated(command: Command, process: Process, context: Context) -> None:
    """Raise BadMoment where a fact is recorded later than the process allows, or before it happened."""
    not_in_the_future(command, context)
    late = context.clock - command.at
    allowed = _allowed(process)
    if late > allowed:
        moment = instant_text(command.at)
        said = f"`{moment}` is {_days(late)} back; process `{process.name}` allows {_days(allowed)} (`backdate:`)"
        raise BadMoment(said + _other_way(command, process, context))
    if late and process.backdate_by and not any(context.holds(role) for role in process.backdate_by):
        said = f"only {' or '.join(process.backdate_by)} may backdate in process `{process.name}`"
        raise BadMoment(said + _other_way(command, process, context))


def _other_way(command: Command, process: Process, context: Context) -> str:
    """How the time of what is recorded now is set right afterwards; nothing where a time is never corrected."""
    if isinstance(command, _TIME_STANDS):
        return ""
    by = process.corrections_by
    if not by and not context.register_open:
        return "; record it as of now: `corrections: {by: [ROLE]}` in the process names who may then correct its time"
    who = f", by {' or '.join(by)}" if by else ""
    return f"; record it as of now, and then correct its time{who}: `deal correct time`"


def _allowed(process: Process) -> timedelta:
    if process.backdate is None:
        return timedelta(0)
    return _UNITS[process.backdate.unit] * float(process.backdate.amount)


def _days(span: timedelta) -> str:
    return f"{span.total_seconds() / 86400:.3g} d"
