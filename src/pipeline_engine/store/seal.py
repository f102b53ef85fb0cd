"""How a personal value is closed before it is stored and opened after it is read.

The stored form `{"sealed": {subject, key, nonce, text}}` never changes; which key provider closes it may.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple, Protocol


class Sealed(NamedTuple):
    """A closed value: whose it is, the key that opens it, and the closed text."""

    subject: str
    key: str
    nonce: str
    text: str


class KeyProvider(Protocol):
    """Closes and opens personal text; where it stands (stream, version, field) is authenticated with it.

    `name` is the name of the field in the event: `title`, or a field of the process such as `email`.
    """

    @property
    def name(self) -> str:
        """What the store's header calls this provider."""
        ...

    def seal(self, subject: str, stream: str, version: int, name: str, text: str) -> Sealed:
        """The closed form of a text about a subject."""
        ...

    def open(self, sealed: Sealed, stream: str, version: int, name: str) -> str | None:
        """The text again; None where the key was destroyed; raises ValueError where it was tampered with."""
        ...


class IdentityKeys:
    """No key at all: the text as base64url of its UTF-8, readable by everyone who can read the store."""

    name = "identity"

    def seal(self, subject: str, stream: str, version: int, name: str, text: str) -> Sealed:
        """The text, only wrapped."""
        return Sealed(subject, "identity", "", urlsafe_b64encode(text.encode()).decode())

    def open(self, sealed: Sealed, stream: str, version: int, name: str) -> str | None:
        """The text, unwrapped; raises ValueError where another provider closed it."""
        if sealed.key != "identity":
            raise ValueError(f"key `{sealed.key}` is not known to the identity provider")
        return urlsafe_b64decode(sealed.text).decode()


IDENTITY: KeyProvider = IdentityKeys()
