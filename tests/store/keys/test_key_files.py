"""The files and schemas that keep keys: who may read them, what is refused at start, how a master key is replaced."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_engine.errors import BadStore, StoreUnreachable
from pipeline_engine.store import IDENTITY, Finding, Store
from pipeline_engine.store.keys.cipher import Master
from pipeline_engine.store.keys.master import VARIABLE, MasterFile
from tests.store.keys.given import MAIL, bytes_kept, keys_of, note, texts

pytestmark = pytest.mark.slow

Open = Callable[..., Store]


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The URL of an empty store in a file."""
    return f"sqlite:///{tmp_path}/sales.db"


@pytest.fixture
def sealed(url: str, opened: Open) -> str:
    """The URL of a closed store with one sealed note."""
    store = opened(url)
    note(store, "c-1")
    store.close()
    return url


def finding(store: Store, check: str) -> Finding:
    """What the doctor is told of one check."""
    return next(found for found in store.findings() if found.check == check)


def test_the_keys_lie_beside_the_store_and_only_their_owner_may_read_them(sealed: str, tmp_path: Path) -> None:
    """Three files: the store, its keys, and the master key that wraps them."""
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert found.keys() == {"sales.db", "sales.db.keys", "sales.db.master"}
    assert (found["sales.db.keys"], found["sales.db.master"]) == (0o600, 0o600)


@pytest.mark.parametrize("file", ["sales.db.keys", "sales.db.master"])
def test_a_sealed_store_is_not_opened_without_its_keys(sealed: str, tmp_path: Path, opened: Open, file: str) -> None:
    """New keys would open nothing, so none are made; the error names the file, and putting it back is enough."""
    (tmp_path / file).rename(tmp_path / "aside")
    before = {path.name for path in tmp_path.iterdir()}
    with pytest.raises(BadStore, match=rf"{file}.*put "):
        opened(sealed)
    assert {path.name for path in tmp_path.iterdir()} <= {*before, "sales.db-wal", "sales.db-shm", "sales.db.keys-wal",
                                                          "sales.db.keys-shm"}  # fmt: skip
    (tmp_path / "aside").rename(tmp_path / file)
    assert texts(opened(sealed)) == [MAIL]


def test_another_master_key_is_refused_at_start(sealed: str, tmp_path: Path, opened: Open) -> None:
    """It would look as if every value had been tampered with."""
    (tmp_path / "sales.db.master").write_text(Master.fresh().written())
    with pytest.raises(BadStore, match=r"another master key than the one that wraps the keys"):
        opened(sealed)


@pytest.mark.parametrize("text", ["", "short", "é" * 43, "!" * 43, "A" * 60])
def test_a_file_that_holds_no_master_key_is_refused_and_not_quoted(
    sealed: str, tmp_path: Path, opened: Open, text: str
) -> None:
    """What stands there may be nearly a key, so it is not repeated."""
    (tmp_path / "sales.db.master").write_text(text)
    with pytest.raises(BadStore, match="is no master key; expected 32 bytes as base64url") as caught:
        opened(sealed)
    assert not text or text not in str(caught.value)


def test_a_master_key_may_be_written_in_either_alphabet(tmp_path: Path) -> None:
    """`head -c 32 /dev/urandom | base64` makes one too."""
    written = "-_" * 21 + "8="
    for text in (written, written.translate(str.maketrans("-_", "+/")), f"  {written}\n"):
        assert Master.read(text).fingerprint == Master.read(written).fingerprint


