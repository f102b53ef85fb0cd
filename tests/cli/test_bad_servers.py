"""Servers and folders that cannot be used as they are: one line with the place and the next step, and no traceback."""

import os
import pwd
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.cli.conftest import Type
from tests.store.care.conftest import other_server, standby

pytestmark = pytest.mark.slow

__all__ = ["other_server", "standby"]


@pytest.fixture
def raw(postgres_database: str) -> Iterator[psycopg.Connection]:
    """The administrator's own connection."""
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def looker(postgres_database: str, raw: psycopg.Connection) -> Iterator[str]:
    """The database as a role sees it that was given nothing."""
    name = f"looker_{os.getpid()}"
    raw.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'looks'")
    parts = urlsplit(postgres_database)
    yield parts._replace(netloc=f"{name}:looks@{parts.hostname}:{parts.port}").geturl()
    raw.execute(f"DROP OWNED BY {name}")
    raw.execute(f"DROP ROLE {name}")


def told(ran: Any, code: int, *words: str) -> None:
    """One line that holds all of the words and no password."""
    assert ran.code == code, ran.out + ran.err
    said = ran.said_in_one_line()
    for word in words:
        assert word in said
    assert "looks" not in said.replace("looks like", "")


def test_a_schema_that_is_not_there_is_told(line: Type, postgres_database: str) -> None:
    """The search path names nothing: which one is wanted has to be said."""
    ran = line(f"deal list --store {postgres_database}?options=-csearch_path%3Dwest")
    told(ran, 2, "names no schema there is", "`?schema=name`")


def test_a_schema_of_another_program_is_told(line: Type, postgres_database: str, raw: psycopg.Connection) -> None:
    """Tables with our names that are not ours stay as they are."""
    raw.execute("CREATE TABLE stored_events (id int)")
    told(line(f"deal list --store {postgres_database}"), 2, "schema `public`", "another program", "`?schema=name`")
    assert raw.execute("SELECT count(*) FROM stored_events").fetchone() == (0,)


def test_a_server_store_of_a_newer_version_is_told(
    office: Type, postgres_database: str, raw: psycopg.Connection
) -> None:
    """Also for whoever only wants to look, back up or restore into it."""
    office("backup copy.db")
    office(f"restore copy.db --into {postgres_database}")
    raw.execute("UPDATE store_header SET value = '2' WHERE key = 'format'")
    for command in ("doctor", "backup more.db", "digest", "deal list"):
        told(office(f"{command} --store {postgres_database}"), 2, "format 2", "use a newer pipeline_engine")


def test_a_standby_is_told(line: Type, request: pytest.FixtureRequest) -> None:
    """Nothing is read from or decided on a copy that may be old."""
    url = request.getfixturevalue("standby")
    for command in ("doctor", "deal list"):
        told(line(f"{command} --store {url}"), 2, "is a standby", "name the primary server")


def test_a_role_without_rights_is_told(line: Type, looker: str, postgres_database: str) -> None:
    """Neither may it make the tables nor read those that are there; the place and the next step are said."""
    told(line(f"process publish b2b.yaml --by ops-1 --store {looker}"), 2, "does not let its user", "grant it that")
    assert line(f"process publish b2b.yaml --by ops-1 --store {postgres_database}").code == 0
    for command in ("deal list", "doctor", "backup copy.db", "process publish b2b.yaml --by ops-1"):
        told(line(f"{command} --store {looker}"), 2, "permission denied for table", "grant it that")


def test_a_role_that_may_only_look_is_told_when_it_writes(
    line: Type, looker: str, postgres_database: str, raw: psycopg.Connection
) -> None:
    """It looks, and the doctor says what it lacks; a command of its is refused and changes nothing."""
    assert line(f"process publish b2b.yaml --by ops-1 --store {postgres_database}").code == 0
    raw.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {urlsplit(looker).username}")
    assert "permission denied for schema public_keys" in line(f"process list --store {looker}").said_in_one_line()
    raw.execute(f"GRANT USAGE ON SCHEMA public_keys TO {urlsplit(looker).username}")
    raw.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public_keys TO {urlsplit(looker).username}")
    assert line(f"process list --store {looker}").code == 0
    assert "lacks EXECUTE on `append_events`" in line(f"doctor --store {looker}").out
    refused = line(f"process retire b2b --why old --by ops-1 --store {looker}")
    assert refused.code in (2, 3)
    assert "permission denied" in refused.said_in_one_line()
    assert line(f"digest --store {looker} --json").json["events"] == 1


def test_a_database_that_is_not_there_is_told(line: Type, postgres_database: str) -> None:
    """The server answers, the database is none: 3, and its name."""
    url = urlsplit(postgres_database)._replace(path="/none_such").geturl()
    told(line(f"deal list --store {url}"), 3, "none_such", "does not exist")


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, whom no mode of a file keeps out; everybody else is who they are."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def locked(office: Type, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a store in it, in which nobody may write; whatever a command imports has been imported."""
    for command in ("deal note D-1 hello --by rep-1", "backup first.db"):
        assert office(command).code == 0
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        (Path(place) / "sales.db").write_bytes((folder / "sales.db").read_bytes())
        (Path(place) / "sales.db").chmod(0o444)
        Path(place).chmod(0o555)
        monkeypatch.chdir(place)
        yield Path(place)
        monkeypatch.chdir(folder)
        Path(place).chmod(0o755)


@pytest.mark.parametrize(
    "text", ["deal note D-1 hello --by rep-1", "--store sqlite:///new.db process publish b2b.yaml --by ops-1",
             "backup copy.db"],
)  # fmt: skip
def test_a_folder_that_may_only_be_read_is_told(line: Type, locked: Path, text: str) -> None:
    """3 and one line with the place; nothing is changed, and nothing is left there."""
    before = (locked / "sales.db").read_bytes()
    with as_nobody():
        told(line(text), 3, ".db")
    assert [path.name for path in locked.iterdir()] == ["sales.db"]
    assert (locked / "sales.db").read_bytes() == before
