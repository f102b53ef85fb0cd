"""One part of why a rule does not pass: where, what was found, what was wanted, and all of it in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Part:
    """
    A smallest part of a rule that does not hold.

    Args:
        kind: `missing` (nobody recorded it), `currency` (no rate), `compare`, `time` (right in a while), `flag`,
            `member`, `text`, `count`, `every`, `either` (one of `any_of` would do), `never`, `approval`, `by`, `way`,
            `waived`, `other`.
        path: The column path it is about; empty where it is about none.
        found: The value that was seen; None where there was none.
        wanted: What would do, in words; empty where the text says it all.
        text: The whole of it in words, without a full stop.
    """

    kind: str
    path: str
    found: Any
    wanted: str
    text: str
    any_of: "tuple[Part, ...]" = ()


def distinct(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts, what is said twice only once."""
    return tuple({part.text: part for part in parts}.values())


def alternatives(parts: Sequence[tuple[Part, ...]]) -> tuple[Part, ...]:
    """Several ways of which one would do, each with all its parts; one way is told as it is."""
    told = [distinct(each) for each in parts if each]
    if len(told) <= 1:
        return told[0] if told else ()
    joined = [" and ".join(part.text for part in each) for each in told]
    if len(set(joined)) == 1:
        return told[0]
    text = "one of these would do: " + "; or ".join(dict.fromkeys(_short(joined)))
    return (Part("either", "", None, "", text, tuple(part for each in told for part in each)),)


def _short(texts: Sequence[str]) -> list[str]:
    return [text.removeprefix("one of these would do: ") for text in texts]
