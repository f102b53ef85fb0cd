"""Erasing and keys, from the command line."""

from pathlib import Path

import pytest

from pipeline_engine.engine import EVENTS, Engine, system_clock
from pipeline_engine.store import IDENTITY, open_store
from tests.cli.conftest import Type

pytestmark = pytest.mark.slow

MAIL = "kim@customer.example"


@pytest.fixture
def noted(office: Type, run: Type) -> Type:
    """An office with people who may erase, and a deal with a note and a mail address."""
    people = Path("people.yaml").read_text(encoding="utf-8")
    privacy = "  - {id: dpo-1, roles: [privacy]}\n  - {id: dpo-2, roles: [privacy]}\n"
    Path("people.yaml").write_text(people + privacy, encoding="utf-8")
    assert office("team apply people.yaml --by ops-1").code == 0
    assert office(f"deal set D-1 email={MAIL} --by rep-1").code == 0
    assert run("deal", "note", "D-1", f"call {MAIL} again", "--by", "rep-1").code == 0
    return office


def proposed(typed: Type) -> None:
    """An erasure that waits for a second person."""
    assert typed("erase propose deal:D-1 --reason asked --by dpo-1").code == 0


def test_one_proposes_and_another_erases(noted: Type) -> None:
    """In words, from the first to the last; afterwards the deal says that something was erased, and shows nothing."""
    said = noted("erase propose deal:D-1 --reason asked --by dpo-1")
    assert said.out == "PROPOSED  by dpo-1: `erase confirm deal:D-1` by somebody else erases\n"
    assert "already by dpo-1" in noted("erase propose deal:D-1 --reason again --by dpo-2").out
    assert MAIL in noted("deal show D-1").out
    said = noted("erase confirm deal:D-1 --by dpo-2")
    assert said.out == "ERASED  deal:D-1: nothing sealed about them can be read any more; the history stays\n"
    for command in ("deal show D-1", "deal timeline D-1", "deal next D-1", "deal show D-1 --json", "audit refusals"):
        shown = noted(command)
        assert shown.code == 0
        assert MAIL not in shown.out
    assert "erased" in noted("deal show D-1").out


def test_the_same_as_json(noted: Type) -> None:
    """For scripts."""
    document = {"subject": "deal:D-1", "erased": False, "new": True, "proposed_by": "dpo-1", "refused": None,
                "unsealed": 0}  # fmt: skip
    assert noted("erase propose deal:D-1 --reason asked --by dpo-1 --json").json == document
    erased = {**document, "erased": True, "proposed_by": None}
    assert noted("erase confirm deal:D-1 --by dpo-2 --command-id e-1 --json").json == erased
    assert noted("erase confirm deal:D-1 --by dpo-2 --command-id e-1 --json").json == {**erased, "new": False}


def test_who_may_not_is_refused_in_words(noted: Type) -> None:
    """With exit code 1, and on the auditor's list."""
    said = noted("erase propose deal:D-1 --reason asked --by rep-1")
    assert (said.code, said.out) == (
        1, "REFUSED  may not propose the erasure of deal:D-1: the role `privacy` is needed\n",
    )  # fmt: skip
    proposed(noted)
    said = noted("erase confirm deal:D-1 --by dpo-1")
    assert said.code == 1
    assert "whoever proposed it cannot confirm it" in said.out
    assert noted("audit refusals").out.count("erasure of deal:D-1") == 2


def test_a_proposal_is_taken_back(noted: Type) -> None:
    """Nobody confirms it then."""
    proposed(noted)
    assert noted("erase withdraw deal:D-1 --by dpo-1").out == "deal:D-1 is not to be erased any more\n"
    line = noted("erase confirm deal:D-1 --by dpo-2").said_in_one_line()
    assert "nobody proposes to erase `deal:D-1`; `erase propose` does" in line


