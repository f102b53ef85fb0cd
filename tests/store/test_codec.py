"""The stored bytes: these are for ever, so they are compared letter by letter."""

from collections.abc import Collection
from datetime import timedelta, timezone
from math import inf, nan
from typing import Any

import pytest

from pipeline_engine.envelope import Envelope, SourceRef
from pipeline_engine.errors import BadValue, UnreadableEvent
from pipeline_engine.store import IDENTITY, Draft, Row, Sealed, Upcasters
from pipeline_engine.store.codec import Codec
from pipeline_engine.values import Money, Personal
from tests.store.given import EVENTS, FRIDAY, Counted, Noted, Opened, draft, personal

CODEC = Codec(EVENTS, IDENTITY)


def row(payload: bytes, name: str = "Opened") -> Row:
    """A stored row at position 7."""
    return Row(7, "deal:D-1", 3, 0, name, payload)


def test_the_stored_form_of_a_plain_event():
    """Envelope keys at the top, the event under `data`; what is a default is left out."""
    assert CODEC.encode("deal:D-1", 1, draft(Counted(by=2))) == (
        b'{"at":"2026-01-30T09:00:00Z","actor":"rep-03","command_id":"c-1","data":{"by":2}}'
    )
    assert CODEC.encode("deal:D-1", 1, draft(Counted())).endswith(b'"command_id":"c-1","data":{}}')


def test_the_stored_form_of_a_full_envelope():
    """Times are written in UTC, whatever zone they came in; a time nobody knows is left out."""
    berlin = FRIDAY.astimezone(timezone(timedelta(hours=1)))
    imported = Envelope(
        at=None, at_precision="unknown", source_recorded_at=berlin, actor="crm", via="import",
        command_id="i-1", provenance="inferred",
        source_ref=SourceRef(source="crm", deal="77", kind="stage", key="77/2"),
    )  # fmt: skip
    assert CODEC.encode("deal:D-1", 1, Draft(imported, Counted())) == (
        b'{"at_precision":"unknown","source_recorded_at":"2026-01-30T09:00:00Z","actor":"crm","via":"import",'
        b'"command_id":"i-1","source_ref":{"source":"crm","deal":"77","kind":"stage","key":"77/2"},'
        b'"provenance":"inferred","data":{}}'
    )


def test_the_stored_form_of_personal_values():
    """A personal value is stored sealed under its subject, wherever in the event it stands."""
    event = Opened(title=personal("Möbel"), fields={"email": personal("a@b.example"), "amount": Money(120_000, "EUR")})
    stored = CODEC.encode("deal:D-1", 1, draft(event))
    assert stored.partition(b'"data":')[2] == (
        b'{"title":{"sealed":{"subject":"deal:D-1","key":"identity","nonce":"","text":"TcO2YmVs"}},'
        b'"fields":{"email":{"sealed":{"subject":"deal:D-1","key":"identity","nonce":"","text":"YUBiLmV4YW1wbGU="}},'
        b'"amount":{"money":120000,"currency":"EUR"}}}}'
    )
    assert CODEC.decode(row(stored)).event == event


def test_fields_that_look_like_stored_forms_stay_what_they_are():
    """A process may well have fields called `personal`, `subject` or `sealed`; they stay as they are."""
    event = Opened(fields={"personal": "x", "subject": "y", "sealed": "z"}, title=personal('{"personal": 1}'))
    assert CODEC.decode(row(CODEC.encode("deal:D-1", 3, draft(event)))).event == event
    alone = Opened(fields={"personal": "x", "subject": "y"})
    assert b'"fields":{"personal":"x","subject":"y"}' in CODEC.encode("deal:D-1", 3, draft(alone))


class Keys:
    """A provider that writes down what it is asked, and has lost the key of one subject."""

    name = "test"

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def seal(self, subject: str, stream: str, version: int, name: str, text: str) -> Sealed:
        """The text backwards."""
        self.asked.append(("seal", stream, version, name))
        return Sealed(subject, "k-1", "n", text[::-1])

    def open(self, sealed: Sealed, stream: str, version: int, name: str) -> str | None:
        """The text forwards; erased for one subject, tampered with where it says so."""
        self.asked.append(("open", stream, version, name))
        if sealed.text == "!":
            raise ValueError("secret words")
        return None if sealed.subject == "person:gone" else sealed.text[::-1]

    def ready(self, subjects: Collection[str]) -> None:
        """Nothing to make."""

    def generation(self) -> int:
        """Nothing is destroyed meanwhile."""
        return 0

    def mark(self, digest: str) -> str:
        """The digest backwards."""
        return digest[::-1]

    def marks(self, mark: str, digest: str) -> bool:
        """Whether it is that."""
        return mark == digest[::-1]


