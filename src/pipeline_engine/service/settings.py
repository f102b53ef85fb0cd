"""How the service is set up: where it listens, who may call it, and its limits; frozen, and checked before a start."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from pipeline_engine.errors import BadValue
from pipeline_engine.service.bodies import MOST_BYTES

DEFAULT_PORT = 8642
PREFIX = "PIPELINE_ENGINE_SERVE_"


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """
    Every setting of `serve`; each may come from the environment as PIPELINE_ENGINE_SERVE_ and its name in capitals.

    Args:
        host: The address to listen at.
        port: 0 takes a free one.
        hosts: Names beside those of this machine that a request may call it by (the `Host` header).
        origins: Pages of other addresses that may send requests (the `Origin` header), like `http://localhost:3000`.
        bus: Where events go and commands come from: `memory://`, a broker's address, or empty for no bus.
        bus_prefix: One word before every subject of the bus, for tenants that share a broker.
        timers: Whether this process may run what is due.
        jobs: Whether this process may run jobs.
        body_bytes: The largest body that is read.
        page: The most rows of one page.
        wait_seconds: How long a read waits for the log to come to its `min_position`.
        stop_seconds: How long a stop waits for requests that are being answered.
        threads: How many requests are worked on at once.
        listeners: How many may listen to live events at once.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    bus: str = "memory://"
    bus_prefix: str = ""
    timers: bool = True
    jobs: bool = True
    body_bytes: int = MOST_BYTES
    page: int = 100
    wait_seconds: float = 2.0
    stop_seconds: float = 30.0
    threads: int = 40
    listeners: int = 500

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "ServiceSettings":
        """What the environment says; what is empty counts as not set. Raises BadValue."""
        named = {f.name: (PREFIX + f.name.upper(), getattr(cls(), f.name)) for f in fields(cls)}
        said: dict[str, Any] = {name: _read(variable, environment[variable], default)
                for name, (variable, default) in named.items() if environment.get(variable)}  # fmt: skip
        return replace(cls(), **said)


def _read(variable: str, text: str, default: object) -> object:
    """The text as a value of the default's type."""
    match default:
        case bool():
            return _yes(variable, text)
        case int() | float():
            return _number(variable, text, type(default))
        case tuple():
            return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _yes(variable: str, text: str) -> bool:
    if text.lower() not in ("yes", "no", "true", "false", "1", "0"):
        raise BadValue(variable, text, "yes or no")
    return text.lower() in ("yes", "true", "1")


def _number(variable: str, text: str, kind: type[int] | type[float]) -> float:
    try:
        return kind(text)
    except ValueError:
        raise BadValue(variable, text, "a number" if kind is float else "a whole number") from None
