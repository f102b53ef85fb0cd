"""Row 23: a store that could lose or change what it holds is not opened, and the reason is said."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import psycopg
import pytest

from pipeline_engine.errors import BadStore
from pipeline_engine.store import UNSAFE
from pipeline_engine.store.care import file_system
from pipeline_engine.store.care.server_settings import refuse_server
from pipeline_engine.store.postgres_server import Address
from pipeline_engine.store.sqlite_file import File
from tests.store.care.given import changed, filled
from tests.store.given import ask, store_at

pytestmark = pytest.mark.slow


@dataclass
class World:
    """What a bad setting may be made of."""

    folder: Path
    patch: pytest.MonkeyPatch
    request: pytest.FixtureRequest

    @property
    def file(self) -> Path:
        """A store in a file, made when it is asked for first."""
        path = self.folder / "sales.db"
        if not path.exists():
            filled(f"sqlite:///{path}", sealed=True).close()
        return path

    @property
    def database(self) -> str:
        """A database of this test's own."""
        return str(self.request.getfixturevalue("postgres_database"))

    def altered(self, *statements: str) -> str:
        """The URL of a store in a database, after somebody changed its tables."""
        store_at(self.database).close()
        with psycopg.connect(self.database, autocommit=True) as raw:
            for statement in statements:
                raw.execute(statement)
        return self.database

    def server(self, name: str) -> str:
        """The URL of a server from a fixture."""
        return str(self.request.getfixturevalue(name))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> World:
    """A folder, an environment and servers."""
    return World(tmp_path, monkeypatch, request)


def _url(world: World) -> str:
    return f"sqlite:///{world.file}?synchronous=off"


def _journal(world: World) -> str:
    def connect(file: File, **_: object) -> sqlite3.Connection:
        # This way to lock files cannot share memory, which a write-ahead log needs.
        return sqlite3.connect(f"file:{file.path}?vfs=unix-dotfile", uri=True, isolation_level=None)

    world.patch.setattr(File, "connect", connect)
    return f"sqlite:///{world.folder}/new.db"


def _network(world: World) -> str:
    url, mounts = f"sqlite:///{world.file}", world.folder / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nfiler:/home {world.folder} nfs4 rw 0 0\n")
    world.patch.setattr(file_system, "MOUNTS", mounts)
    return url


def _links(world: World) -> str:
    os.link(world.file, world.folder / "other-name.db")
    return f"sqlite:///{world.file}"


def _library(world: World) -> str:
    url = f"sqlite:///{world.file}"
    world.patch.setattr(sqlite3, "threadsafety", 0)
    return url


def _triggers(world: World) -> str:
    with closing(sqlite3.connect(world.file)) as raw:
        raw.execute("CREATE TRIGGER tidy AFTER INSERT ON stored_events BEGIN DELETE FROM stored_events; END")
    return f"sqlite:///{world.file}"


def _tables(world: World) -> str:
    with closing(sqlite3.connect(world.file)) as raw:
        raw.execute("CREATE TABLE again AS SELECT * FROM stored_events")
        raw.execute("DROP TABLE stored_events")
        raw.execute("ALTER TABLE again RENAME TO stored_events")
    return f"sqlite:///{world.file}"


def _library_functions(world: World) -> str:
    world.patch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", "yes")
    return "postgresql://nowhere/none"


def _fsync(world: World) -> str:
    return world.server("careless_server")


def _full_page_writes(world: World) -> str:
    return world.server("careless_server") + "?fsync=off"


def _data_sync_retry(world: World) -> str:
    return world.server("careless_server") + "?fsync=off&full_page_writes=off"


def _damaged_pages(world: World) -> str:
    return f"{world.database}?options=-czero_damaged_pages%3Don"


def _standby(world: World) -> str:
    return world.server("standby")


def _encoding(world: World) -> str:
    name = urlsplit(world.database).path[1:] + "_latin"
    with psycopg.connect(world.database, autocommit=True) as raw:
        raw.execute(f'CREATE DATABASE "{name}" TEMPLATE template0 ENCODING latin1 LOCALE "C"')
    world.request.addfinalizer(lambda: _dropped(world.server("postgres_url"), name))
    return urlsplit(world.database)._replace(path=f"/{name}").geturl()