def test_keys_are_told_where_a_value_stands():
    """Stream, version and field are authenticated, so that a sealed value cannot be moved elsewhere."""
    keys = Keys()
    codec = Codec(EVENTS, keys)
    stored = codec.encode("deal:D-1", 3, draft(Opened(title=personal("abc"), fields={"email": personal("d")})))
    codec.decode(row(stored))
    places = [("deal:D-1", 3, "title"), ("deal:D-1", 3, "email")]
    assert keys.asked == [("seal", *place) for place in places] + [("open", *place) for place in places]


def test_an_erased_value_reads_as_nothing():
    """Where the key is gone the event still reads; the value is None and its subject is kept."""
    codec = Codec(EVENTS, Keys())
    stored = codec.encode("deal:D-1", 3, draft(Noted(text=Personal("person:gone", "abc"))))
    assert codec.decode(row(stored, "Noted")).event == Noted(text=Personal("person:gone", None))


def test_what_cannot_be_stored_is_refused():
    """An event nobody registered, an erased value, text that is no Unicode and infinity are bad values."""
    for event in (
        Opened.model_construct(fields={"x": inf}),
        Opened.model_construct(fields={"x": nan}),
        Noted(text=Personal("deal:D-1", None)),
        Opened(fields={"x": "\ud800"}),
        Unregistered(),
    ):
        with pytest.raises(BadValue):
            CODEC.encode("deal:D-1", 1, draft(event))


class Unregistered(Counted):
    """An event that no registry names."""


GOOD = b'{"at":"2026-01-30T09:00:00Z","actor":"a","command_id":"c","data":{}}'


@pytest.mark.parametrize(
    ("payload", "name", "why"),
    [
        (GOOD, "os.system", "there is no event `os.system`"),
        (b"not json", "Opened", "no event, but ValueError"),
        (b"[]", "Opened", "no event, but"),
        (b"{}", "Opened", "no event, but KeyError"),
        (GOOD.replace(b'"data":{}', b'"data":{"by":"secret"}'), "Counted", "`by`: int_parsing"),
        (GOOD.replace(b'"data":{}', b'"data":{"x":"secret"}'), "Counted", "`x`: extra_forbidden"),
        (GOOD.replace(b'"actor":"a",', b""), "Counted", "`actor`: missing"),
        (GOOD.replace(b"{}", b'{"text":{"sealed":{"subject":"s","key":"k","nonce":"","text":"secret"}}}'),
         "Noted", "the sealed value `text` cannot be opened"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_named_and_not_quoted(payload: bytes, name: str, why: str):
    """The error names the place and what is wrong; it never repeats what the row holds."""
    with pytest.raises(UnreadableEvent) as caught:
        CODEC.decode(row(payload, name))
    error = caught.value
    assert (error.stream, error.version, error.position) == ("deal:D-1", 3, 7)
    assert why in str(error)
    assert "secret" not in str(error)


def test_old_shapes_are_read_as_those_of_today():
    """Upcasters are taken in order, each once, on read; the name may change on the way, the row does not."""
    upcast = Upcasters(
        ("Started", lambda name, data: ("Raised", {"amount": data["number"]})),
        ("Raised", lambda name, data: ("Counted", {"by": data["amount"]})),
        ("Noted", lambda name, data: (name, {"readers": ["everyone"], **data})),
    )
    codec = Codec(EVENTS, IDENTITY, upcast)
    assert codec.decode(row(GOOD.replace(b"{}", b'{"number":3}'), "Started")).event == Counted(by=3)
    note = Noted(text=personal("hello"), readers=("rep-03",))
    assert codec.decode(row(codec.encode("deal:D-1", 3, draft(note)), "Noted")).event == note
