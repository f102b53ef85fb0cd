"""What is kept of keys, and what every place that keeps them can do."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

FORMAT = 1
NAME = "aes-256-gcm"
MIXED = "identity, aes-256-gcm"
"""How the header of a store calls values that were written before there were keys, beside those written since."""


COMMANDS = "store:commands"
"""Whose key marks the requests in the command log: it is destroyed with every erasure, and made anew when needed."""
ANSWERS = "store:answers"
"""Whose key closes what jobs answered, which may quote anybody: destroyed with every erasure like the one above."""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A subject's key as it is kept: wrapped by the master key, or None where it was destroyed."""

    id: str
    subject: str
    wrapped: bytes | None = field(repr=False)
    made_at: int


class KeyState(NamedTuple):
    """What has to be looked at now and then.

    Args:
        generation: Goes up with everything that makes a key in memory wrong: a destruction, a rotation, a restoring.
        master: The fingerprint of the master key that wraps all keys.
        kept: That master key itself, where it is kept with the keys.
        unscrubbed: Whether bytes of a destroyed key may still be in the file.
    """

    generation: int
    master: str
    kept: str | None
    unscrubbed: bool

    def __repr__(self) -> str:
        return f"KeyState({self.generation}, {self.master!r})"


def stays_erased(subject: str) -> bool:
    """Whether nothing is recorded about a subject after its erasure: a deal may go on, a person may not come back."""
    return subject.startswith("person:")


class KeyRows(Protocol):
    """Where keys are kept; what changes them is durable when the call returns."""

    place: str
    shared: bool
    """Whether other processes may use the same keys."""

    def is_there(self) -> bool:
        """Whether keys are kept here yet; raises BadStore where it is something else that is here."""
        ...

    def state(self) -> KeyState:
        """What has to be looked at, where keys are kept."""
        ...

    def open_to_others(self) -> bool:
        """Whether somebody besides the owner may read what is kept."""
        ...

    def make(self, master: str, kept: str | None) -> KeyState:
        """Begin to keep keys under a master key; what somebody else began meanwhile stands."""
        ...

    def of_key(self, key_id: str) -> KeyRow | None:
        """The key of an id, also a destroyed one."""
        ...

    def of_subjects(self, subjects: Sequence[str]) -> list[KeyRow]:
        """Every key of these subjects, also destroyed ones."""
        ...

    def add(self, rows: Sequence[KeyRow], master: str) -> bool:
        """
        Keep new keys, but for subjects that have a live one meanwhile.

        Returns:
            Whether `master` still wraps the keys here; else nothing was kept.

        Raises:
            SubjectIsErased: Nothing is recorded about one of them any more.
        """
        ...

    def destroy(self, subject: str, erasure: str, now: int) -> bool:
        """
        Destroy the live key of a subject for an erasure, and that of the command log, whose requests may quote it.

        Returns:
            False where that erasure was carried out before.
        """
        ...

    def carried_out(self) -> frozenset[str]:
        """The erasures that were carried out."""
        ...

    def erased(self) -> frozenset[str]:
        """Every subject that had a key destroyed."""
        ...

    def scrub(self) -> bool:
        """Make sure that no byte of a destroyed key is left where keys are kept; False where that must wait."""
        ...

    def rewrap(self, master: str, kept: str | None, change: Callable[[KeyRow], KeyRow]) -> int:
        """Put every live key under another master key, all or none; how many there are."""
        ...

    def restore(self, rows: Sequence[KeyRow], carried_out: Sequence[str], now: int) -> None:
        """Keep what a back-up holds, where no key is kept yet; raises BadStore where one is."""
        ...

    def give_up(self, lost: Mapping[str, str], now: int) -> None:
        """Know these keys, whose by id, as destroyed, without erasing the subjects."""
        ...

    def rows(self) -> Iterator[KeyRow]:
        """Every key, also destroyed ones, by id."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...