def _dropped(server: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as raw:
        raw.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _unlogged(world: World) -> str:
    return world.altered("ALTER TABLE stored_events SET UNLOGGED")


def _rewritten(world: World) -> str:
    return world.altered("ALTER TABLE stored_events ENABLE ROW LEVEL SECURITY")


def _constraints(world: World) -> str:
    return world.altered("ALTER TABLE stored_events DROP CONSTRAINT stored_events_pkey")


def _function(world: World) -> str:
    return world.altered("ALTER SCHEMA public RENAME TO north") + "?schema=north"


CASES: dict[str, Callable[[World], str]] = {
    "url": _url, "journal": _journal, "network": _network, "links": _links, "library": _library,
    "triggers": _triggers, "tables": _tables, "library_functions": _library_functions, "fsync": _fsync,
    "full_page_writes": _full_page_writes, "data_sync_retry": _data_sync_retry, "damaged_pages": _damaged_pages,
    "standby": _standby, "encoding": _encoding, "unlogged": _unlogged, "rewritten": _rewritten,
    "constraints": _constraints, "function": _function,
}  # fmt: skip


def test_every_unsafe_setting_is_tried():
    """The table of refusals and the cases here are the same, but for a server so old that none can be had."""
    assert set(UNSAFE) == {*CASES, "version"}
    assert len(UNSAFE) >= 10


@pytest.mark.parametrize("setting", CASES)
def test_a_start_is_refused_with_the_reason(world: World, setting: str):
    """One line: the place, what was found, what could be lost, and what to do."""
    url = CASES[setting](world)
    with pytest.raises(BadStore) as caught:
        store_at(url).close()
    said, unsafe = str(caught.value), UNSAFE[setting]
    assert unsafe.why in said
    assert said.endswith(unsafe.instead)
    assert "{" not in said
    assert "\n" not in said


def test_a_server_that_is_too_old_is_refused():
    """What the store relies on came with PostgreSQL 13."""
    old = SimpleNamespace(info=SimpleNamespace(server_version=120_017))
    with pytest.raises(BadStore, match=r"runs PostgreSQL 12: .*use PostgreSQL 13 or newer"):
        refuse_server(Address("postgresql://host/sales"), old)  # type: ignore[arg-type]  # no such server can be had


@pytest.fixture
def nfs(world: World) -> str:
    """A store on a network disk."""
    return _network(world)


def test_a_network_disk_is_for_one_machine_that_says_so(nfs: str):
    """Who knows that no other machine opens the file may use it; the doctor goes on to say where it is."""
    with closing(store_at(f"{nfs}?machines=one&synchronous=full")) as store:
        ask(store, "new")
        assert [(f.check, f.found) for f in store.findings() if not f.ok] == [("file system", "nfs4")]


@pytest.mark.parametrize("rewrite", [
    "CREATE RULE hide AS ON DELETE TO command_log DO INSTEAD NOTHING",
    "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
    "CREATE TRIGGER drops BEFORE INSERT ON stored_events FOR EACH ROW EXECUTE FUNCTION nothing()",
])  # fmt: skip
def test_rules_and_triggers_on_a_server_are_named(world: World, rewrite: str):
    """Whatever stands between a command and its row keeps the store closed, and is named."""
    with pytest.raises(BadStore, match=r"`hide`|`drops`"):
        store_at(world.altered(rewrite))


def test_what_is_only_less_safe_is_accepted_by_name(careless_server: str):
    """`?fsync=off` accepts that and nothing else: each setting is said by itself."""
    with pytest.raises(BadStore, match="fsync off"):
        store_at(f"{careless_server}?full_page_writes=off")
    with pytest.raises(BadStore, match="fsync off"):
        store_at(f"{careless_server}?fsync=no")


def test_a_server_without_any_of_it_is_opened(world: World, tmp_path: Path):
    """The control: the same stores without the change are opened."""
    store_at(world.database).close()
    store_at(f"sqlite:///{world.file}").close()
    changed(world.file, "UPDATE stored_events SET recorded_at = recorded_at WHERE position = 1")
    store_at(f"sqlite:///{world.file}").close()
