"""Which bus an address means; the library behind it is imported only where it is chosen."""

from importlib import import_module
from typing import cast
from urllib.parse import urlsplit

from pipeline_engine.errors import BadValue
from pipeline_engine.service.bus.port import Bus

KNOWN = "`memory://` (within one process) or `nats://HOST:4222` (NATS JetStream)"
_EXTRA = 'its library is there: pip install "pipeline-engine[service]"'


def connect(url: str) -> Bus:
    """
    The bus at an address, not yet started.

    Raises:
        BadValue: No bus has such an address, or the library for it is not installed.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "memory":
        from_memory = import_module("pipeline_engine.service.bus.memory")
        return cast("Bus", from_memory.connect(rest))
    if scheme not in ("nats", "tls"):
        raise BadValue("bus", scheme or url, KNOWN)
    try:
        adapter = import_module("pipeline_engine.service.bus.nats")
    except ImportError as missing:
        raise BadValue("bus", f"{scheme}://", f"{KNOWN}; for this one {_EXTRA}") from missing
    return cast("Bus", adapter.NatsBus(url))


def servers_of(url: str) -> list[str]:
    """The servers of an address, which may name several of one cluster with commas between."""
    scheme = url.partition("://")[0]
    return [each if "://" in each else f"{scheme}://{each}" for each in url.split(",")]


def shown_address(url: str) -> str:
    """An address as it may be shown and kept: without a name and a password."""
    places = [urlsplit(each) for each in servers_of(url)]
    return ",".join(
        each._replace(netloc=each.netloc.rpartition("@")[2], query="", fragment="").geturl() for each in places
    )
