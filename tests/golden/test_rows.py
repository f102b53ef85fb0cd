"""The stored shapes, pinned: rows.tsv was written once and checked by hand against DESIGN section 4.

A line is position, stream, version, name and payload. Lines are added for new events and never changed: a test that
fails here means that stores out there can no longer be read as they were written.
"""

from collections import defaultdict
from datetime import UTC, datetime

import pytest

from pipeline_engine.deal import DEAL_EVENTS, CorrectionRecorded, Deal, Grant, evolve, fold, refold
from pipeline_engine.engine import EVENTS
from pipeline_engine.envelope import Envelope, Recorded, Stored
from pipeline_engine.facts import facts_of
from pipeline_engine.process import Judge, PublishedProcess, digest_of, evolve_process
from pipeline_engine.store import Draft, Row
from pipeline_engine.team import Person, Skill, evolve_person
from pipeline_engine.values import Money, Personal
from tests.golden.folds import CODEC, HERE, rows
from tests.golden.folds import by_stream as decoded


def by_stream() -> dict[str, list[Recorded]]:
    """The events, stream by stream."""
    return decoded(rows())


def test_every_event_there_is_has_a_golden_row() -> None:
    """A new event is added here before it is stored anywhere; one that is gone can still be read."""
    assert {row.name for row in rows()} == set(EVENTS)


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.position}-{row.name}")
def test_a_row_is_written_back_byte_for_byte(row: Row) -> None:
    """Reading and writing again gives the same bytes: no key, order or number form moves."""
    recorded = CODEC.decode(row)
    assert CODEC.encode(row.stream, row.version, Draft(recorded.envelope, recorded.event)) == row.payload


def test_every_key_of_every_event_is_in_some_golden_row() -> None:
    """A shape that no row shows would be pinned by nobody; `basis` and its like are shown where they are no default."""
    shown: dict[str, set[str]] = defaultdict(set)
    for recorded in (event for events in by_stream().values() for event in events):
        shown[type(recorded.event).__name__] |= recorded.event.model_fields_set
        shown["Envelope"] |= recorded.envelope.model_fields_set
    kinds: dict[str, type[Stored]] = {**EVENTS, "Envelope": Envelope}
    missing = {name: set(kind.model_fields) - shown[name] for name, kind in kinds.items()}
    assert {name: keys for name, keys in missing.items() if keys} == {}


def test_the_deal_folds_to_what_it_was() -> None:
    """The whole stream adds up, in whatever order its events stand, and so does every part of it."""
    events = by_stream()["deal:D-1"]
    deal = fold(events)
    assert deal is not None
    assert {type(each.event) for each in events} == set(DEAL_EVENTS)
    assert (deal.status, deal.stage, deal.owner, deal.lost_reason) == ("lost", "proposal", "rep-3", None)
    assert (deal.fields["amount"], deal.fields["phone"]) == (Money.of(10, "EUR"), Personal("person:p-7", "1"))
    assert (deal.title, deal.next_step) == (
        Personal("deal:D-1", "Möbel & Söhne"), Personal("deal:D-1", "send the offer"),
    )  # fmt: skip
    # The last four are what time says, which moves no ETag.
    assert (deal.merged_into, deal.removed, deal.version) == ("D-2", True, len(events))
    assert deal.solid_version == len(events) - 4
    assert [(grant.rule, grant.standing) for grant in (*deal.approvals, *deal.waivers)] == [
        ("big-deal", False), ("moves:forward", False),
    ]  # fmt: skip
    assert deal.waivers[0] == Grant(
        "moves:forward", "proposal", "manager", "rep-1", datetime(2026, 3, 2, 9, tzinfo=UTC), 30, ("amount",),
        datetime(2026, 3, 9, 9, 30, 15, 250_000, tzinfo=UTC), standing=False,
    )  # fmt: skip
    parts: Deal | None = None
    for number, each in enumerate(events, 1):
        again = isinstance(each.event, CorrectionRecorded)
        parts = refold(parts, events[:number]) if again else evolve(parts, each)
    assert parts == deal


def test_the_person_and_the_process_fold_to_what_they_were() -> None:
    """A process comes back from its event alone and judges; its YAML and the checker are not asked again."""
    streams = by_stream()
    person: Person | None = None
    for each in streams["person:rep-1"]:
        person = evolve_person(person, each)
    assert person is not None
    (over,) = person.ended
    assert (over.lender, over.role, over.said_in) == ("mgr-1", "manager", "command")
    told = frozenset({("mgr-1", "manager", datetime(2026, 3, 2, 9, tzinfo=UTC))})
    assert person == Person("rep-1", ("rep",), skills=(Skill("demo"),), ended=(over,), announced=told)
    published: PublishedProcess | None = None
    for each in streams["process:golden"]:
        published = evolve_process(published, each)
    assert published is not None
    process = published.at(1)
    assert (published.in_force.version, published.in_force.same_as) == (2, 1)
    assert process.stage_ids == ("lead", "proposal")
    assert process.rule("big-deal").lapses_on == ("amount", "discount", "owner.id")
    assert process.digest == digest_of((HERE / "process.yaml").read_text(encoding="utf-8"))
    assert Judge(process).asked("move", "lead", "proposal") == (0, 6, 7, 8)


def test_the_facts_read_the_same_rows() -> None:
    """The columns take every row there is; none is passed over as unreadable."""
    facts = facts_of(rows())
    assert facts.position == len(rows())
    assert facts.deals.num_rows == 2