def test_the_master_key_may_be_kept_apart(
    url: str, tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named in the environment it is read from there, and no master key lies beside the store."""
    (tmp_path / "vault").mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "vault" / "master"))
    note(opened(url), "c-1")
    assert texts(opened(url)) == [MAIL]
    assert not (tmp_path / "sales.db.master").exists()
    assert "apart from the keys" in finding(opened(url), "master key").found
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(BadStore, match=f"put it back, or set {VARIABLE}"):
        opened(url)


def test_a_master_key_kept_apart_that_is_gone_is_told_with_its_place(
    url: str, tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong path in the environment must not make a new key that opens nothing."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "master"))
    opened(url).close()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "mistyped"))
    with pytest.raises(BadStore, match=f"there is no master key at `.*mistyped`, which {VARIABLE} names"):
        opened(url)
    assert not (tmp_path / "mistyped").exists()


def test_a_file_of_keys_that_is_none_is_left_alone(sealed: str, tmp_path: Path, opened: Open) -> None:
    """Another program's file in that place is refused, byte for byte as it was."""
    (tmp_path / "sales.db.keys").unlink()
    with sqlite3.connect(tmp_path / "sales.db.keys") as connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = (tmp_path / "sales.db.keys").read_bytes()
    with pytest.raises(BadStore, match="is no file of keys"):
        opened(sealed)
    assert (tmp_path / "sales.db.keys").read_bytes() == before


def test_keys_that_others_may_read_are_reported(sealed: str, tmp_path: Path, opened: Open) -> None:
    """The doctor says so and what to do."""
    assert finding(opened(sealed), "key access").ok
    (tmp_path / "sales.db.keys").chmod(0o644)
    found = finding(opened(sealed), "key access")
    assert (found.ok, found.advice) == (False, "take the rights of others away: chmod 600")


def test_a_store_of_before_there_were_keys_goes_on_and_says_so(lasting_url: str, opened: Open) -> None:
    """What it holds is read as before, what is new is sealed, and the doctor tells that the old is only wrapped."""
    note(opened(lasting_url, keys=IDENTITY), "c-1", "of before")
    store = opened(lasting_url)
    note(store, "c-2", "of now")
    assert texts(store) == texts(opened(lasting_url)) == ["of before", "of now"]
    assert [b'"key":"identity"' in row.payload for row in store.rows(0, 9)] == [True, False]
    found = finding(store, "sealed")
    assert (found.ok, found.found.split(":")[0]) == (False, "values of before there were keys are only wrapped")


def test_what_was_only_wrapped_reads_as_erased_after_an_erasure(lasting_url: str, opened: Open) -> None:
    """Its bytes stay in the log, as the doctor says; but no reading of the engine shows it."""
    note(opened(lasting_url, keys=IDENTITY), "c-1", "of before")
    store = opened(lasting_url)
    keys_of(store).destroy("deal:D-1", "1")
    assert texts(store) == texts(opened(lasting_url)) == [None]


def test_a_crash_between_the_keys_and_the_header_is_mended(
    url: str, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keys are there before the store says that it is sealed: the next start takes them."""
    with monkeypatch.context() as fault:
        fault.setattr("pipeline_engine.store.sqlite.SqliteLog.mark_sealed", _crash)
        with pytest.raises(RuntimeError):
            opened(url)
    note(opened(url), "c-1")
    assert texts(opened(url)) == [MAIL]


def _crash(*_: object) -> None:
    raise RuntimeError("the power went")


def test_a_store_sealed_in_a_way_this_version_does_not_know_is_refused(
    sealed: str, tmp_path: Path, opened: Open
) -> None:
    """A later version may seal otherwise."""
    with sqlite3.connect(tmp_path / "sales.db") as connection:
        connection.execute("UPDATE store_header SET value = 'later-2048' WHERE key = 'keys'")
    with pytest.raises(BadStore, match="sealed by `later-2048`, which this version does not know"):
        opened(sealed)


def test_keys_of_a_newer_format_are_refused(sealed: str, tmp_path: Path, opened: Open) -> None:
    """As a store of a newer format is."""
    with sqlite3.connect(tmp_path / "sales.db.keys") as connection:
        connection.execute("UPDATE key_header SET value = '9' WHERE name = 'format'")
    with pytest.raises(BadStore, match="has format 9"):
        opened(sealed)


def test_processes_that_start_at_once_make_one_master_key_and_one_set_of_keys(lasting_url: str, opened: Open) -> None:
    """Of several that find nothing, one makes it, and each reads what the others closed."""
    code = (
        "import sys; from tests.store.given import store_at; from tests.store.keys.given import note\n"
        "note(store_at(sys.argv[1]), sys.argv[2], sys.argv[2], stream=f'deal:{sys.argv[2]}')"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, lasting_url, f"c-{n}"]) for n in range(4)]
    assert [process.wait() for process in started] == [0] * 4
    assert [texts(opened(lasting_url), f"deal:c-{n}") for n in range(4)] == [[f"c-{n}"] for n in range(4)]


def test_a_rotation_wraps_every_key_anew_and_leaves_the_events_as_they_are(lasting_url: str, opened: Open) -> None:
    """Nothing of the old wrapping is left, everything is still read, also by a process that was open all the time."""
    store, other = opened(lasting_url), opened(lasting_url)
    note(store, "c-1")
    note(store, "c-2", subject="person:p-7")
    before, events = {row.id: row.wrapped for row in keys_of(store).rows()}, store.rows(0, 9)
    assert keys_of(store).rotate() == 3
    after = {row.id: row.wrapped for row in keys_of(store).rows()}
    assert before.keys() == after.keys()
    assert not {*before.values()} & {*after.values()}
    assert store.rows(0, 9) == events
    note(other, "c-3", "by the other process", subject="person:p-8")
    assert texts(store) == texts(other) == texts(opened(lasting_url)) == [MAIL, MAIL, "by the other process"]
    kept = bytes_kept(lasting_url)
    assert not [
        wrapped for wrapped in before.values() if wrapped and (wrapped in kept or repr(wrapped).encode() in kept)
    ]
    # The control: the new wrapping is found by the same search.
    assert all(wrapped in kept for wrapped in after.values() if wrapped)


@pytest.mark.parametrize("after", ["the new master key is written", "the keys are wrapped anew"])
def test_a_rotation_that_is_broken_off_leaves_everything_readable(
    sealed: str, tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    """Whichever of the two master keys wraps the keys is found at the next start, and it can be done again."""
    store = opened(sealed)
    with monkeypatch.context() as fault:
        if after == "the keys are wrapped anew":
            fault.setattr(MasterFile, "settle", _crash)
        else:
            fault.setattr(keys_of(store)._rows, "rewrap", _crash)
        with pytest.raises(RuntimeError):
            keys_of(store).rotate()
    assert (tmp_path / "sales.db.master.next").exists()
    assert texts(opened(sealed)) == [MAIL]
    keys_of(opened(sealed)).rotate()
    assert not (tmp_path / "sales.db.master.next").exists()
    assert texts(opened(sealed)) == [MAIL]


def test_the_master_key_can_be_moved_away_from_the_store(
    sealed: str, tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rotated into a file elsewhere, the one beside the store is gone, and the environment must name the new one."""
    (tmp_path / "vault").mkdir()
    keys_of(opened(sealed)).rotate(tmp_path / "vault" / "master")
    assert not (tmp_path / "sales.db.master").exists()
    with pytest.raises(BadStore, match=f"set {VARIABLE} to where it is"):
        opened(sealed)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "vault" / "master"))
    assert texts(opened(sealed)) == [MAIL]


