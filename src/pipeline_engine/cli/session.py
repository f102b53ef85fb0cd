"""What every command shares: its options, the engine it opens, the moments it is given."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline_engine.errors import BadValue
from pipeline_engine.settings import Settings

if TYPE_CHECKING:
    from pipeline_engine.engine import Engine

MOMENT_FORM = "a moment with its zone, like 2026-01-31T09:00:00Z"

DAY_FORM = f"a day like 2026-01-31, or {MOMENT_FORM}"

VIEW_FORM = f"a day like 2026-01-31, `now`, or {MOMENT_FORM}"

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else there.")]
By = Annotated[str | None, typer.Option("--by", help="Who asks; else PIPELINE_ENGINE_ACTOR.", metavar="WHO")]
At = Annotated[str | None, typer.Option("--at", help=f"When it happened: {MOMENT_FORM}; else now.", metavar="MOMENT")]
CommandId = Annotated[
    str | None, typer.Option("--command-id", help="Asked again with the same id, it is recorded once.", metavar="ID")
]
Process = Annotated[str | None, typer.Option("--process", help="Of this process; else the one with most deals.")]
Owner = Annotated[str | None, typer.Option("--owner", help="Only deals of this owner.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="As it stood then: a moment, a day, or `now`; else at the last event of the log."),
]
KnownAt = Annotated[str | None, typer.Option("--known-at", help="Only what was recorded by then.")]

_SETTINGS = Settings()


def configure(store: str | None) -> None:
    """Read the environment once, before the first command; `store` comes from the command line."""
    global _SETTINGS  # noqa: PLW0603 - one command line is one process, and this is its one setting
    read = Settings.from_environment(os.environ)
    _SETTINGS = Settings(store=store or read.store, actor=read.actor)


def settings() -> Settings:
    """The settings of this command line."""
    return _SETTINGS


@contextmanager
def opened(*, making: bool = False) -> Iterator["Engine"]:
    """The engine on the store that was named; closed at the end. Only a command that can begin a store is `making` one.

    Any other in the wrong folder would leave an empty store there, and answer for that.
    """
    from pipeline_engine.engine import Engine

    with Engine.open(_SETTINGS.store, via="cli", make=making) as engine:
        yield engine


def asked(by: str | None, at: str | None = None, command_id: str | None = None) -> dict[str, Any]:
    """Who asks, when it happened, under which id, as the engine's verbs take them."""
    who = by or _SETTINGS.actor
    if not who:
        raise BadValue("--by", "", "who asks: `--by rep-03`, or PIPELINE_ENGINE_ACTOR in the environment")
    return {"by": who, "at": moment(at, "--at"), "command_id": command_id}


def moment(text: str | None, option: str) -> datetime | None:
    """The moment an option names, None where it names none."""
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
        if read.tzinfo is None:
            raise BadValue(option, text, f"{MOMENT_FORM}; its zone is missing")
        return read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadValue(option, text, MOMENT_FORM) from None


def view_moment(text: str | None, option: str, *, begins: bool = False) -> datetime | None:
    """The moment a view is asked for: a moment, `now`, or a day in UTC, which means its end, or where it `begins`."""
    if text is None:
        return None
    return datetime.now(UTC) if text == "now" else _day_or_moment(text, option, begins, VIEW_FORM)


def day_or_moment(text: str | None, option: str, *, begins: bool) -> datetime | None:
    """The moment an option names, or the day in UTC: where that `begins`, as in a people file, or its end."""
    return None if text is None else _day_or_moment(text, option, begins, DAY_FORM)


def _day_or_moment(text: str, option: str, begins: bool, form: str) -> datetime | None:
    if len(text) != len("2026-01-31"):
        try:
            return moment(text, option)
        except BadValue:
            raise BadValue(option, text, form) from None
    try:
        return datetime.fromisoformat(f"{text}T{'00:00:00' if begins else '23:59:59.999999'}+00:00")
    except ValueError:
        raise BadValue(option, text, form) from None
