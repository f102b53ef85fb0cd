"""How a personal value is closed before it is stored and opened after it is read.

The stored form `{"sealed": {subject, key, nonce, text}}` never changes; which key provider closes it may.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from typing import NamedTuple, Protocol


class Sealed(NamedTuple):
    """A closed value: whose it is, the key that opens it, and the closed text."""

    subject: str
    key: str
    nonce: str
    text: str


class Forged(ValueError):
    """A closed text that is not what was closed, or does not stand where it was; says nothing of what it holds."""


class KeyProvider(Protocol):
    """Closes and opens personal text; where it stands (stream, version, field) is authenticated with it.

    `name` is the name of the field in the event: `title`, or a field of the process such as `email`.
    """

    @property
    def name(self) -> str:
        """What the store's header calls this provider."""
        ...

    def generation(self) -> int:
        """A number that goes up when what was opened before may have to be forgotten; cheap to ask."""
        ...

    def ready(self, subjects: Collection[str]) -> None:
        """Called with everybody an append is about, before it: whatever keys it needs must outlive a power cut."""
        ...

    def seal(self, subject: str, stream: str, version: int, name: str, text: str) -> Sealed:
        """The closed form of a text about a subject."""
        ...

    def open(self, sealed: Sealed, stream: str, version: int, name: str) -> str | None:
        """The text again; None where the key was destroyed; raises Forged where it was tampered with."""
        ...

    def mark(self, digest: str) -> str:
        """How the digest of a request is kept, so that nobody without the key can try whether a guess is right."""
        ...

    def marks(self, mark: str, digest: str) -> bool | None:
        """Whether it is the mark of this digest; None where its key is gone and nobody can tell any more."""
        ...


class IdentityKeys:
    """No key at all: the text as base64url of its UTF-8, readable by everyone who can read the store."""

    name = "identity"

    def generation(self) -> int:
        """Never another one."""
        return 0

    def ready(self, subjects: Collection[str]) -> None:
        """Nothing to make."""

    def seal(self, subject: str, stream: str, version: int, name: str, text: str) -> Sealed:
        """The text, only wrapped."""
        return Sealed(subject, "identity", "", urlsafe_b64encode(text.encode()).decode())

    def open(self, sealed: Sealed, stream: str, version: int, name: str) -> str | None:
        """The text, unwrapped; raises Forged where another provider closed it."""
        if sealed.key != "identity":
            raise Forged("it was closed under a key")
        return urlsafe_b64decode(sealed.text).decode()

    def mark(self, digest: str) -> str:
        """The digest itself."""
        return digest

    def marks(self, mark: str, digest: str) -> bool:
        """Whether it is that digest."""
        return mark == digest


IDENTITY: KeyProvider = IdentityKeys()
