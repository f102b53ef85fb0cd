"""Settings of a PostgreSQL server, and changes to our tables in it, with which a store is not opened."""

from typing import Any

from psycopg import Connection
from psycopg.rows import tuple_row

from pipeline_engine.store.care.unsafe import refuse
from pipeline_engine.store.postgres_server import Address

OLDEST_SERVER = 130_000
_SETTINGS = """SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'data_sync_retry',
        'zero_damaged_pages', 'ignore_checksum_failure', 'server_encoding')
    UNION ALL SELECT 'standby', CASE WHEN pg_is_in_recovery() THEN 'on' ELSE 'off' END"""
_TABLES = """SELECT c.relname, c.relpersistence = 'p', coalesce(
        (SELECT 'the trigger `' || t.tgname || '`' FROM pg_trigger AS t
            WHERE t.tgrelid = c.oid AND NOT t.tgisinternal LIMIT 1),
        (SELECT 'the rule `' || r.rulename || '`' FROM pg_rewrite AS r WHERE r.ev_class = c.oid LIMIT 1),
        CASE WHEN c.relrowsecurity THEN 'row-level security' END),
        (SELECT count(*) FROM pg_index AS i
            WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL)
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relkind = 'r' AND c.relname IN ('stored_events', 'command_log')"""
_FUNCTION = """SELECT p.prosrc FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname = %s AND p.proname = 'append_events'"""
# The refusal, the setting it is about, and the value with which it is made.
_UNSAFE = (
    ("standby", "standby", "on"),
    ("fsync", "fsync", "off"),
    ("full_page_writes", "full_page_writes", "off"),
    ("data_sync_retry", "data_sync_retry", "on"),
    ("damaged_pages", "zero_damaged_pages", "on"),
    ("damaged_pages", "ignore_checksum_failure", "on"),
)
_UNIQUE = {"stored_events": 2, "command_log": 1}


def refuse_server(address: Address, connection: Connection[Any]) -> None:
    """Raises BadStore for a server that is too old, a standby, not UTF-8, or may lose what it accepted."""
    place = address.shown
    if connection.info.server_version < OLDEST_SERVER:
        raise refuse("version", place, str(connection.info.server_version // 10_000))
    with connection.cursor(row_factory=tuple_row) as cursor:
        settings: dict[str, str] = dict(cursor.execute(_SETTINGS).fetchall())
    if settings["server_encoding"] != "UTF8":
        raise refuse("encoding", place, settings["server_encoding"])
    for setting, name, unsafe in _UNSAFE:
        if settings.get(name) == unsafe and name not in address.accepted:
            raise refuse(setting, place, name)


def refuse_tables(address: Address, connection: Connection[Any], schema: str, lock: int) -> None:
    """Raises BadStore where somebody changed our tables so that events could be lost, hidden or numbered twice."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        tables = cursor.execute(_TABLES, (schema,)).fetchall()
        functions = cursor.execute(_FUNCTION, (schema,)).fetchall()
    for name, logged, rewritten, unique in tables:
        if not logged:
            raise refuse("unlogged", address.shown, name)
        if rewritten:
            raise refuse("rewritten", address.shown, rewritten)
        if unique < _UNIQUE[name]:
            raise refuse("constraints", address.shown, name)
    if functions and str(lock) not in functions[0][0]:
        raise refuse("function", address.shown, schema)
