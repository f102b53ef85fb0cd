"""Tenants on one server: a role reaches its own schema and nothing else, whatever it asks."""

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.sql import SQL, Identifier, Literal

from pipeline_engine.errors import BadStore, BadValue, StoreUnreachable
from pipeline_engine.store import Tenant, digest_store, make_tenant, tenant_sql
from pipeline_engine.store.postgres_schema import lock_of
from tests.servers import fresh_database
from tests.store.care.given import filled
from tests.store.given import COUNT, ask, store_at

pytestmark = pytest.mark.slow


def dropped(url: str, *roles: str) -> None:
    """Take roles away again, since they belong to the server and not to the database of a test."""
    with psycopg.connect(url, autocommit=True) as raw:
        for role in roles:
            if raw.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
                raw.execute(SQL("DROP OWNED BY {} CASCADE").format(Identifier(role)))
                raw.execute(SQL("DROP ROLE {}").format(Identifier(role)))


@pytest.fixture(scope="module")
def tenants(postgres_url: str, testrun_uid: str, worker_id: str) -> Iterator[tuple[Tenant, Tenant]]:
    """Two tenants of one database, each with a store in which the same deals have the same names."""
    with fresh_database(postgres_url, f"tenants_{testrun_uid[:12]}_{worker_id}") as url:
        made = tuple(make_tenant(name, url) for name in ("north", "south"))
        for tenant in made:
            filled(tenant.url, sealed=True).close()
        yield made[0], made[1]
        dropped(url, *(tenant.role for tenant in made))


def test_a_tenant_works_as_any_store(tenants: tuple[Tenant, Tenant]):
    """Its role makes the tables, and the doctor finds nothing to say."""
    with closing(store_at(tenants[0].url)) as store:
        assert ask(store, "new", stream="deal:new").first == 1
        assert [finding for finding in store.findings(deep=True) if not finding.ok] == []


