"""Which deals wait for somebody's answer, and which hold something given that ends by itself: found without a fold."""

import numpy as np

from pipeline_engine.facts.arrays import NOWHEN, Ints, Mask, Words, ints
from pipeline_engine.facts.snapshot import Facts

_OF_APPROVALS = ("requested", "granted", "rejected", "returned")


def asking(facts: Facts) -> Ints:
    """
    The deals in which the last that was said of some approval is that it is asked for.

    Returns:
        Ascending indices into `deal_ids`, of deals that can still go there: a closed one can only be reopened, a merged
        one goes nowhere. Some have no open request any more: the move it was for may have gone through without.
    """
    event, deal = Words.of(facts.approvals["event"]), facts.deal_ix("approvals")
    rule, target = Words.of(facts.approvals["rule"]), Words.of(facts.approvals["target"])
    about = rule.codes * np.int64(len(target.vocabulary) + 1) + target.codes
    told = np.flatnonzero(event.is_any(*_OF_APPROVALS))
    order = told[np.lexsort((ints(facts.approvals["version"])[told], about[told], deal[told]))]
    last = np.ones(len(order), np.bool_)
    last[:-1] = (np.diff(deal[order]) != 0) | (np.diff(about[order]) != 0)
    wanted = event.is_any("requested") & _goes_there(facts, deal, target)
    return np.unique(deal[order[last & wanted[order]]])


def ending(facts: Facts) -> Ints:
    """The deals to which something was given that ends by itself, whether or not it has; as `asking` has them."""
    event, target = Words.of(facts.approvals["event"]), Words.of(facts.approvals["target"])
    deal, ends = facts.deal_ix("approvals"), ints(facts.approvals["expires_at"]) != NOWHEN
    return np.unique(deal[event.is_any("granted", "waived") & ends & _goes_there(facts, deal, target)])


def _goes_there(facts: Facts, deal: Ints, target: Words) -> Mask:
    status, ours = Words.of(facts.deals["status"]), facts.deal_ix("deals")
    is_open, closed = (np.isin(deal, ours[status.is_any(*words)]) for words in (("open",), ("won", "lost")))
    return is_open | (closed & target.is_any("reopen"))
