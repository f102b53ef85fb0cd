"""What whoever approves or waives had before them: an answer to one deal is no answer to what became of it since."""

from pipeline_engine.deal.commands import Approve, Waive
from pipeline_engine.deal.context import Context
from pipeline_engine.deal.effective import fold
from pipeline_engine.deal.state import Deal
from pipeline_engine.errors import BadValue, ChangedSince
from pipeline_engine.process import OWNER, Rule
from pipeline_engine.values import Value


def as_seen(command: Approve | Waive, deal: Deal, rule: Rule, context: Context) -> int:
    """
    The version of the deal that was looked at: the one that is named, else the deal as it stands.

    Raises:
        BadValue: The deal has no such version.
        ChangedSince: Something that would end the grant is otherwise now than it was then.
    """
    seen = command.seen
    if seen is None:
        return deal.version
    if not 1 <= seen <= deal.version:
        raise BadValue("seen", seen, f"a version of the deal, from 1 to {deal.version}")
    then = fold([recorded for recorded in context.history() if recorded.version <= seen])
    changed = [name for name in rule.lapses_on if then is None or value_of(then, name) != value_of(deal, name)]
    if changed:
        raise ChangedSince(deal.id, seen, changed)
    return seen


def value_of(deal: Deal, name: str) -> Value | None:
    """A field, or `owner.id`; None is not recorded."""
    return deal.owner if name == OWNER else deal.fields.get(name)
