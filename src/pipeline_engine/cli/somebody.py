"""People as they are typed: a slip is told before a deal is given to nobody, or a list comes out empty."""

from difflib import get_close_matches
from typing import TYPE_CHECKING

from pipeline_engine.cli.output import note
from pipeline_engine.errors import quoted

if TYPE_CHECKING:
    from pipeline_engine.engine import Engine

ALIKE = 0.8


def known(engine: "Engine", *people: str | None) -> None:
    """Raises UnknownPerson for somebody whom neither the people register nor any deal's history knows."""
    for who in people:
        if who:
            engine.somebody(who)


def note_stranger(engine: "Engine", who: str) -> None:
    """Who acts need not be registered; where the name is nearly that of somebody who is, that is said."""
    registered = engine.registered()
    if who in registered:
        return
    near = get_close_matches(who, registered, n=3, cutoff=ALIKE)
    if near:
        note(f"note: nobody is registered as `{who}`; did you mean {quoted(near)}? It is recorded as typed")
