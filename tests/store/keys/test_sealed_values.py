"""A sealed value opens where it was closed, with the key of its subject, and nowhere else."""

import re
from collections.abc import Callable

import pytest

from pipeline_engine.errors import UnreadableEvent
from pipeline_engine.store import Row, Store
from tests.store.keys.given import MAIL, bytes_kept, note, opened_with, tampered, texts


def rows_with(store: Store, change: Callable[[list[Row]], list[Row]]) -> Store:
    """The store with its rows changed by somebody who can write to the database."""
    return tampered(store, change(store.rows(0, 100)))


def swapped(rows: list[Row]) -> list[Row]:
    """The payloads of the first two rows, each in the other's place."""
    return [rows[0]._replace(payload=rows[1].payload), rows[1]._replace(payload=rows[0].payload), *rows[2:]]


def test_a_personal_value_is_read_back_and_stands_nowhere_in_the_clear(
    lasting_url: str, opened: Callable[..., Store]
) -> None:
    """What is recorded about a person is read again, also by the next process, and no stored byte shows it."""
    note(opened(lasting_url), "c-1")
    assert texts(opened(lasting_url)) == [MAIL]
    kept = bytes_kept(lasting_url)
    assert b"sealed" in kept
    assert MAIL.encode() not in kept


def test_the_same_text_is_closed_differently_each_time(store: Store) -> None:
    """Who sees two sealed values cannot tell whether they say the same."""
    note(store, "c-1")
    note(store, "c-2")
    closed = [re.findall(rb'"nonce":"(.*?)","text":"(.*?)"', row.payload)[0] for row in store.rows(0, 2)]
    assert len({part for pair in closed for part in pair}) == 4


def test_payloads_that_were_swapped_between_two_events_are_refused(store: Store) -> None:
    """A note of one event put into another one is no note of it."""
    note(store, "c-1")
    note(store, "c-2", "another text")
    rows_with(store, swapped)
    with pytest.raises(UnreadableEvent, match=r"event 1 of stream `deal:D-1`.*`text` cannot be opened"):
        store.events("deal:D-1")


def test_a_payload_out_of_another_stream_is_refused(store: Store) -> None:
    """Text about one person cannot be put into the history of another deal."""
    note(store, "c-1")
    note(store, "c-2", "another text", stream="deal:D-2")
    rows_with(store, swapped)
    with pytest.raises(UnreadableEvent, match="cannot be opened"):
        store.events("deal:D-2")


def test_values_that_were_swapped_between_two_fields_are_refused(store: Store) -> None:
    """An e-mail address cannot be made a telephone number by moving it within its event."""
    opened_with(store, "c-1", email="kim@customer.example", phone="555-0100")

    def change(rows: list[Row]) -> list[Row]:
        moved = rows[0].payload.replace(b'"email"', b'"@"').replace(b'"phone"', b'"email"').replace(b'"@"', b'"phone"')
        return [rows[0]._replace(payload=moved)]

    rows_with(store, change)
    with pytest.raises(UnreadableEvent, match="`phone` cannot be opened"):
        store.events("deal:D-1")


def test_a_value_that_is_said_to_be_about_somebody_else_is_refused(store: Store) -> None:
    """The subject is closed in with the text: an erasure cannot be dodged, or caused, by rewriting it."""
    note(store, "c-1")
    rows_with(store, lambda rows: [rows[0]._replace(payload=rows[0].payload.replace(b'"deal:D-1"', b'"deal:D-9"'))])
    with pytest.raises(UnreadableEvent, match="cannot be opened"):
        store.events("deal:D-1")


@pytest.mark.parametrize("part", [b'"text":"', b'"nonce":"', b'"key":"'])
def test_a_flipped_byte_is_refused_and_its_text_not_quoted(store: Store, part: bytes) -> None:
    """One changed character of a sealed value makes the event unreadable; the error says where, and nothing of it."""
    note(store, "c-1")

    def change(rows: list[Row]) -> list[Row]:
        at = rows[0].payload.index(part) + len(part) + 3
        other = b"A" if rows[0].payload[at : at + 1] != b"A" else b"B"
        return [rows[0]._replace(payload=rows[0].payload[:at] + other + rows[0].payload[at + 1 :])]

    rows_with(store, change)
    with pytest.raises(UnreadableEvent, match=r"event 1 of stream `deal:D-1` \(position 1\)") as caught:
        store.events("deal:D-1")
    assert "kim" not in str(caught.value)


def test_untouched_rows_are_read_through_the_same_check(store: Store) -> None:
    """The control: with its rows as they were the same store is read."""
    note(store, "c-1")
    note(store, "c-2", "another text")
    rows_with(store, lambda rows: rows)
    assert texts(store) == [MAIL, "another text"]


def test_words_without_a_key_cannot_be_put_into_a_sealed_store(store: Store) -> None:
    """Whoever can write to the database could else write a value that only looks sealed."""
    note(store, "c-1")
    forged = re.compile(rb'"key":".*?","nonce":".*?","text":".*?"')
    said = b'"key":"identity","nonce":"","text":"TcO2YmVs"'
    rows_with(store, lambda rows: [rows[0]._replace(payload=forged.sub(said, rows[0].payload))])
    with pytest.raises(UnreadableEvent, match="no value of this store was ever written without a key"):
        store.events("deal:D-1")
