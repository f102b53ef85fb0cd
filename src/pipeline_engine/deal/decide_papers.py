"""Deciding what is attached to a deal and ticked off for it: documents, checklists, the plan."""

from pipeline_engine.deal import commands as c
from pipeline_engine.deal.context import Context
from pipeline_engine.deal.decided import NOTHING, Decided, not_backdated
from pipeline_engine.deal.events import DocumentAttached, ItemTicked, ItemUnticked
from pipeline_engine.deal.state import Deal
from pipeline_engine.errors import UnknownItem, UnknownKind
from pipeline_engine.process import Judge


def attach_document(command: c.AttachDocument, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Attach a document of a kind the process knows; the same content under the same name again changes nothing."""
    kinds = judge.process.documents
    if command.name not in kinds:
        raise UnknownKind(command.name, kinds, f"`documents` of process `{judge.process.name}`")
    not_backdated(command, judge.process, context)
    if any((each.name, each.sha256) == (command.name, command.sha256) for each in deal.documents):
        return NOTHING
    return Decided((DocumentAttached(name=command.name, sha256=command.sha256),))


def tick_item(command: c.TickItem, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Tick an item of the process; one that is ticked stays as it was ticked first."""
    _known(command.item, judge)
    not_backdated(command, judge.process, context)
    return NOTHING if command.item in deal.ticked else Decided((ItemTicked(item=command.item),))


def untick_item(command: c.UntickItem, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Take a tick back; what is not ticked stays so."""
    _known(command.item, judge)
    not_backdated(command, judge.process, context)
    return Decided((ItemUnticked(item=command.item),)) if command.item in deal.ticked else NOTHING


def _known(item: str, judge: Judge) -> None:
    items = tuple(each.id for each in judge.process.items)
    if item not in items:
        raise UnknownItem(item, items, f"process `{judge.process.name}`")
