"""The doctor: what is well is said to be well, and what is not is found, with what to do."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from pipeline_engine.store import IDENTITY, Decision, Finding, Store, make_tenant
from pipeline_engine.store.care import file_findings, file_system, server_findings
from tests.store.care.given import changed, filled, plain_store_at
from tests.store.given import FRIDAY, Clock, Counted, ask, draft


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store in a file."""
    filled(f"sqlite:///{tmp_path}/sales.db").close()
    return tmp_path / "sales.db"


def wrong(url: str, **asked: object) -> dict[str, Finding]:
    """What the doctor finds in a store, by what it looked at."""
    with closing(plain_store_at(url)) as store:
        return {finding.check: finding for finding in store.findings(**asked) if not finding.ok}  # type: ignore[arg-type]  # passed on as it came


def found(url: str, check: str) -> Finding:
    """The one thing that is wrong with a store; it says what to do."""
    findings = wrong(url)
    assert list(findings) == [check]
    assert findings[check].advice
    return findings[check]


def test_a_store_that_is_well_is_said_to_be_well(lasting_url: str):
    """Also when every page and every event is read; everything that was looked at is named once."""
    with closing(filled(lasting_url)) as store:
        findings = store.findings(now=FRIDAY + timedelta(days=1), deep=True)
    assert [finding for finding in findings if not finding.ok] == []
    checks = [finding.check for finding in findings]
    assert len(checks) == len(set(checks))
    assert {"time", "events", "integrity", "receipts", "positions"} <= set(checks)


def test_a_clock_that_was_set_back_is_found(lasting_url: str):
    """Where the newest event is of a moment that the clock has not reached, one of the two is wrong."""
    with closing(plain_store_at(lasting_url, Clock(FRIDAY))) as store:
        ask(store, "c-1")
    findings = wrong(lasting_url, now=FRIDAY - timedelta(hours=1))
    assert "1:00:00 ahead of the clock" in findings["time"].found
    assert wrong(lasting_url, now=FRIDAY - timedelta(seconds=30)) == {}


def test_events_that_cannot_be_read_are_named_with_their_place(lasting_url: str, opened: Callable[..., Store]):
    """Stream, version and position of the first few, and how many there are; without `deep` nothing is read."""
    with closing(filled(lasting_url)) as store:
        rows = store.rows(0, 100)
    newer = opened(lasting_url, keys=IDENTITY, events={"Later": type("Later", (Counted,), {}), "Counted": Counted})
    for number in range(5):
        ask(newer, f"later-{number}", lambda *_: _later(newer), stream=f"deal:L-{number}")
    assert "knows no `Later`" in found(lasting_url, "events").found
    events = wrong(lasting_url, deep=True)["events"]
    assert events.found.startswith("5 cannot be read: event 1 of stream `deal:L-0` (position ")
    assert events.found.endswith("; and 2 more")
    assert f"position {len(rows) + 1})" in events.found
    assert "there is no event `Later` in this version" in events.found
    assert "deal:L-3" not in events.found


def _later(store: Store) -> Decision:
    return Decision((draft(store._codec._events["Later"]()),))


def test_a_payload_cut_short_is_found(path: Path):
    """Half a payload is no event; it is named, and never skipped."""
    changed(path, "UPDATE stored_events SET state = substr(state, 1, 20) WHERE position = 7")
    events = wrong(f"sqlite:///{path}", deep=True)["events"]
    assert "(position 7): no event, but ValueError (no whole JSON)" in events.found


def test_a_receipt_beyond_the_log_is_found(path: Path):
    """What the command log says must be in the log, from the first to the last event, at a position there is."""
    changed(path, "UPDATE command_log SET position = 10000 WHERE command_id = 'c-1'")
    assert "1 point" in found(f"sqlite:///{path}", "receipts").found


def test_damage_in_an_index_is_found_by_reading_deep(path: Path):
    """The quick look does not compare tables with their indexes, the deep one does."""
    with closing(sqlite3.connect(path)) as raw, raw:
        index = "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_stored_events_1'"
        root = raw.execute(index).fetchone()
        size = raw.execute("PRAGMA page_size").fetchone()[0]
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek((root[0] - 1) * size)
        page = bytearray(file.read(size))
        place = page.index(b"deal:D-")
        page[place + 5 : place + 6] = b"E"
        file.seek((root[0] - 1) * size)
        file.write(page)
    assert "integrity" not in wrong(f"sqlite:///{path}")
    assert "integrity" in wrong(f"sqlite:///{path}", deep=True)


def test_little_room_on_the_disk_is_found(path: Path, monkeypatch: pytest.MonkeyPatch):
    """Before a command is refused for want of room."""
    monkeypatch.setattr(file_findings, "LEAST_FREE", 1 << 60)
    assert "MB free" in found(f"sqlite:///{path}", "disk").found