def test_on_postgresql_the_master_key_is_kept_with_the_keys_until_it_is_moved(
    postgres_schema: str, tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a file that is named it stands in the schema of the keys, as the doctor says; a rotation takes it out."""
    note(opened(postgres_schema), "c-1")
    assert "whoever copies both" in finding(opened(postgres_schema), "master key").found
    monkeypatch.setenv(VARIABLE, str(tmp_path / "master"))
    with pytest.raises(BadStore, match="the master key is kept with the keys"):
        opened(postgres_schema)
    monkeypatch.delenv(VARIABLE)
    before = keys_of(opened(postgres_schema))._master.written().encode()
    assert before in bytes_kept(postgres_schema)
    keys_of(opened(postgres_schema)).rotate(tmp_path / "master")
    with pytest.raises(BadStore, match=f"set {VARIABLE} to the file that holds it"):
        opened(postgres_schema)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "master"))
    assert texts(opened(postgres_schema)) == [MAIL]
    kept = bytes_kept(postgres_schema)
    assert before not in kept
    assert keys_of(opened(postgres_schema))._master.written().encode() not in kept


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_master_key_that_may_not_be_read_is_told_with_its_place(sealed: str, tmp_path: Path, opened: Open) -> None:
    """That is no missing key: the rights are named."""
    (tmp_path / "sales.db.master").chmod(0)
    with pytest.raises(StoreUnreachable, match=r"sales.db.master` cannot be read"):
        opened(sealed)
