"""After an erasure no plaintext about the person is in anything the engine keeps; row 19 of what the store survives."""

import base64
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_engine.engine import Engine
from pipeline_engine.engine.shell import EVENTS
from pipeline_engine.facts.parts import unpacked
from pipeline_engine.store import IDENTITY, open_store
from pipeline_engine.store.keys.model import COMMANDS
from tests.engine.shop import PROCESS, Clock
from tests.store.keys.given import bytes_kept

PERSONAL = PROCESS.replace(
    "  mail:   {type: text, personal: deal}",
    "  mail:   {type: text, personal: deal}\n  buyer:  {type: person}\n  phone:  {type: text, personal: buyer}",
)
COLUMNS = [pytest.param(10, marks=pytest.mark.slow, id="ci"), pytest.param(100, marks=pytest.mark.soak, id="soak")]
Opened = Callable[..., Engine]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store that keeps its bytes where they can be searched."""
    if request.param == "postgresql":
        return f"{request.getfixturevalue('postgres_database')}?schema=sales"
    return f"sqlite:///{tmp_path}/sales.db"


def said_about(nth: int) -> dict[str, str]:
    """What is written about one person: words that stand nowhere else."""
    return {
        "mail": f"customer-{nth:03}@person.example",
        "phone": f"+49-555-{nth:06}",
        "note": f"likes boat no. {nth:03}",
    }


def lives(engine: Engine, people: int) -> None:
    """A deal a person, with what is known of them in every kind of place, moved, lost and looked at."""
    engine.publish_text(PERSONAL, "shop.yaml", by="ops")
    for nth in range(people):
        deal, said = f"D-{nth}", said_about(nth)
        fields = {"mail": said["mail"], "buyer": f"p-{nth}", "phone": said["phone"], "amount": "5"}
        engine.open_deal(deal, process="shop", owner="rep", by="rep", title=said["note"], fields=fields)
        engine.contact(deal, said["mail"], role="buyer", by="rep")
        engine.log(deal, "call", with_whom=said["note"], by="rep")
        engine.note(deal, said["note"], by="rep")
        engine.move(deal, to="offer", reason=said["note"], by="rep")
        engine.lose(deal, reason="price", note=said["note"], competitor=said["phone"], by="rep")
    engine.health()
    engine.rebuild()
    engine.rebuild_view("facts")


def forms_of(text: str) -> list[bytes]:
    """The ways in which text could stand in bytes: as it is, and as base64 at each of three offsets."""
    plain = text.encode()
    found = [plain, plain.hex().encode()]
    for offset in range(3):
        coded = base64.urlsafe_b64encode(b"\0" * offset + plain)
        # What depends on the neighbours is left off at both ends.
        found.append(coded[-(-offset * 8 // 6) : (offset + len(plain)) * 8 // 6])
    return found


def found_in(kept: bytes, people: range) -> set[int]:
    """Of whom something can be read in these bytes."""
    return {nth for nth in people for text in said_about(nth).values() if any(form in kept for form in forms_of(text))}


def kept_by(engine: Engine) -> bytes:
    """The facts that are kept in the store, with every column laid open that is packed there."""
    with engine._follower.keeping.follower.kept() as kept:
        assert kept, "facts were made"
        packed_parts = kept.view.ask("SELECT packed FROM {fact_parts}")
    parts = [unpacked(packed) for (packed,) in packed_parts]
    tables = [table for part in parts for table in (part.log, part.published, *part.ledgers)]
    assert sum(table.num_rows for table in tables) > len(tables), "there is something to search"
    return "\n".join(repr(table.to_pylist()) for table in tables).encode()


@pytest.mark.parametrize("people", COLUMNS)
def test_nothing_about_an_erased_person_is_in_what_the_engine_keeps(url: str, people: int) -> None:
    """Nobody's words stand in the clear; after an erasure the bytes of their keys are gone, and nothing opens them."""
    engine = Engine.open(url, clock=Clock(), clock_name="test")
    lives(engine, people)
    wrapped = {row.subject: row.wrapped for row in engine.keys().rows()}
    secrets = {row.subject: secret for row, secret in engine.keys().plain_rows()}
    gone = [subject for nth in range(people // 2) for subject in (f"deal:D-{nth}", f"person:p-{nth}")]
    for subject in gone:
        engine.erase(subject, "they asked us to", by="one")
        engine.confirm_erasure(subject, by="other")
    _told_of(engine, range(people // 2), erased=True)
    _told_of(engine, range(people // 2, people), erased=False)
    kept = bytes_kept(url)
    assert found_in(kept, range(people)) == set()
    assert found_in(kept_by(engine), range(people)) == set()
    # The control of this search: it finds the keys of those who were not erased.
    assert {subject for subject, key in wrapped.items() if key and key in kept} == wrapped.keys() - {*gone, COMMANDS}
    assert not [subject for subject, secret in secrets.items() if secret and secret in kept]
    engine.close()
    kept = bytes_kept(url)
    assert found_in(kept, range(people)) == set()
    assert not [subject for subject in gone if (wrapped[subject] or b"?") in kept]


def _told_of(engine: Engine, people: range, *, erased: bool) -> None:
    for nth in people:
        told = repr([recorded.event for recorded in engine.timeline(f"D-{nth}")]) + repr(engine.deal(f"D-{nth}"))
        assert any(text in told for text in said_about(nth).values()) is not erased


def test_without_keys_the_same_search_finds_everybody(url: str) -> None:
    """The control: values that are only wrapped stand in the files, and the search above sees them."""
    store = open_store(url, clock=Clock(), clock_name="test", keys=IDENTITY, events=EVENTS)
    engine = Engine(store, Clock())
    lives(engine, 3)
    assert found_in(bytes_kept(url), range(3)) == {0, 1, 2}
    assert found_in(kept_by(engine), range(3)) == {0, 1, 2}
    engine.close()


def test_facts_hold_nothing_about_anybody_in_the_clear(url: str) -> None:
    """What views are made of stays sealed; three states are told: set, cleared and erased."""
    engine = Engine.open(url, clock=Clock(), clock_name="test")
    lives(engine, 2)
    engine.erase("deal:D-0", "they asked us to", by="one")
    engine.confirm_erasure("deal:D-0", by="other")
    facts = engine.facts()
    held = "".join(repr(facts.table(name).to_pylist()) for name in ("changes", "attempts", "activities", "contacts"))
    assert re.search(r"customer-|\+49-555|likes boat", held) is None
    assert "'sealed'" in held or '"nonce"' in held
    engine.close()
