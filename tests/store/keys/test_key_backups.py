"""Keys are copied away apart from the store, and what was erased since stays erased when they are put back."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_engine.errors import BadStore, StoreUnreachable
from pipeline_engine.store import IDENTITY, Row, Store, restore, restore_keys
from pipeline_engine.store.log import NewRow
from tests.store.given import Clock
from tests.store.keys.given import MAIL, bytes_kept, keys_of, note, texts

Open = Callable[..., Store]


def lose_keys(url: str, opened: Open) -> None:
    """Remove the keys of a store, as a disk that broke would."""
    with keys_of(opened(url))._rows.transaction() as run:  # type: ignore[attr-defined]  # a fault that is made here
        for table in ("subject_keys", "carried_out", "key_header"):
            run(f"DROP TABLE {{at}}{table}")
    if url.startswith("sqlite:"):
        folder = Path(url.removeprefix("sqlite:///")).parent
        for file in folder.glob("sales.db.keys*"):
            file.unlink()


def test_keys_that_were_lost_are_put_back(lasting_url: str, opened: Open, tmp_path: Path) -> None:
    """The store is refused without them, and read as before with them; keys made later get their own master again."""
    store = opened(lasting_url)
    note(store, "c-1")
    assert keys_of(store).copy_to(tmp_path / "copy") == 2
    store.close()
    lose_keys(lasting_url, opened)
    with pytest.raises(BadStore, match="put them back, or `keys restore FILE`"):
        opened(lasting_url)
    assert restore_keys(lasting_url, tmp_path / "copy", clock=Clock()) == 2
    store = opened(lasting_url)
    note(store, "c-2", "after that", subject="person:p-7")
    assert texts(store) == [MAIL, "after that"]


def test_store_and_keys_are_restored_apart_and_belong_together(lasting_url: str, opened: Open, tmp_path: Path) -> None:
    """A copy of the store into another one, and of the keys beside it: everything is read again, also on from there."""
    store = opened(lasting_url)
    note(store, "c-1")
    keys_of(store).copy_to(tmp_path / "keys")
    store.back_up(tmp_path / "copy")
    master = tmp_path / "sales.db.master"
    restore(tmp_path / "copy", f"sqlite:///{tmp_path}/again.db")
    if master.exists():
        master.rename(tmp_path / "again.db.master")
    assert restore_keys(f"sqlite:///{tmp_path}/again.db", tmp_path / "keys", clock=Clock()) == 2
    again = opened(f"sqlite:///{tmp_path}/again.db")
    note(again, "c-2", "after that")
    assert texts(again) == [MAIL, "after that"]


def test_a_back_up_is_one_file_that_its_owner_alone_may_read(lasting_url: str, opened: Open, tmp_path: Path) -> None:
    """It is complete by itself: no journal beside it that would have to be copied too."""
    store = opened(lasting_url)
    note(store, "c-1")
    (tmp_path / "away").mkdir()
    keys_of(store).copy_to(tmp_path / "away" / "copy")
    assert [file.name for file in (tmp_path / "away").iterdir()] == ["copy"]
    assert stat.S_IMODE((tmp_path / "away" / "copy").stat().st_mode) == 0o600


def test_a_back_up_overwrites_nothing(lasting_url: str, opened: Open, tmp_path: Path) -> None:
    """The older one may be the only good one."""
    (tmp_path / "copy").write_text("mine")
    with pytest.raises(BadStore, match="is there already"):
        keys_of(opened(lasting_url)).copy_to(tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "mine"


def test_a_back_up_that_cannot_be_written_is_told(lasting_url: str, opened: Open, tmp_path: Path) -> None:
    """With its place; nothing is left half made."""
    with pytest.raises(StoreUnreachable, match="none"):
        keys_of(opened(lasting_url)).copy_to(tmp_path / "none" / "copy")


def test_a_destroyed_key_is_in_no_later_back_up(lasting_url: str, opened: Open, tmp_path: Path) -> None:
    """So an erasure is complete once the back-ups from before it are gone."""
    store = opened(lasting_url)
    note(store, "c-1")
    every = [row.wrapped or b"?" for row in keys_of(store).rows()]
    keys_of(store).copy_to(tmp_path / "before")
    keys_of(store).destroy("deal:D-1", "1")
    keys_of(store).copy_to(tmp_path / "after")
    before, after = ((tmp_path / name).read_bytes() for name in ("before", "after"))
    assert [(wrapped in before, wrapped in after) for wrapped in every] == [(True, False)] * 2


def test_an_erasure_is_known_to_the_back_up_that_was_made_after_it(
    lasting_url: str, opened: Open, tmp_path: Path
) -> None:
    """Put back, it is not carried out again on what was recorded since."""
    store = opened(lasting_url)
    note(store, "c-1")
    keys_of(store).destroy("deal:D-1", "1")
    note(store, "c-2", "recorded since")
    keys_of(store).copy_to(tmp_path / "copy")
    store.close()
    lose_keys(lasting_url, opened)
    restore_keys(lasting_url, tmp_path / "copy", clock=Clock())
    store = opened(lasting_url)
    assert keys_of(store).carried_out() == {"1"}
    assert texts(store) == [None, "recorded since"]


def test_keys_are_put_back_only_where_there_are_none(lasting_url: str, opened: Open, tmp_path: Path) -> None:
    """Two sets of keys for one store would hide that one of them is not its own."""
    store = opened(lasting_url)
    note(store, "c-1")
    keys_of(store).copy_to(tmp_path / "copy")
    with pytest.raises(BadStore, match="holds keys already"):
        restore_keys(lasting_url, tmp_path / "copy", clock=Clock())


def test_what_is_no_back_up_of_keys_is_refused(lasting_url: str, opened: Open, tmp_path: Path) -> None:
    """A file of something else, or none; and a store that was never sealed has no keys to put back."""
    opened(lasting_url, keys=IDENTITY).close()
    with pytest.raises(BadStore, match="never sealed"):
        restore_keys(lasting_url, tmp_path / "copy", clock=Clock())
    opened(lasting_url).close()
    lose_keys(lasting_url, opened)
    (tmp_path / "text").write_text("no keys at all, " * 100)
    for name in ("none", "text"):
        with pytest.raises(BadStore, match=name):
            restore_keys(lasting_url, tmp_path / name, clock=Clock())
    with pytest.raises(StoreUnreachable, match="restore that first"):
        restore_keys(f"sqlite:///{tmp_path}/other.db", tmp_path / "copy", clock=Clock())


def test_keys_move_between_the_databases(postgres_schema: str, tmp_path: Path, opened: Open) -> None:
    """A back-up of keys of PostgreSQL brings its master key where none was named; a file takes it in under its own."""
    store = opened(postgres_schema)
    note(store, "c-1")
    keys_of(store).copy_to(tmp_path / "copy")
    url = f"sqlite:///{tmp_path}/sales.db"
    other = opened(url)
    other._log.append_many([_stored(row) for row in store.rows(0, 9)], {})
    other.close()
    lose_keys(url, opened)
    (tmp_path / "sales.db.master").unlink()
    restore_keys(url, tmp_path / "copy", clock=Clock())
    assert texts(opened(url)) == [MAIL]
    assert MAIL.encode() not in bytes_kept(url)


def _stored(row: Row) -> NewRow:
    return NewRow(row.stream, row.version, row.name, row.payload)
