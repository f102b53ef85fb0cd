"""Connections to one PostgreSQL schema: set up alike, their failures told without the password.

`postgresql://user:password@host:port/database`, with what libpq takes in the query, and with `schema=name`
for a schema of its own (made where it is missing). Without it the first schema of the search path is used.
A server that runs with `fsync = off` is refused, unless `fsync=off` in the query says that it is acceptable to lose the
log in a power cut; the same goes for `full_page_writes`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg
from eventsourcing.persistence import PersistenceError
from eventsourcing.postgres import ConnectionPool, PostgresDatastore
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row

from pipeline_engine.errors import BadStore, StoreUnreachable
from pipeline_engine.store.care.unsafe import refuse

LOCK_TIMEOUT_SECONDS = 30
CONNECTIONS = 20
WAIT_SECONDS = 5.0
_OFF = {"", "0", "f", "false", "n", "no", "off"}
_ACCEPTED = ("fsync", "full_page_writes")
_OF_OURS = ("schema", *_ACCEPTED)
_DEFAULTS = {
    "connect_timeout": 5, "application_name": "pipeline_engine",
    "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000,
}  # fmt: skip
# Under a stricter isolation the checks would look at what was there before the lock was waited for.
_SETTINGS = f"""SET default_transaction_isolation = 'read committed';
    SET lock_timeout = '{LOCK_TIMEOUT_SECONDS}s';
    SET idle_in_transaction_session_timeout = '{LOCK_TIMEOUT_SECONDS}s'; SET client_min_messages = warning;
    SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') = 'off'"""


class Address:
    """Where a store is, for libpq (`conninfo`) and for people (`shown`: never a password)."""

    def __init__(self, url: str) -> None:
        if url.partition("?")[0].count("@") > 1:
            # Said without libpq, whose message would quote a piece of the password as the host.
            raise BadStore("the store's URL has more than one `@`; write one in the password as `%40`")
        try:
            parts = urlsplit(url)
            query = parse_qsl(parts.query, keep_blank_values=True)
            # Blanks as libpq wants them.
            rest = urlencode([pair for pair in query if pair[0] not in _OF_OURS], quote_via=quote)
            known = conninfo_to_dict(urlunsplit(parts._replace(query=rest)))
        except (psycopg.Error, ValueError):
            form = "postgresql://user:password@host:port/database"
            raise BadStore(f"the store's URL cannot be read; write `{form}`") from None
        self.schema = dict(query).get("schema")
        self.accepted = frozenset(name for name, value in query if name in _ACCEPTED and value == "off")
        place = f"{known.get('host', '')}:{known.get('port', 5432)}"
        self.database = str(known.get("dbname") or known.get("user") or "")
        self.shown = f"postgresql://{place}/{known.get('dbname', '')}"
        settings: dict[str, Any] = {**_DEFAULTS, **known}
        self.conninfo = make_conninfo("", **settings)
        self._secret = str(known.get("password") or "")

    def unreachable(self, error: Exception) -> StoreUnreachable:
        """What an error of the server or the network means; one line."""
        cause = error.__cause__ if isinstance(error.__cause__, psycopg.Error) else error
        if isinstance(cause, psycopg.errors.LockNotAvailable):
            return StoreUnreachable(f"`{self.shown}` was locked for {LOCK_TIMEOUT_SECONDS} s; try again")
        words = " ".join(str(cause).split())
        if self._secret:
            words = words.replace(self._secret, "***")
        return StoreUnreachable(f"`{self.shown}`: {words[:200]}")


def refuse_database_functions(place: str) -> None:
    """Raises BadStore where the environment asks for the library's insert function."""
    if os.environ.get("POSTGRES_ENABLE_DB_FUNCTIONS", "").strip().lower() not in _OFF:
        raise refuse("library_functions", place)


class Server(PostgresDatastore):
    """A pool of connections, all with the same settings."""

    def __init__(self, address: Address, schema: str) -> None:
        super().__init__(
            "", "", "", "", "", lock_timeout=LOCK_TIMEOUT_SECONDS, schema=schema, originator_id_type="text"
        )
        self.address, self._closed = address, False
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._process, self._mine = os.getpid(), local()
        self.pool = ConnectionPool(
            self.address.conninfo, connection_class=Connection[DictRow], kwargs={"row_factory": dict_row},
            min_size=1, max_size=CONNECTIONS, timeout=WAIT_SECONDS, open=False, configure=configure,
        )  # fmt: skip

    def register_type_adapters(self) -> None:
        """Nothing: rows travel as arrays of plain types."""

    @contextmanager
    def get_connection(self) -> Iterator[Connection[DictRow]]:
        """A connection in autocommit; errors of psycopg come out as the library's."""
        if self._closed:
            raise StoreUnreachable(f"the store `{self.address.shown}` is closed")
        if self._process != os.getpid():
            # A forked child must neither use nor close the sockets it inherited.
            _inherited.append(self.pool)
            self._begin_anew()
        held: Connection[DictRow] | None = getattr(self._mine, "connection", None)
        if held:
            yield held
            return
        with super().get_connection() as connection:
            yield connection

    @contextmanager
    def exclusive(self, lock: int) -> Iterator[None]:
        """One transaction under a lock that takes in whatever this thread does meanwhile."""
        with self.get_connection() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (lock,))
            self._mine.connection = connection
            try:
                yield
            finally:
                self._mine.connection = None

    def close(self) -> None:
        """Close every connection of this process."""
        self._closed = True
        if getattr(self, "_process", None) == os.getpid():
            super().close()


_inherited: list[Any] = []


def configure(connection: Connection[Any]) -> None:
    """Make the settings every connection of a store has."""
    connection.autocommit = True
    connection.execute(_SETTINGS)


def broke(error: PersistenceError) -> bool:
    """Whether the connection broke, so that what was asked may have happened or not."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(("08", "57P"))
