"""The settings under which others could do what they may not, or requests would be lost: they refuse the start.

One table for the refusals and for their page in the reference, so that neither can say what the other does not.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from pipeline_engine.errors import UnsafeService, shown
from pipeline_engine.service.settings import ServiceSettings

MOST_BODY_BYTES = 64 * 1024 * 1024
MOST_ROWS = 1000
MOST_WAIT_SECONDS = 30.0
MOST_THREADS = 1000
MOST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class UnsafeSetting:
    """
    A setting that a start refuses.

    Args:
        setting: Which one, as `ServiceSettings` or the environment calls it.
        found: What is said to be found; `{found}` stands for the value.
        why: What could happen.
        instead: What to do.
    """

    setting: str
    found: str
    why: str
    instead: str

    def refusal(self, found: object) -> UnsafeService:
        """The error, in one line."""
        said = self.found.format(found=shown(found))
        return UnsafeService(f"`{self.setting}` {said}: {self.why}; {self.instead}")


_HERE = "listen at `127.0.0.1`, `::1` or `localhost`, and reach it from elsewhere through a tunnel (`ssh -L`)"

UNSAFE_SERVICE: dict[str, UnsafeSetting] = {
    "every_address": UnsafeSetting(
        "host", "is `{found}`, which listens at every address of the machine",
        "there is no sign-in yet, so everybody on the network could act in everybody's name", _HERE,
    ),
    "other_address": UnsafeSetting(
        "host", "is `{found}`, which other machines reach",
        "there is no sign-in yet, so everybody on the network could act in everybody's name", _HERE,
    ),
    "host_name": UnsafeSetting(
        "host", "is the name `{found}`, which may stand for any address, and for another one tomorrow",
        "the service could be reachable from the network without anybody having said so", _HERE,
    ),
    "port": UnsafeSetting(
        "port", "is {found}",
        "another port than the one that was meant could be open",
        "name one from 1 to 65535, or 0 for a free one",
    ),
    "any_host": UnsafeSetting(
        "hosts", "has `{found}`",
        "any page on the internet could call the service under a name of its own (DNS rebinding)",
        "name each host",
    ),
    "other_host": UnsafeSetting(
        "hosts", "has `{found}`, by which other machines would call",
        "a proxy that others reach would let them act in everybody's name, since there is no sign-in yet",
        "name only hosts under `localhost`, like `pipeline.localhost`",
    ),
    "any_origin": UnsafeSetting(
        "origins", "has `{found}`",
        "any page that somebody opens could move their deals",
        "name each page's origin, like `http://localhost:3000`",
    ),
    "null_origin": UnsafeSetting(
        "origins", "has `{found}`",
        "every saved file and every page in a sandbox has that origin",
        "name each page's origin, like `http://localhost:3000`",
    ),
    "other_origin": UnsafeSetting(
        "origins", "has `{found}`, a page of another machine",
        "whoever changes that page, or the way to it, could move deals, since there is no sign-in yet",
        "name only origins of this machine, like `http://localhost:3000`",
    ),
    "plain_bus": UnsafeSetting(
        "bus", "is `{found}`, which goes to another machine unencrypted",
        "whoever is on the way could read every event, and send commands in anybody's name",
        "use `tls://…`, or a broker on this machine",
    ),
    "body": UnsafeSetting(
        "body_bytes", "is {found}",
        "a few requests could take all the memory, or none could be read",
        f"name one from 1 to {MOST_BODY_BYTES}",
    ),
    "page": UnsafeSetting(
        "page", "is {found}",
        "one request could read the whole store, or none could be answered",
        f"name one from 1 to {MOST_ROWS}",
    ),
    "wait": UnsafeSetting(
        "wait_seconds", "is {found}",
        "reads that wait for a position which never comes could take every thread",
        f"name one from 0 to {MOST_WAIT_SECONDS:.0f}",
    ),
    "stop": UnsafeSetting(
        "stop_seconds", "is {found}",
        "a stop would cut requests that are being answered, or never end",
        "name one from 1 to 3600",
    ),
    "threads": UnsafeSetting(
        "threads", "is {found}",
        "no request could be worked on, or so many that the store's connections run out",
        f"name one from 1 to {MOST_THREADS}",
    ),
    "forwarded": UnsafeSetting(
        "FORWARDED_ALLOW_IPS", "is `{found}` in the environment",
        "the server would believe headers about who calls",
        "unset it",
    ),
    "workers": UnsafeSetting(
        "WEB_CONCURRENCY", "is `{found}` in the environment",
        "the server would copy a process with an open store into several",
        "unset it, and start `serve` once more on another port where one process is not enough",
    ),
}  # fmt: skip


def check(settings: ServiceSettings, environment: Mapping[str, str]) -> None:
    """Raises UnsafeService at the first setting under which the service is not started."""
    for name, found in _unsafe(settings, environment):
        raise UNSAFE_SERVICE[name].refusal(found)


def _unsafe(settings: ServiceSettings, environment: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    yield from _listens(settings)
    yield from _callers(settings)
    yield from _limits(settings)
    if forwarded := environment.get("FORWARDED_ALLOW_IPS"):
        yield "forwarded", forwarded
    if (workers := environment.get("WEB_CONCURRENCY", "1")) not in ("", "1"):
        yield "workers", workers
    if not _bus_is_private(settings.bus):
        # Never the whole address: it may have a password in it.
        yield "plain_bus", f"{urlsplit(settings.bus).scheme}://…"


def is_here(name: str) -> bool:
    """Whether a name or address can only mean this machine."""
    bare = name.strip("[]").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        return True
    try:
        return ip_address(bare).is_loopback
    except ValueError:
        return False


def _listens(settings: ServiceSettings) -> Iterator[tuple[str, object]]:
    if not is_here(settings.host):
        try:
            unspecified = ip_address(settings.host.strip("[]")).is_unspecified
            yield ("every_address" if unspecified else "other_address"), settings.host
        except ValueError:
            # The empty name is every address, too.
            yield ("host_name" if settings.host else "every_address"), settings.host
    if not 0 <= settings.port <= MOST_PORT:
        yield "port", settings.port


def _callers(settings: ServiceSettings) -> Iterator[tuple[str, object]]:
    for host in settings.hosts:
        if "*" in host:
            yield "any_host", host
        elif not is_here(host):
            yield "other_host", host
    for origin in settings.origins:
        if "*" in origin or origin == "null":
            yield ("null_origin" if origin == "null" else "any_origin"), origin
        elif not is_here(urlsplit(origin).hostname or ""):
            yield "other_origin", origin


def _limits(settings: ServiceSettings) -> Iterator[tuple[str, object]]:
    allowed = {
        "body": (settings.body_bytes, 1, MOST_BODY_BYTES), "page": (settings.page, 1, MOST_ROWS),
        "wait": (settings.wait_seconds, 0, MOST_WAIT_SECONDS), "stop": (settings.stop_seconds, 1, 3600),
        "threads": (settings.threads, 1, MOST_THREADS),
    }  # fmt: skip
    for name, (found, least, most) in allowed.items():
        # Of what is no number at all no comparison holds.
        if math.isnan(found) or not least <= found <= most:
            yield name, found


def _bus_is_private(url: str) -> bool:
    parts = urlsplit(url)
    return not url or parts.scheme in ("memory", "tls") or is_here(parts.hostname or "")
