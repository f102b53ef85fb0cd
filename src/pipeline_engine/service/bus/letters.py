"""Dead letters as documents: commands that could not be handled, with the reason."""

from collections.abc import Sequence

from typing_extensions import TypedDict

from pipeline_engine.service.bus.handling import PLACE, REASON, SUBJECT, TRIES
from pipeline_engine.service.bus.port import Delivery


class LetterDocument(TypedDict):
    """A command that could not be handled: which message of which stream, how often it was tried, and why not."""

    place: str
    subject: str
    tries: int
    reason: str
    bytes: int
    body: str


class LettersDocument(TypedDict):
    """Dead letters, the oldest first; `bus` is the prefix of its subjects."""

    bus: str | None
    dead: list[LetterDocument]


def letters_document(prefix: str, letters: Sequence[Delivery]) -> LettersDocument:
    """The letters of the bus with a prefix."""
    return {"bus": prefix or None, "dead": [_letter(each) for each in letters]}


def _letter(letter: Delivery) -> LetterDocument:
    said = letter.headers
    return {
        "place": said.get(PLACE, ""),
        "subject": said.get(SUBJECT, ""),
        "tries": int(said.get(TRIES, "0")),
        "reason": said.get(REASON, ""),
        "bytes": len(letter.body),
        "body": letter.body.decode("utf-8", "backslashreplace"),
    }
