"""How long an approval, a waiver, a contact or a tick stands, counted in versions of its deal.

The same laws as the deal's own fold (deal/evolve.py): a grant ends when a field in its `lapses_on` changes, when an
accepted attempt at its target used it, when who gave it, or in whose stead it was given, becomes the deal's owner, or
when a migration does not take it over; an approval also by a later no. A contact ends when the same person in the same
role is unlinked, a tick when its item is unticked.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline_engine.facts.arrays import VERSIONS, Ints, Words, flags, ints, keys, picked
from pipeline_engine.facts.snapshot import Facts
from pipeline_engine.process import OWNER

FOREVER = np.int64(2**31 - 1)
_OWNER_COLUMN = "@owner"  # as `changes` calls the owner


def grant_ends(facts: Facts) -> Ints:
    """
    Per row of `approvals` the version of the event that ended it, FOREVER where none did; rows that grant
    nothing end at 0.

    It stands before version v where its own version < v ≤ its end; expiry is a comparison with the clock, not
    here.
    """
    table = facts.approvals
    deal, version = facts.deal_ix("approvals"), ints(table["version"])
    event = Words.of(table["event"])
    denied = np.where(event.is_any("granted"), _denied(event, facts, deal, version), FOREVER)
    ways = (
        _used(facts, deal, version), _lapsed(facts, deal, version), _owned(facts, deal, version), denied,
        _migrated(event, facts, deal, version),
    )  # fmt: skip
    return np.where(event.is_any("granted", "waived"), np.min(np.stack(ways), axis=0), 0)


def request_ends(facts: Facts) -> Ints:
    """
    Per row of `approvals` the version that answered what is asked for there, or after which nobody waits for an answer;
    FOREVER where it still waits. Rows that ask for nothing end at 0.
    """
    table = facts.approvals
    deal, version, event = facts.deal_ix("approvals"), ints(table["version"]), Words.of(table["event"])
    answers = _said(event, facts, deal, version, ("granted", "rejected", "returned"))
    ends = np.min(np.stack((answers, _used(facts, deal, version), _migrated(event, facts, deal, version))), axis=0)
    return np.where(event.is_any("requested"), ends, 0)


def contact_ends(facts: Facts, who: pa.Array | None = None) -> Ints:
    """
    Per row of `contacts` the version that unlinked it, FOREVER where none did; rows that unlink end at 0.

    Args:
        who: The opened names, where sealed texts of one name differ; without, sealed texts are compared.
    """
    table = facts.contacts
    person = Words.of(table["contact"] if who is None else who)
    role, linked = Words.of(table["role"]), flags(table["linked"])
    deal, version = facts.deal_ix("contacts"), ints(table["version"])
    both = person.codes * np.int64(len(role.vocabulary) + 1) + role.codes
    ends = _next(both, deal, version, (both[~linked], deal[~linked], version[~linked]))
    return np.where(linked, ends, 0)


def tick_ends(facts: Facts) -> Ints:
    """
    Per row of `items` the version at which the item was unticked or ticked anew, FOREVER without; rows that untick end
    at 0.
    """
    table = facts.items
    item, deal, version = Words.of(table["item"]), facts.deal_ix("items"), ints(table["version"])
    ends = _next(item.codes, deal, version, (item.codes, deal, version))
    return np.where(flags(table["ticked"]), ends, 0)


def _used(facts: Facts, deal: Ints, version: Ints) -> Ints:
    attempts = facts.attempts
    target, ours = Words.of(attempts["to_stage"]), Words.of(facts.approvals["target"])
    served = np.flatnonzero(flags(attempts["accepted"]) & ~Words.of(attempts["kind"]).is_any("open"))
    translated = np.array([target.code(word) for word in ours.vocabulary] + [-2], np.int64)
    when = (target.codes[served], facts.deal_ix("attempts")[served], ints(attempts["version"])[served])
    return _next(translated[ours.codes], deal, version, when)


def _lapsed(facts: Facts, deal: Ints, version: Ints) -> Ints:
    lapses, changes = facts.approvals["lapses_on"].combine_chunks(), facts.changes
    field, named = Words.of(changes["field"]), Words.of(lapses.flatten())
    sizes = np.asarray(pc.fill_null(pc.list_value_length(lapses), 0)).astype(np.int64)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    meant = (_OWNER_COLUMN if word == OWNER else word for word in named.vocabulary)
    translated = np.array([field.code(word) for word in meant] + [-2], np.int64)
    when = _touched(facts, field, (field.codes, facts.deal_ix("changes"), ints(changes["version"])))
    each = _next(translated[named.codes], deal[owner], version[owner], when)
    ends = np.full(len(deal), FOREVER, np.int64)
    np.minimum.at(ends, owner, each)
    return ends


def _touched(facts: Facts, field: Words, when: tuple[Ints, Ints, Ints]) -> tuple[Ints, Ints, Ints]:
    """Changes, and where corrections end what rests on a field: at themselves, and at the change that is void."""
    table = facts.corrections
    recorded = np.flatnonzero(Words.of(table["event"]).is_any("recorded"))
    if not len(recorded):
        return when
    rows = table.take(pa.array(recorded))
    lists = rows["fields"].combine_chunks()
    sizes = np.asarray(pc.fill_null(pc.list_value_length(lists), 0)).astype(np.int64)
    owner, named = np.repeat(np.arange(len(sizes)), sizes), Words.of(lists.flatten())
    codes = np.array([field.code(word) for word in named.vocabulary] + [-3], np.int64)[named.codes]
    deal, version, corrects = facts.deal_ix("corrections")[recorded], ints(rows["version"]), ints(rows["corrects"])
    void = Words.of(rows["kind"]).is_any("void")[owner]
    at = (np.concatenate([version[owner], corrects[owner[void]]]), np.concatenate([deal[owner], deal[owner[void]]]))
    return (
        np.concatenate([when[0], codes, codes[void]]),
        np.concatenate([when[1], at[1]]),
        np.concatenate([when[2], at[0]]),
    )


def _denied(event: Words, facts: Facts, deal: Ints, version: Ints) -> Ints:
    """When an approval was taken back: somebody said no to the same rule and target."""
    return _said(event, facts, deal, version, ("rejected", "returned"))


def _said(event: Words, facts: Facts, deal: Ints, version: Ints, what: tuple[str, ...]) -> Ints:
    """When one of these was said next of the same rule and target."""
    rule, target = Words.of(facts.approvals["rule"]), Words.of(facts.approvals["target"])
    about = rule.codes * np.int64(len(target.vocabulary) + 1) + target.codes
    said = event.is_any(*what)
    return _next(about, deal, version, (about[said], deal[said], version[said]))


def _migrated(event: Words, facts: Facts, deal: Ints, version: Ints) -> Ints:
    """When the deal went on under a version that did not take it over: told by the version at which it began."""
    ended = event.is_any("ended")
    if not ended.any():
        return np.full(len(deal), FOREVER, np.int64)
    began = keys(deal, ints(facts.approvals["seen_version"]))[ended]
    order = np.lexsort((version[ended], began))
    place = np.searchsorted(began[order], keys(deal, version))
    found = picked(began[order], np.where(place < len(began), place, -1), np.int64(-1)) == keys(deal, version)
    return np.where(found, picked(version[ended][order], np.where(found, place, -1)), FOREVER)


def _owned(facts: Facts, deal: Ints, version: Ints) -> Ints:
    """When whoever granted, or in whose stead, became the owner: nobody approves or waives for themselves."""
    own = _became_owner(facts, deal, version, Words.of(facts.approvals["actor"]))
    lenders = Words.of(facts.happenings["on_behalf_of"])
    if not lenders.vocabulary:
        return own
    there = keys(facts.deal_ix("happenings"), ints(facts.happenings["version"]))
    order, here = np.argsort(there, kind="stable"), keys(deal, version)
    place = np.minimum(np.searchsorted(there[order], here), len(there) - 1)
    lent = lenders.take(np.where(there[order][place] == here, order[place], -1))
    return np.minimum(own, _became_owner(facts, deal, version, lent))


def _became_owner(facts: Facts, deal: Ints, version: Ints, by: Words) -> Ints:
    """When each of these people became the owner of the deal."""
    changes = facts.changes
    rows = np.flatnonzero(Words.of(changes["field"]).is_any(_OWNER_COLUMN))
    owner = Words.of(changes["text"].combine_chunks().take(pa.array(rows)))
    translated = np.array([owner.code(word) for word in by.vocabulary] + [-2], np.int64)
    when = (owner.codes, facts.deal_ix("changes")[rows], ints(changes["version"])[rows])
    return _next(translated[by.codes], deal, version, when)


def _next(code: Ints, deal: Ints, version: Ints, when: tuple[Ints, Ints, Ints]) -> Ints:
    """
    The first version after each row at which its code happens in its deal; `when` holds codes, deals and
    versions.
    """
    order = np.lexsort((when[2], when[1], when[0]))
    codes, marks = when[0][order], keys(when[1], when[2])[order]
    begin, end = np.searchsorted(codes, code), np.searchsorted(codes, code, side="right")
    # Codes are few: one search in the marks of each.
    found = np.full(len(code), -1, np.int64)
    for each in np.unique(code[end > begin]):
        rows = np.flatnonzero(code == each)
        first, last = begin[rows[0]], end[rows[0]]
        place = first + np.searchsorted(marks[first:last], keys(deal[rows], version[rows]), side="right")
        found[rows] = np.where(place < last, place, -1)
    mark = picked(marks, found, np.int64(-1))
    same = mark >> VERSIONS == deal
    return np.where(same, mark & np.int64((1 << VERSIONS) - 1), FOREVER)