# What somebody with the north's password may try on the south's store.
ATTEMPTS = {
    "read its events": "SELECT * FROM south.stored_events",
    "read its commands": "SELECT * FROM south.command_log",
    "read its header": "SELECT * FROM south.store_header",
    "write an event": "INSERT INTO south.stored_events VALUES ('deal:D-1', 99, 'Counted', '', 1000, 0)",
    "change an event": "UPDATE south.stored_events SET state = ''",
    "delete an event": "DELETE FROM south.stored_events",
    "empty the log": "TRUNCATE south.stored_events",
    "call its function": "SELECT * FROM south.append_events('{}', '{}', '{}', '{}', '{}', '{}', NULL, 0)",
    "draw its positions": "SELECT nextval('south.stored_events_notification_id_seq')",
    "make a table in it": "CREATE TABLE south.mine (id int)",
    "make a trigger in it": "CREATE TRIGGER t AFTER INSERT ON south.stored_events EXECUTE FUNCTION "
    "suppress_redundant_updates_trigger()",
    "drop a table": "DROP TABLE south.stored_events",
    "drop the schema": "DROP SCHEMA south CASCADE",
    "become its role": "SET ROLE {role}",
    "be given its role": "GRANT {role} TO CURRENT_USER",
    "take its schema over": "ALTER SCHEMA south OWNER TO CURRENT_USER",
    "give itself a right": "GRANT ALL ON ALL TABLES IN SCHEMA south TO CURRENT_USER",
    "make a schema": "CREATE SCHEMA east",
    "make a role": "CREATE ROLE somebody",
    "copy it out": "COPY south.stored_events TO STDOUT",
    "copy into it": "COPY south.stored_events FROM PROGRAM 'true'",
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_role_reaches_no_store_of_another_tenant(tenants: tuple[Tenant, Tenant], attempt: str):
    """Neither by reading nor by writing, nor by way of functions, rights or roles."""
    north, south = tenants
    before = digest_store(south.url)
    with psycopg.connect(_plain(north.url), autocommit=True) as raw:
        statement = (
            SQL(ATTEMPTS[attempt]).format(role=Identifier(south.role)) if "{role}" in ATTEMPTS[attempt] else None
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            raw.execute(statement or ATTEMPTS[attempt])
    assert digest_store(south.url) == before


def test_control_the_same_attempts_reach_ones_own_store(tenants: tuple[Tenant, Tenant]):
    """Control: what is refused on another's store is possible on one's own, so it is the rights that refuse it."""
    with psycopg.connect(_plain(tenants[0].url), autocommit=True) as raw:
        for attempt in ("read its events", "read its commands", "draw its positions", "call its function"):
            raw.execute(ATTEMPTS[attempt].replace("south", "north"))


def _plain(url: str) -> str:
    """Without what only we read."""
    return urlsplit(url)._replace(query="").geturl()


def test_a_store_of_another_tenant_is_not_opened(tenants: tuple[Tenant, Tenant]):
    """With the north's role the south's store is refused in one line that says what is missing."""
    north, south = tenants
    before = digest_store(south.url)
    with pytest.raises(BadStore, match=r"permission denied for .*; grant it that, or name a role that may"):
        store_at(f"{_plain(north.url)}?schema=south")
    assert digest_store(south.url) == before


HOSTILE = [
    "deal:D-1", "south.deal:D-1", 'deal:"south"."stored_events"', "deal:'; SET search_path = south; --",
    "deal:%s", "deal:{schema}", 'deal:"; DROP SCHEMA south CASCADE; --', "../south/deal:D-1", "deal:$1",
]  # fmt: skip


def test_a_command_never_reaches_a_stream_of_another_tenant(tenants: tuple[Tenant, Tenant]):
    """Whatever a stream or command is called, what is asked of one store changes and shows that store alone."""
    north, south = tenants
    before = digest_store(south.url)
    with closing(store_at(north.url)) as store, closing(store_at(south.url)) as other:
        for number, stream in enumerate(HOSTILE):
            version = store.load(stream, COUNT)[1]
            receipt = ask(store, f"{stream} {number}", stream=stream)
            assert (receipt.stream, receipt.first) == (stream, version + 1)
            assert other.receipt(f"{stream} {number}") is None
        streams = set(store.streams("")) - set(other.streams(""))
    assert digest_store(south.url) == before
    assert streams >= set(HOSTILE) - {"deal:D-1"}


def test_a_function_is_not_led_astray_by_the_search_path(tenants: tuple[Tenant, Tenant]):
    """Functions that somebody puts first on the path, with names that ours calls, are not called."""
    north, _ = tenants
    with psycopg.connect(_plain(north.url), autocommit=True) as raw:
        raw.execute("CREATE FUNCTION north.cardinality(text[]) RETURNS int LANGUAGE plpgsql AS 'BEGIN RAISE; END'")
    with closing(store_at(f"{north.url}&options=-csearch_path%3Dnorth,pg_catalog")) as store:
        assert ask(store, "led astray", stream="deal:led-astray").first == 1


def test_writers_of_two_tenants_do_not_wait_for_each_other(tenants: tuple[Tenant, Tenant]):
    """Each store has a lock of its own: one that is held for long keeps nobody else waiting."""
    north, south = tenants
    with psycopg.connect(_plain(north.url)) as raw, closing(store_at(south.url)) as store:
        raw.execute("SELECT pg_advisory_xact_lock(%s)", (lock_of("north"),))
        assert ask(store, "meanwhile", stream="deal:meanwhile").first == 1


def test_a_tenants_password_is_told_once(postgres_database: str):
    """In the URL and nowhere else: neither in what is printed of the tenant, nor in errors."""
    made = make_tenant("west", postgres_database)
    try:
        password = str(urlsplit(made.url).password)
        assert len(password) >= 32
        assert password not in repr(made)
        assert f"?schema={made.schema}" in made.url
        with pytest.raises(BadStore, match="choose another name") as caught:
            make_tenant("west", postgres_database)
        assert password not in str(caught.value)
    finally:
        dropped(postgres_database, made.role)


def test_an_administrator_who_is_no_superuser_makes_tenants(postgres_database: str):
    """The right to make roles and schemas is enough, and afterwards the administrator is no member of the tenant."""
    database = urlsplit(postgres_database).path[1:]
    parts = urlsplit(postgres_database)
    with psycopg.connect(postgres_database, autocommit=True) as raw:
        raw.execute("CREATE ROLE maker LOGIN CREATEROLE PASSWORD 'makes'")
        raw.execute(SQL("GRANT CREATE ON DATABASE {} TO maker").format(Identifier(database)))
    role = f"{database}_east"
    try:
        made = make_tenant("east", parts._replace(netloc=f"maker:makes@{parts.hostname}:{parts.port}").geturl())
        with closing(store_at(made.url)) as store:
            ask(store, "c-1")
        as_maker = parts._replace(netloc=f"maker:makes@{parts.hostname}:{parts.port}").geturl()
        with psycopg.connect(as_maker) as raw, pytest.raises(psycopg.errors.InsufficientPrivilege):
            raw.execute("SELECT * FROM east.stored_events")
    finally:
        dropped(postgres_database, role, "maker")


def test_a_role_that_may_not_make_tenants_is_told(tenants: tuple[Tenant, Tenant]):
    """A tenant makes no tenants; nothing is left half made."""
    with pytest.raises(BadStore, match="CREATEROLE"):
        make_tenant("east", tenants[0].url)


@pytest.mark.parametrize("name", ["", "North", "1st", "a-b", "a b", "pg_north", "public", "x" * 41, 'a"b', "ü", "a;b"])
def test_a_name_that_is_none_is_told(postgres_database: str, name: str):
    """What was found and what is expected; nothing is made."""
    with pytest.raises(BadValue, match=r"tenant|role"):
        make_tenant(name, postgres_database)


def test_a_tenant_on_sqlite_is_a_file(postgres_database: str):
    """There are no roles in a file: the message says what to do instead; a server that is not there is told."""
    with pytest.raises(BadStore, match=r"on SQLite a tenant is a file: `sqlite:///north\.db`"):
        make_tenant("north", "sqlite:///sales.db")
    with pytest.raises(StoreUnreachable):
        make_tenant("north", "postgresql://nobody@127.0.0.1:1/none")


def test_the_statements_can_be_run_by_somebody_else(postgres_database: str):
    """Printed instead of run, they make the same tenant; the password is set by whoever runs them."""
    script = tenant_sql("north", postgres_database)
    assert script.splitlines()[-1].startswith("\\password ")
    role = script.splitlines()[-1].split()[1]
    try:
        with psycopg.connect(postgres_database, autocommit=True) as raw:
            for statement in script.splitlines()[:-1]:
                raw.execute(statement)
            raw.execute(SQL("ALTER ROLE {} PASSWORD {}").format(Identifier(role), Literal("north")))
        parts = urlsplit(postgres_database)
        url = parts._replace(netloc=f"{role}:north@{parts.hostname}:{parts.port}", query="schema=north").geturl()
        with closing(store_at(url)) as store:
            assert ask(store, "c-1").first == 1
    finally:
        dropped(postgres_database, role)
