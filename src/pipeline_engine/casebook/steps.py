"""A step of a case as what the log keeps: an observed event of the way, or a command like any other."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pipeline_engine.casebook.model import Ask
from pipeline_engine.deal import (
    Approve,
    AssignOwner,
    AttachDocument,
    Command,
    Deal,
    DealLost,
    DealMoved,
    DealOpened,
    DealReopened,
    DealWon,
    LinkContact,
    LogActivity,
    LoseDeal,
    MoveDeal,
    OpenDeal,
    RawValue,
    Reject,
    ReopenDeal,
    RequestApproval,
    SetFields,
    TickItem,
    UntickItem,
    Waive,
    WinDeal,
    first_values,
)
from pipeline_engine.envelope import Event
from pipeline_engine.errors import BadValue
from pipeline_engine.process import Process
from pipeline_engine.values import Money, Personal

# A case has no files: what a document holds makes no difference to any rule.
_NO_FILE = "0" * 64
_WAIVED = "a case takes it as waived"


def opened(deal_id: str, step: Ask, process: Process) -> DealOpened:
    """The opening as it was observed; a field given as `""` is not recorded, even where it has a default."""
    command = command_of(deal_id, step, f"{deal_id}:open", process.name)
    assert isinstance(command, OpenDeal), "an opening is made of `open`"
    values = first_values(command, process)
    title = Personal(f"deal:{deal_id}", command.title) if command.title else None
    return DealOpened(
        process=process.name, version=process.version, stage=step.about, owner=command.owner, title=title,
        fields={name: value for name, value in values.items() if step.fields.get(name) != ""},
        basis="source", pinned_by="import",
    )  # fmt: skip


def observed(step: Ask, deal: Deal, process: Process) -> Event:
    """A step of the way as it was observed."""
    match step.verb:
        case "move":
            return DealMoved(from_stage=deal.stage, to_stage=step.about, basis="source")
        case "win":
            value = deal.fields.get(process.value or "")
            amount = value if isinstance(value, Money) else None
            return DealWon(from_stage=deal.stage, amount=amount, basis="source")
        case "lose":
            return DealLost(from_stage=deal.stage, reason=step.about, basis="source")
    return DealReopened(to_stage=deal.stage, basis="source")


def command_of(deal_id: str, ask: Ask, command_id: str, process: str) -> Command:
    """What is asked, as a command."""
    kind, parts = _COMMANDS[ask.verb]
    made: Command = kind(deal_id=deal_id, at=ask.at, by=ask.by, command_id=command_id, **parts(ask, process))
    return made


def _opening(ask: Ask, process: str) -> dict[str, Any]:
    fields: Mapping[str, RawValue] = ask.fields
    return {"process": process, "stage": ask.about or None, "fields": fields, **ask.beside}


def _log(ask: Ask, process: str) -> dict[str, Any]:
    minutes = ask.beside.get("minutes")
    if minutes is not None and not (minutes.isascii() and minutes.isdecimal()):
        raise BadValue("minutes", minutes, "a whole number")
    return {
        "kind": ask.about, "with_whom": ask.beside.get("with"), "minutes": None if minutes is None else int(minutes),
    }  # fmt: skip


def _on_rule(ask: Ask, process: str) -> dict[str, Any]:
    return {"rule": ask.about, "target": ask.beside.get("to")}


def _why(ask: Ask, process: str) -> dict[str, Any]:
    return {**_on_rule(ask, process), "reason": ask.beside.get("reason", _WAIVED)}


_COMMANDS: Mapping[str, tuple[type[Command], Callable[[Ask, str], dict[str, Any]]]] = MappingProxyType({
    "open": (OpenDeal, _opening),
    "move": (MoveDeal, lambda ask, _: {"target": ask.about, "reason": ask.beside.get("reason")}),
    "win": (WinDeal, lambda ask, _: {}),
    "lose": (LoseDeal, lambda ask, _: {"reason": ask.about, **ask.beside}),
    "reopen": (ReopenDeal, lambda ask, _: {"reason": ask.about or None}),
    "set": (SetFields, lambda ask, _: {"values": ask.fields}),
    "log": (LogActivity, _log),
    "contact": (LinkContact, lambda ask, _: {"contact": ask.about, **ask.beside}),
    "attach": (AttachDocument, lambda ask, _: {"name": ask.about, "sha256": _NO_FILE}),
    "tick": (TickItem, lambda ask, _: {"item": ask.about}),
    "untick": (UntickItem, lambda ask, _: {"item": ask.about}),
    "assign": (AssignOwner, lambda ask, _: {"owner": ask.about}),
    "request": (RequestApproval, _on_rule),
    "approve": (Approve, _on_rule),
    "reject": (Reject, _why),
    "waive": (Waive, _why),
})  # fmt: skip
