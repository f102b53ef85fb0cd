"""The quick way of writing an event says byte for byte what pydantic says."""

from datetime import UTC, date, datetime, time
from typing import get_args, get_origin

import pytest
from pydantic_core import to_json

from pipeline_engine.engine.shell import EVENTS
from pipeline_engine.envelope import Event, Recorded
from pipeline_engine.store.writing import may_be_personal, tree_of
from pipeline_engine.values import Document, Money, Value, value_to_json
from tests.golden.test_rows import by_stream
from tests.store.given import Counted, Noted, Opened, personal

VALUES: dict[str, Value] = {
    "text": "grüße", "number": 0.1, "whole": 2**62, "flag": False, "many": ("a", "b"), "amount": Money(5, "EUR"),
    "email": personal("kim@customer.example"), "paper": Document("offer.pdf", "0" * 64), "day": date(2026, 1, 31),
    "moment": datetime(2026, 1, 31, 9, 0, 0, 5, tzinfo=UTC), "clock": time(9, 30),
}  # fmt: skip
GOLDEN = [recorded for stream in by_stream().values() for recorded in stream]


def both(event: Event) -> tuple[bytes, bytes]:
    """What this way writes of an event with its personal values left open, and what pydantic does."""
    ours = to_json(tree_of(event, lambda value, _: value_to_json(value)), inf_nan_mode="null")
    return ours, type(event).__pydantic_serializer__.to_json(event, exclude_defaults=True)


@pytest.mark.parametrize("recorded", GOLDEN, ids=lambda each: f"{each.stream}-{each.version}")
def test_every_shape_that_may_be_personal_is_written_as_pydantic_writes_it(recorded: Recorded):
    """Stored bytes do not change because they are made more quickly."""
    kind: type[Event] = type(recorded.event)
    if may_be_personal(kind):
        ours, theirs = both(recorded.event)
        assert ours == theirs


@pytest.mark.parametrize("name", VALUES)
def test_every_kind_of_value_is_written_as_pydantic_writes_it(name):
    """A field of a deal is written in its stored form, whatever it holds."""
    ours, theirs = both(Opened(fields={name: VALUES[name]}))
    assert ours == theirs


def test_what_is_as_by_default_is_left_out():
    """An event says only what is not known without it."""
    assert tree_of(Opened(), lambda value, _: value) == {}
    assert tree_of(Noted(text=personal("hm"), readers=()), lambda value, name: name) == {"text": "text"}


def test_only_what_has_a_place_for_personal_values_goes_this_way():
    """Whether there is a place is read from the declaration: a text, a field, or a part that has one."""

    class Within(Event):
        note: Noted | None = None

    assert [may_be_personal(kind) for kind in (Noted, Opened, Within, Counted)] == [True, True, True, False]


def test_no_event_that_may_be_personal_has_a_list_of_parts():
    """This way would write each part of a list with its defaults, so there must be no such list."""
    kinds = [kind for kind in EVENTS.values() if may_be_personal(kind)]
    lists = [
        f"{kind.__name__}.{name}"
        for kind in kinds
        for name, field in kind.model_fields.items()
        if get_origin(field.annotation) is tuple and not set(get_args(field.annotation)) <= {str, int, ...}
    ]
    assert lists == []
    assert len(kinds) > 5