def test_a_write_ahead_log_that_does_not_shrink_is_found(path: Path, monkeypatch: pytest.MonkeyPatch):
    """A reader that never ends keeps it, and it grows."""
    monkeypatch.setattr(file_findings, "LARGEST_WAL", 1)
    url = f"sqlite:///{path}"
    with closing(plain_store_at(url)) as other:
        ask(other, "new", stream="deal:new")
        assert "reading for long" in found(url, "write-ahead log").advice


def test_a_file_that_everybody_may_write_is_found(path: Path):
    """Whoever may write to the file may write history."""
    path.chmod(0o666)
    assert "everybody on this machine" in found(f"sqlite:///{path}", "file").found


def test_the_kind_of_file_system_is_that_of_the_nearest_mount(tmp_path: Path):
    """The longest name that the path begins with counts, blanks included; where nothing is known, nothing is said."""
    mounts = tmp_path / "mounts"
    mounts.write_text(f"a / ext4 rw 0 0\nb {tmp_path}/my\\040disk nfs4 rw 0 0\nc {tmp_path}/my xfs rw 0 0\n")
    kinds = [file_system.kind_of(tmp_path / name, mounts) for name in ("my disk/sales.db", "my/sales.db", "sales.db")]
    assert kinds == ["nfs4", "xfs", "ext4"]
    assert file_system.kind_of(tmp_path, tmp_path / "none") is None


@pytest.fixture
def raw(postgres_database: str) -> psycopg.Connection:
    """A connection of the administrator's."""
    return psycopg.connect(postgres_database, autocommit=True)


@pytest.fixture
def database(postgres_database: str) -> str:
    """The URL of a store on a server."""
    filled(postgres_database).close()
    return postgres_database


def test_a_function_whose_search_path_is_not_pinned_is_found(database: str, raw: psycopg.Connection):
    """A store that an earlier version made is told how to pin it, and is well afterwards."""
    with raw:
        raw.execute("ALTER FUNCTION append_events RESET search_path")
        advice = found(database, "function").advice
        raw.execute(SQL(advice.split("`")[1]))
    assert wrong(database) == {}


def test_rights_that_are_missing_are_named(database: str, raw: psycopg.Connection):
    """A role that may only look is told what it lacks."""
    with raw:
        raw.execute("CREATE ROLE looker LOGIN PASSWORD 'looks'")
        raw.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO looker")
        try:
            parts = urlsplit(database)
            finding = found(parts._replace(netloc=f"looker:looks@{parts.hostname}:{parts.port}").geturl(), "rights")
        finally:
            raw.execute("DROP OWNED BY looker")
            raw.execute("DROP ROLE looker")
    assert (
        finding.found == "`looker` lacks EXECUTE on `append_events`, INSERT on `command_log`, INSERT on `stored_events`"
    )


def test_a_role_that_reaches_another_tenants_store_is_found(postgres_database: str, raw: psycopg.Connection):
    """The administrator's role may use every store: commands are not to be asked with it."""
    north = make_tenant("north", postgres_database)
    try:
        plain_store_at(north.url).close()
        assert "tenants" not in wrong(north.url)
        assert "`north`" in found(f"{postgres_database}?schema=own", "tenants").found
    finally:
        with raw:
            raw.execute(SQL("DROP OWNED BY {} CASCADE").format(Identifier(north.role)))
            raw.execute(SQL("DROP ROLE {}").format(Identifier(north.role)))


def test_a_transaction_that_is_open_for_long_is_found(
    database: str, raw: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
):
    """It keeps VACUUM from clearing away."""
    monkeypatch.setattr(server_findings, "LONG_MINUTES", 0)
    with raw, raw.transaction():
        raw.execute("SELECT 1")
        assert "open for 0 minutes" in wrong(database)["transactions"].found


def test_a_slot_that_nobody_reads_is_found(database: str, raw: psycopg.Connection, monkeypatch: pytest.MonkeyPatch):
    """A standby that is gone makes the server keep its log for ever."""
    monkeypatch.setattr(server_findings, "GIGABYTE", -1)
    name = f"gone_{os.getpid()}"
    with raw:
        raw.execute("SELECT pg_create_physical_replication_slot(%s, true)", (name,))
        try:
            assert "is not used and keeps" in wrong(database)["replication"].found
        finally:
            raw.execute("SELECT pg_drop_replication_slot(%s)", (name,))


def test_a_database_that_was_not_frozen_for_long_is_found(database: str, monkeypatch: pytest.MonkeyPatch):
    """Long before the server stops writing."""
    monkeypatch.setattr(server_findings, "OLDEST_AGE", 1)
    assert "VACUUM FREEZE" in found(database, "age").advice


def test_an_index_that_is_not_valid_is_found_by_reading_deep(database: str, raw: psycopg.Connection):
    """As a build that broke off leaves it."""
    with raw:
        raw.execute("CREATE INDEX half ON stored_events (topic)")
        raw.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'half'::regclass")
    assert "`half` not valid" in wrong(database, deep=True)["integrity"].found