def test_who_is_held_proposed_and_erased_is_listed(noted: Type) -> None:
    """In three parts, and as JSON with every stream."""
    told = ["kept", "about", "values", "erased", "in", "deal:D-1", "2", "0", "deal:D-1", "2"]
    assert noted("erase list").out.split() == told
    proposed(noted)
    listed = noted("erase list deal:D-1").out
    assert "proposed\n" in listed
    assert "by dpo-1" in listed
    assert "asked" in listed
    noted("erase confirm deal:D-1 --by dpo-2")
    document = noted("erase list deal:D-1 --json").json
    assert document["held"] == [
        {"subject": "deal:D-1", "values": 2, "erased": 2, "unsealed": 0, "streams": {"deal:D-1": 2}}
    ]
    assert [(each["by"], each["proposed_by"]) for each in document["erased"]] == [("dpo-2", "dpo-1")]
    assert noted("erase list person:p-9").out == "nothing is kept about person:p-9\n"


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("erase propose deal:D-9 --reason asked --by dpo-1", "D-9"),
        ("erase propose kim --reason asked --by dpo-1", "`deal:ID` or `person:ID`"),
        ("erase confirm person:p-9 --by dpo-2", "nobody proposes"),
        ("keys backup people.yaml", "is there already"),
        ("keys restore people.yaml", "people.yaml"),
        ("keys rotate --to people.yaml", "is no master key"),
    ],
)
def test_bad_input_is_one_line(noted: Type, typed: str, named: str) -> None:
    """What is wrong, and what would do."""
    answer = noted(typed)
    assert answer.code == 2
    assert named in answer.said_in_one_line()


def test_keys_are_told_rotated_backed_up_and_put_back(noted: Type) -> None:
    """An erasure after the back-up holds when it is put back."""
    status = noted("keys status").out
    assert status.startswith("2 keys in `sales.db.keys`, 0 destroyed\n")
    assert "whoever copies both reads everything" in status
    assert "2 keys wrapped anew" in noted("keys rotate").out
    assert noted("keys backup copy.db").out.startswith("2 keys in copy.db; they open nothing without the master key in")
    proposed(noted)
    noted("erase confirm deal:D-1 --by dpo-2")
    for name in ("sales.db.keys", "sales.db.keys-wal", "sales.db.keys-shm"):
        Path(name).unlink(missing_ok=True)
    refused = noted("deal show D-1")
    assert (refused.code, "keys restore FILE" in refused.said_in_one_line()) == (2, True)
    assert noted("keys restore copy.db --json").json == {"keys": 2, "destroyed": 1}
    assert MAIL not in noted("deal show D-1").out


def test_what_an_old_back_up_of_keys_does_not_open_can_be_given_up(noted: Type, run: Type) -> None:
    """Until then it is no erasure, and the deal cannot be read; that is told with both ways out of it."""
    assert noted("keys backup copy.db").code == 0
    noted("deal open D-2 --process b2b --owner rep-1 --by rep-1")
    run("deal", "note", "D-2", "call them", "--by", "rep-1")
    for name in ("sales.db.keys", "sales.db.keys-wal", "sales.db.keys-shm"):
        Path(name).unlink(missing_ok=True)
    assert noted("keys restore copy.db").code == 0
    assert MAIL in noted("deal show D-1").out
    assert "from a later back-up; `keys lost` tells" in noted("deal show D-2").said_in_one_line()
    told = noted("keys lost")
    assert (told.code, told.out.split()) == (1, ["1", "key", "lost", "deal:D-2"])
    assert noted("keys lost --give-up --json").json == {"keys": 1, "subjects": ["deal:D-2"], "given_up": True}
    assert noted("deal timeline D-2").code == 0
    assert noted("deal note D-2 anew --by rep-1").code == 0
    assert noted("keys lost").out == "no key is lost\n"


def test_the_master_key_is_moved_into_a_file_of_its_own(noted: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command says what has to be set from then on; without it, a command says so too."""
    moved = noted("keys rotate --to master.key")
    assert "PIPELINE_ENGINE_MASTER_KEY_FILE=master.key" in moved.out
    assert "PIPELINE_ENGINE_MASTER_KEY_FILE" in noted("deal show D-1").said_in_one_line()
    monkeypatch.setenv("PIPELINE_ENGINE_MASTER_KEY_FILE", str(Path("master.key").absolute()))
    assert MAIL in noted("deal show D-1").out
    assert noted("keys status --json").json["master_key"].endswith("master.key`")


def test_values_of_before_there_were_keys_are_told(noted: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    """An erasure hides them; whoever erases is told that their bytes stay."""
    store = open_store("sqlite:///old.db", clock=system_clock, keys=IDENTITY, events=EVENTS)
    engine = Engine(store)
    engine.publish("b2b.yaml", by="ops-1")
    engine.open_deal("D-1", process="b2b", owner="rep-1", by="rep-1", fields={"email": MAIL})
    engine.close()
    monkeypatch.setenv("PIPELINE_ENGINE_STORE", "sqlite:///old.db")
    assert "only wrapped" in noted("doctor").out
    noted("erase propose deal:D-1 --reason asked --by one")
    said = noted("erase confirm deal:D-1 --by other")
    assert "1 value about deal:D-1 from before there were keys: hidden now, their bytes stay in the log" in said.err
    assert MAIL not in noted("deal show D-1").out
