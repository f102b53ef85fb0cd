"""One connection to a PostgreSQL server: on it no answer is waited for without end, and no standby is asked.

The network's own limits (keepalives, `tcp_user_timeout`) notice a machine that is gone, not a program that accepts
and never answers; so whoever waits looks at the clock as well.
"""

import logging
from collections.abc import Callable, Generator
from time import monotonic
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.rows import DictRow, tuple_row
from psycopg.sql import SQL

# Under a stricter isolation the checks would look at what was there before the lock was waited for. A server that
# looks after its clients stops what nobody waits for any more; before PostgreSQL 14 there is no such setting.
_SETTINGS = """SET default_transaction_isolation = 'read committed';
    SET lock_timeout = {seconds}; SET idle_in_transaction_session_timeout = {seconds};
    SET client_min_messages = warning;
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
    SELECT set_config('client_connection_check_interval', '2s', false)
        WHERE current_setting('client_connection_check_interval', true) IS NOT NULL;
    SELECT pg_is_in_recovery()"""

# What the pool would say on standard error is said by the error that the caller gets.
logging.getLogger("psycopg.pool").addHandler(logging.NullHandler())


class IsStandby(psycopg.OperationalError):
    """The server takes no writes, and what it shows may be old."""


class NoAnswer(psycopg.OperationalError):
    """The server took a request and sent nothing for too long."""


class Line(Connection[DictRow]):
    """A connection that is given up where the server sends nothing for `patience` seconds."""

    patience = 60.0

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        """Wait for an answer; raises NoAnswer, after which the connection is closed."""
        if kwargs.get("timeout") is not None:
            # Whoever waits for notifications names a time of its own.
            return super().wait(gen, *args, **kwargs)
        try:
            return super().wait(_no_longer_than(self.patience, gen), *args, **kwargs)
        except NoAnswer:
            self.pgconn.finish()
            raise


def _no_longer_than(seconds: float, gen: Generator[Any, int, Any]) -> Generator[Any, int, Any]:
    """The same waiting, which ends where nothing comes for that long; the driver asks at least ten times a second."""
    try:
        wanted, until = next(gen), monotonic() + seconds
        while True:
            ready = yield wanted
            if ready:
                until = monotonic() + seconds
            elif monotonic() > until:
                raise NoAnswer(f"no answer within {seconds:g} s")
            wanted = gen.send(ready)
    except StopIteration as done:
        return done.value


def configured(lock_seconds: int, answer_seconds: float) -> Callable[[Connection[Any]], None]:
    """What makes the settings every connection of a store has; raises IsStandby."""
    settings = SQL(_SETTINGS).format(seconds=f"{lock_seconds}s")

    def configure(connection: Connection[Any]) -> None:
        assert isinstance(connection, Line)
        connection.patience = answer_seconds
        connection.autocommit = True
        cursor = connection.cursor(row_factory=tuple_row).execute(settings)
        while cursor.nextset():
            pass
        (row,) = cursor.fetchall()
        if row[0]:
            connection.close()
            raise IsStandby("is a standby: what it shows may be old; name the primary server")

    return configure
