"""One word an attempt, by the table."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from pipeline_engine.process import FAIL, NOT_ASKED, PASS, UNKNOWN, WAIVED
from pipeline_engine.replay import CHANGES
from pipeline_engine.replay.classify import Judged, classify

# Five rules: two that block, one that asks for an approval, one that warns, one that hints.
BLOCKING = np.array([True, True, True, False, False])
WARNING = np.array([False, False, False, True, False])
APPROVAL = np.array([False, False, True, False, False])
NOTHING = ()


@dataclass
class Was:
    """What was before, for one attempt."""

    accepted: Any
    stopped: Any
    warned: Any
    needs_approval: Any
    left_behind: Any = field(default_factory=lambda: np.array([False]))


def column(places: tuple[int, ...]) -> Any:
    """A flag a rule, true at these places, as a matrix of one attempt."""
    return np.isin(np.arange(5), places)[:, None]


def word(
    verdicts: str, accepted: bool, *, stopped: tuple[int, ...] = (), unknowable: tuple[int, ...] = (), **was: Any
) -> str:
    """The word for one attempt; verdicts in letters."""
    codes = np.array([["fpuwn".index(letter)] for letter in verdicts], np.int8)
    judged = Judged(codes, BLOCKING, WARNING, APPROVAL, column(unknowable))
    before = Was(
        np.array([accepted]), column(stopped), column(was.get("warned", ())), column(was.get("asked", ())),
        np.array([was.get("left_behind", False)]),
    )  # fmt: skip
    return CHANGES[int(classify(judged, before)[0])]


@pytest.mark.parametrize(
    ("verdicts", "told", "expected"),
    [
        ("ppppp", {}, "same"),
        ("nnnnn", {}, "same"),
        ("wpppp", {}, "same"),
        ("fpppp", {}, "newly_refused"),
        ("upppp", {}, "newly_refused"),
        ("ppfpp", {}, "newly_refused"),
        ("ppfpp", {"unknowable": (2,)}, "newly_needs_approval"),
        ("ppupp", {"unknowable": (2,)}, "not_knowable"),
        ("fpfpp", {"unknowable": (2,)}, "newly_refused"),
        ("upppp", {"unknowable": (0,)}, "not_knowable"),
        ("upfpp", {"unknowable": (0, 2)}, "newly_needs_approval"),
        ("ppfpp", {"unknowable": (2,), "asked": (2,)}, "same"),
        ("pppfp", {}, "newly_warned"),
        ("pppup", {}, "newly_warned"),
        ("pppfp", {"warned": (3,)}, "same"),
        ("pppfp", {"unknowable": (3,)}, "same"),
        ("ppppf", {}, "same"),
    ],
)
def test_what_passed_is_the_same_or_newly_stopped_or_newly_warned(
    verdicts: str, told: dict[str, Any], expected: str
) -> None:
    """An accepted move: the strongest difference names it; what cannot be known is no refusal."""
    assert word(verdicts, True, **told) == expected


@pytest.mark.parametrize(
    ("verdicts", "told", "expected"),
    [
        ("fpppp", {"stopped": (0,)}, "same"),
        ("upppp", {"stopped": (0,)}, "same"),
        ("ppppp", {"stopped": (0,)}, "newly_allowed"),
        ("wpppp", {"stopped": (0,)}, "newly_allowed"),
        ("pppfp", {"stopped": (0,)}, "newly_allowed"),
        ("ffppp", {"stopped": (0,)}, "other_reason"),
        ("pfppp", {"stopped": (0,)}, "other_reason"),
        ("fpppp", {"stopped": (0, 1)}, "other_reason"),
        ("fpppp", {"stopped": (0,), "left_behind": True}, "other_reason"),
        ("ppfpp", {"stopped": (0,), "unknowable": (2,)}, "other_reason"),
        ("fpfpp", {"stopped": (0,), "unknowable": (2,)}, "other_reason"),
        ("fpfpp", {"stopped": (0,), "unknowable": (2,), "asked": (2,)}, "same"),
        ("pfppp", {"stopped": (0,), "unknowable": (1,)}, "not_knowable"),
        ("ppppp", {"left_behind": True}, "newly_allowed"),
    ],
)
def test_what_was_refused_is_the_same_or_allowed_or_refused_otherwise(
    verdicts: str, told: dict[str, Any], expected: str
) -> None:
    """A refused attempt: the same reasons are the same; with any reason more or less it is another."""
    assert word(verdicts, False, **told) == expected


def test_the_letters_are_those_of_the_judge() -> None:
    """The tables above are written in the stored letters."""
    assert tuple(range(5)) == (FAIL, PASS, UNKNOWN, WAIVED, NOT_ASKED)
