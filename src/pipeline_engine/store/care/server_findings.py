"""What the doctor asks of a store in a PostgreSQL schema, and of its server."""

from collections.abc import Callable
from typing import Any

from pipeline_engine.store.findings import checked, log_findings
from pipeline_engine.store.log import Header
from pipeline_engine.store.model import Finding

Ask = Callable[..., list[Any]]
GIGABYTE = 1 << 30
OLDEST_AGE = 1_000_000_000
LONG_MINUTES = 60

_SETTINGS = {
    "fsync": "switch it on in postgresql.conf: a power cut loses events",
    "full_page_writes": "switch it on in postgresql.conf: a power cut can tear pages",
    "synchronous_commit": "switch it on in postgresql.conf: a power cut loses events",
    "autovacuum": "switch it on in postgresql.conf: without it the server stops writing one day",
}
_RIGHTS = """WITH own AS (SELECT c.oid, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = %s AND c.relname IN ('stored_events', 'command_log')),
    needed (what, given) AS (
        SELECT privilege || ' on `' || relname || '`', has_table_privilege(oid, privilege)
            FROM own, unnest(ARRAY['SELECT', 'INSERT']) AS privilege
        UNION ALL SELECT 'EXECUTE on `append_events`', has_function_privilege(p.oid, 'EXECUTE')
            FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
            WHERE n.nspname = %s AND p.proname = 'append_events')
    SELECT what FROM needed WHERE NOT given ORDER BY 1"""
_OTHERS = """SELECT DISTINCT n.nspname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relname = 'stored_events' AND c.relkind = 'r' AND n.nspname <> %s
        AND n.nspowner <> (SELECT own.nspowner FROM pg_namespace AS own WHERE own.nspname = %s)
        AND has_schema_privilege(n.oid, 'USAGE')
        AND has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE') ORDER BY 1 LIMIT 4"""
_PINNED = """SELECT coalesce(bool_and(EXISTS (
        SELECT 1 FROM unnest(p.proconfig) AS c WHERE c LIKE 'search_path=%%')), false)
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname = %s AND p.proname = 'append_events'"""
_AGE = "SELECT max(age(datfrozenxid))::bigint FROM pg_database WHERE datname = current_database()"
_SLOTS = """SELECT slot_name::text, pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery()
    THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END, restart_lsn)::bigint FROM pg_replication_slots
    WHERE NOT active AND restart_lsn IS NOT NULL ORDER BY 2 DESC LIMIT 1"""
_LONG = """SELECT count(*), coalesce(max(extract(epoch FROM now() - xact_start)) / 60, 0)::bigint
    FROM pg_stat_activity WHERE datname = current_database() AND xact_start < now() - %s * interval '1 minute'"""
_APART = "SELECT count(*), count(DISTINCT (originator_id, originator_version)) FROM {schema}.stored_events"
_INVALID = """SELECT i.indexrelid::regclass::text FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE NOT i.indisvalid AND n.nspname = %s AND c.relname IN ('stored_events', 'command_log')"""
_SERVER = "SELECT current_setting('server_version'), current_setting('data_checksums'), pg_is_in_recovery()"


def server_findings(ask: Ask, schema: str, header: Header, *, deep: bool) -> list[Finding]:
    """Settings, rights, tenants, what may stop the server one day, and what every log is asked."""
    settings = {name: ask(f"SHOW {name}")[0][0] for name in _SETTINGS}
    asked = log_findings(
        ask, header, events="{schema}.stored_events", commands="{schema}.command_log", position="notification_id"
    )
    return [
        *(checked(name, value != "off", value, _SETTINGS[name]) for name, value in settings.items()),
        *asked,
        _server(ask),
        _rights(ask, schema),
        _function(ask, schema),
        _tenants(ask, schema),
        *_wear(ask),
        *([_indexes(ask, schema)] if deep else []),
    ]


def _server(ask: Ask) -> Finding:
    version, checksums, standby = ask(_SERVER)[0]
    found = f"PostgreSQL {version.split()[0]}, checksums of pages {checksums}{', a standby' if standby else ''}"
    return checked("server", not standby, found, "name the primary server: what a standby shows may be old")


def _rights(ask: Ask, schema: str) -> Finding:
    role = ask("SELECT current_user::text")[0][0]
    missing = [what for (what,) in ask(_RIGHTS, schema, schema)]
    found = f"`{role}` lacks {', '.join(missing)}" if missing else f"`{role}` has what it needs"
    return checked("rights", not missing, found, f"grant it on schema `{schema}`, or use the role that owns it")


def _function(ask: Ask, schema: str) -> Finding:
    pinned = ask(_PINNED, schema)[0][0]
    advice = f'as its owner: `ALTER FUNCTION "{schema}".append_events SET search_path = pg_catalog, pg_temp`'
    return checked(
        "function", pinned, "search path pinned" if pinned else "its search path is that of its caller", advice
    )


def _tenants(ask: Ask, schema: str) -> Finding:
    others = [name for (name,) in ask(_OTHERS, schema, schema)]
    found = f"this role may also use the store in {', '.join(f'`{name}`' for name in others)}"
    advice = "use a role that may use one schema: `tenant create` makes one"
    return checked("tenants", not others, found if others else "this role reaches no store of another owner", advice)


def _wear(ask: Ask) -> list[Finding]:
    age = ask(_AGE)[0][0]
    waiting, minutes = ask(_LONG, LONG_MINUTES)[0]
    slot, kept = next(iter(ask(_SLOTS)), (None, 0))
    unused = f"slot `{slot}` is not used and keeps {kept >> 20:,} MB" if slot else "no slot is left unused"
    open_for = f"one is open for {minutes} minutes" if waiting else "none is open for long"
    frozen = f"{age:,} transactions since the last freeze"
    return [
        checked("age", age < OLDEST_AGE, frozen, "run `VACUUM FREEZE` soon: else the server stops writing one day"),
        checked("transactions", not waiting, open_for, "end it: VACUUM cannot clear anything away meanwhile"),
        checked("replication", kept < GIGABYTE, unused, "drop the slot or start its standby: else the disk fills"),
    ]


def _indexes(ask: Ask, schema: str) -> Finding:
    rows, apart = ask(_APART)[0]
    invalid = [name for (name,) in ask(_INVALID, schema)]
    wrong = ([f"{rows - apart} rows are there twice"] if rows != apart else []) + [
        f"`{each}` not valid" for each in invalid
    ]
    found = "; ".join(wrong) or "no row twice, every index valid"
    return checked("integrity", not wrong, found, "restore a back-up; a damaged index alone is mended by `REINDEX`")
