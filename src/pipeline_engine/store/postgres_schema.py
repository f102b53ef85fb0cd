"""The tables of a store in a PostgreSQL schema, made once, and the function that appends in one round trip.

The function takes the writers' lock itself: an advisory lock, since a table lock waits for VACUUM.
Positions are drawn under it, so that they grow in the order of commits and nobody who reads on misses one.
"""

from hashlib import sha256
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier, Literal

from pipeline_engine.errors import BadStore
from pipeline_engine.store.care.server_settings import refuse_server, refuse_tables
from pipeline_engine.store.care.unsafe import refuse
from pipeline_engine.store.log import Header, missing, read_header
from pipeline_engine.store.postgres_line import IsStandby
from pipeline_engine.store.postgres_server import Address

_TABLES = """
CREATE TABLE {schema}.stored_events (
    originator_id text COLLATE "C" NOT NULL,
    originator_version bigint NOT NULL,
    topic text NOT NULL,
    state bytea NOT NULL,
    notification_id bigserial,
    recorded_at bigint NOT NULL,
    PRIMARY KEY (originator_id, originator_version))
    WITH (autovacuum_vacuum_threshold = 100000000, autovacuum_vacuum_scale_factor = 0.5,
        autovacuum_analyze_threshold = 1000, autovacuum_analyze_scale_factor = 0.01);
CREATE UNIQUE INDEX stored_events_notification_id_idx ON {schema}.stored_events (notification_id);
CREATE TABLE {schema}.command_log (
    command_id text COLLATE "C" PRIMARY KEY,
    digest text NOT NULL,
    stream text NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    position bigint NOT NULL);
CREATE TABLE {schema}.store_header (key text PRIMARY KEY, value text NOT NULL);
CREATE FUNCTION {schema}.append_events(
    streams text[], versions bigint[], names text[], payloads bytea[],
    read_streams text[], read_versions bigint[], command text[], clock bigint)
RETURNS TABLE (conflict text, positions bigint[], head bigint) LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    newest bigint;
BEGIN
    PERFORM pg_advisory_xact_lock({lock});
    positions := ARRAY[]::bigint[];
    SELECT r.stream INTO conflict FROM unnest(read_streams, read_versions) AS r (stream, version)
        WHERE r.version <> coalesce((SELECT max(e.originator_version) FROM {schema}.stored_events AS e
            WHERE e.originator_id = r.stream COLLATE "C"), 0) LIMIT 1;
    IF conflict IS NULL AND command IS NOT NULL THEN
        SELECT c.command_id INTO conflict FROM {schema}.command_log AS c
            WHERE c.command_id = command[1] COLLATE "C";
    END IF;
    IF conflict IS NOT NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT e.notification_id, e.recorded_at INTO head, newest
        FROM {schema}.stored_events AS e ORDER BY e.notification_id DESC LIMIT 1;
    IF cardinality(streams) > 0 THEN
        WITH inserted AS (
            INSERT INTO {schema}.stored_events (originator_id, originator_version, topic, state, recorded_at)
            SELECT d.stream, d.version, d.name, d.payload, greatest(clock, newest)
            FROM unnest(streams, versions, names, payloads) WITH ORDINALITY
                AS d (stream, version, name, payload, nth)
            ORDER BY d.nth RETURNING notification_id)
        SELECT array_agg(i.notification_id ORDER BY i.notification_id), max(i.notification_id)
            INTO positions, head FROM inserted AS i;
        NOTIFY stored_events;
    END IF;
    head := coalesce(head, 0);
    IF command IS NOT NULL THEN
        INSERT INTO {schema}.command_log
        VALUES (command[1], command[2], command[3], command[4]::bigint, command[5]::bigint, head);
    END IF;
    RETURN NEXT;
END
$body$;
REVOKE ALL ON FUNCTION {schema}.append_events FROM PUBLIC
"""
_OURS = ("stored_events", "command_log", "store_header")
# Not the standard's view of tables, which leaves out those that the role has no right on.
_THERE = """SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relname = ANY(%s) AND c.relkind IN ('r', 'p', 'v', 'f')"""


def lock_of(schema: str) -> int:
    """The key of the advisory lock that serialises every writer of a schema."""
    return int.from_bytes(sha256(f"pipeline_engine/{schema}".encode()).digest()[:8], signed=True)


def opened(address: Address, new: Header, *, make: bool = True) -> tuple[str, Header]:
    """
    The schema of a store and its header; makes both where there is none, in one step under the writers' lock.

    Args:
        make: Whether to make them; else a store that is not there is an error.

    Raises:
        BadStore: A standby, not UTF-8, fsync off, tables of another program, a newer format, no right to make tables.
        StoreUnreachable: The server cannot be reached, or there is no store and none is to be made.
    """
    try:
        with address.connected() as connection:
            refuse_server(address, connection)
            with connection.transaction():
                return _opened(address, connection, new if make else None)
    except IsStandby as error:
        raise refuse("standby", address.shown) from error
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction) as error:
        needed = "grant it that, or name a role that may"
        said = f"does not let its user make the tables or use them: {error.diag.message_primary}"
        raise BadStore(f"`{address.shown}` {said}; {needed}") from error
    except psycopg.Error as error:
        raise address.unreachable(error) from error


def _opened(address: Address, connection: Connection[Any], new: Header | None) -> tuple[str, Header]:
    schema = address.schema or _one(connection, "SELECT current_schema()")
    if schema is None:
        raise BadStore(f"the search path of `{address.shown}` names no schema there is; add `?schema=name`")
    # Of several processes that start at once the first makes the tables, and the others find them.
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (lock_of(schema),))
    tables = {name for (name,) in connection.execute(_THERE, (schema, list(_OURS)))}
    if not tables and new is None:
        raise missing(f"in schema `{schema}` of `{address.shown}`")
    if not tables and new is not None:
        _make(connection, schema, new)
        return schema, new
    if tables != set(_OURS):
        place = f"schema `{schema}` of `{address.shown}`"
        raise BadStore(f"{place} has tables of another program; add `?schema=name`")
    query = SQL("SELECT key, value FROM {}.store_header").format(Identifier(schema))
    header = read_header(address.shown, dict(connection.execute(query).fetchall()))
    refuse_tables(address, connection, schema, lock_of(schema))
    return schema, header


def _make(connection: Connection[Any], schema: str, new: Header) -> None:
    # Asked for first: to make a schema where there is none takes a right that a tenant's role has not.
    if not connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone():
        connection.execute(SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(schema)))
    connection.execute(tables(schema))
    header = SQL("INSERT INTO {}.store_header VALUES (%s, %s)").format(Identifier(schema))
    with connection.cursor() as cursor:
        cursor.executemany(header, [(key, str(value)) for key, value in new._asdict().items()])


def tables(schema: str) -> Composed:
    """The statements that make a store in a schema."""
    return SQL(_TABLES).format(schema=Identifier(schema), lock=Literal(lock_of(schema)))


def _one(connection: Connection[Any], query: Any) -> Any:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]
