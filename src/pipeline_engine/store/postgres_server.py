"""Connections to one PostgreSQL schema: set up alike, their failures told without the password.

`postgresql://user:password@host:port/database`, with what libpq takes in the query, and with `schema=name`
for a schema of its own (made where it is missing). Without it the first schema of the search path is used.
A server that runs with `fsync = off` is refused, unless `fsync=off` in the query says that it is acceptable to lose the
log in a power cut; the same goes for `full_page_writes`. `lock_timeout=30` and `answer_timeout=40` in the query say how
many seconds a writer waits for the others, and anybody for a server that sends nothing.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, local
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg
from eventsourcing.persistence import PersistenceError
from eventsourcing.postgres import ConnectionPool, PostgresDatastore
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg_pool import PoolTimeout

from pipeline_engine.errors import BadStore, PipelineError, StoreUnreachable
from pipeline_engine.store.care.unsafe import refuse
from pipeline_engine.store.postgres_line import Line, NoAnswer, configured

LOCK_TIMEOUT_SECONDS = 30
ANSWER_SECONDS_MORE = 10
CONNECTIONS = 20
WAIT_SECONDS = 5.0
_OFF = {"", "0", "f", "false", "n", "no", "off"}
_ACCEPTED = ("fsync", "full_page_writes")
_OURS = ("schema", "lock_timeout", "answer_timeout", *_ACCEPTED)
_DEFAULTS = {
    "connect_timeout": 5, "application_name": "pipeline_engine",
    "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000,
}  # fmt: skip


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
            rest = urlencode([pair for pair in query if pair[0] not in _OURS], quote_via=quote)
            known = conninfo_to_dict(urlunsplit(parts._replace(query=rest)))
        except (psycopg.Error, ValueError):
            form = "postgresql://user:password@host:port/database"
            raise BadStore(f"the store's URL cannot be read; write `{form}`") from None
        ours = dict(query)
        self.schema = ours.get("schema")
        self.accepted = frozenset(name for name, value in query if name in _ACCEPTED and value == "off")
        self.lock_seconds = _seconds(ours, "lock_timeout", LOCK_TIMEOUT_SECONDS)
        self.answer_seconds = _seconds(ours, "answer_timeout", self.lock_seconds + ANSWER_SECONDS_MORE)
        place = f"{known.get('host', '')}:{known.get('port', 5432)}"
        self.database = str(known.get("dbname") or known.get("user") or "")
        self.shown = f"postgresql://{place}/{known.get('dbname', '')}"
        settings: dict[str, Any] = {**_DEFAULTS, **known}
        self.conninfo = make_conninfo("", **settings)
        self._secret = str(known.get("password") or "")
        self.configure = configured(self.lock_seconds, self.answer_seconds)
        # Why the pool could not connect: who waits in vain for a connection is told that and not the waiting.
        self.last_failure: Exception | None = None

    def connected(self) -> Connection[Any]:
        """A connection outside the pool, with the settings of the others; raises psycopg's errors."""
        connection = Line.connect(self.conninfo)
        try:
            self.configure(connection)
        except psycopg.Error:
            connection.close()
            raise
        return connection

    def unreachable(self, error: Exception) -> PipelineError:
        """What an error of the server or the network means; one line."""
        cause = error.__cause__ if isinstance(error.__cause__, psycopg.Error) else error
        if isinstance(cause, PoolTimeout):
            cause = self.last_failure or StoreUnreachable(f"all {CONNECTIONS} connections are in use")
        if isinstance(cause, psycopg.errors.LockNotAvailable):
            return StoreUnreachable(f"`{self.shown}` was locked for {self.lock_seconds} s; try again")
        if isinstance(cause, psycopg.errors.ReadOnlySqlTransaction):
            return StoreUnreachable(f"`{self.shown}` takes no writes now: it is a standby or was set read-only")
        words = " ".join(str(cause).split())
        if self._secret:
            words = words.replace(self._secret, "***")
        if isinstance(cause, psycopg.errors.InsufficientPrivilege):
            return BadStore(f"`{self.shown}` does not let its user read and write the tables: {words[:200]}")
        return StoreUnreachable(f"`{self.shown}`: {words[:200]}")


def _seconds(query: dict[str, str], name: str, default: int) -> int:
    given = query.get(name, str(default))
    if not (given.isascii() and given.isdigit() and 0 < int(given) <= 3600):
        raise BadStore(f"`{name}` of a store is a number of seconds from 1 to 3600, not `{given[:20]}`")
    return int(given)


def refuse_database_functions(place: str) -> None:
    """Raises BadStore where the environment asks for the library's insert function."""
    if os.environ.get("POSTGRES_ENABLE_DB_FUNCTIONS", "").strip().lower() not in _OFF:
        raise refuse("library_functions", place)


class Pool(ConnectionPool[Connection[DictRow]]):
    """Connections to one address; it never stops trying to have one, so that a server that is back is noticed soon."""

    def __init__(self, address: Address, *, tried: bool = False) -> None:
        self._address = address
        check = self.check_connection if tried else None
        super().__init__(
            address.conninfo, connection_class=Line, kwargs={"row_factory": dict_row}, min_size=1,
            max_size=CONNECTIONS, timeout=WAIT_SECONDS, reconnect_timeout=WAIT_SECONDS, open=False,
            configure=address.configure, check=check,
        )  # fmt: skip

    def reconnect_failed(self) -> None:
        """Begin anew: by itself it would with the next call, while those who wait already wait in vain."""
        self.check()

    def _connect(self, timeout: float | None = None) -> Connection[DictRow]:
        try:
            line = super()._connect(timeout)
        except psycopg.Error as error:
            self._address.last_failure = error
            raise
        self._address.last_failure = None
        return line


class Server(PostgresDatastore):
    """A pool of connections, all with the same settings; `tried` ones answered a question before they are used."""

    def __init__(self, address: Address, schema: str, *, tried: bool = False) -> None:
        super().__init__(
            "", "", "", "", "", lock_timeout=LOCK_TIMEOUT_SECONDS, schema=schema, originator_id_type="text"
        )
        self.address, self._tried, self._closed = address, tried, False
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._process, self._mine, self._leaving = os.getpid(), local(), Lock()
        self.pool = Pool(self.address, tried=self._tried)

    def register_type_adapters(self) -> None:
        """Nothing: rows travel as arrays of plain types."""

    @contextmanager
    def get_connection(self) -> Iterator[Line]:
        """A connection in autocommit; errors of psycopg come out as the library's."""
        if self._closed:
            raise StoreUnreachable(f"the store `{self.address.shown}` is closed")
        if self._process != os.getpid():
            # A forked child must neither use nor close the sockets it inherited.
            _inherited.append(self.pool)
            self._begin_anew()
        held: Line | None = getattr(self._mine, "connection", None)
        if held:
            yield held
            return
        pool = self.pool
        try:
            with super().get_connection() as connection:
                assert isinstance(connection, Line)
                connection.patience = self.address.answer_seconds
                yield connection
        except PersistenceError as error:
            if isinstance(error.__cause__, NoAnswer):
                self._leave(pool)
            raise

    def _leave(self, pool: Any) -> None:
        # Where one line is dead the idle ones beside it are too, and each would be waited for.
        with self._leaving:
            left = self.pool is pool
            if left:
                self.pool = Pool(self.address, tried=self._tried)
        if left:
            pool.close(timeout=0)

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


def broke(error: PersistenceError) -> bool:
    """Whether the connection broke, so that what was asked may have happened or not."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(("08", "57P"))
