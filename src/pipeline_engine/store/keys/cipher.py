"""The two ciphers: a text under a subject's key, bound to where it stands, and that key under the master key.

AES-256-GCM both times, with 96 random bits for each text and each wrapping. What is bound in is length-prefixed, so
that no two places are written alike.
"""

import hmac
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from os import urandom
from struct import pack

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipeline_engine.store.seal import Forged

KEY_BYTES = 32
NONCE_BYTES = 12
ID_BYTES = 8
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_FINGERPRINT = b"pipeline_engine master key\x00"
_MARK = b"pipeline_engine mark of a request\x00"


def place_of(stream: str, version: int, name: str, subject: str) -> bytes:
    """Where a text stands and about whom it is, as the bytes that are bound into it."""
    parts = stream.encode(), name.encode(), subject.encode()
    return pack(">QIII", version, *map(len, parts)) + b"".join(parts)


class Secret(str):
    """Text that no trace, log or test shows by accident."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(…)"


class SubjectKey:
    """The key of one subject, ready to close and open texts; its bytes are never shown."""

    __slots__ = ("_cipher", "_secret", "id", "subject")

    def __init__(self, key_id: str, subject: str, secret: bytes) -> None:
        self.id, self.subject, self._cipher, self._secret = key_id, subject, AESGCM(secret), secret

    def __repr__(self) -> str:
        return f"SubjectKey({self.id!r}, {self.subject!r})"

    def close(self, text: str, place: bytes) -> tuple[str, str]:
        """Nonce and closed text, both as base64url."""
        nonce = urandom(NONCE_BYTES)
        closed = self._cipher.encrypt(nonce, text.encode(), place)
        return urlsafe_b64encode(nonce).decode(), urlsafe_b64encode(closed).decode()

    def open(self, nonce: str, closed: str, place: bytes) -> str:
        """The text again; raises Forged where it is not what was closed here."""
        try:
            return self._cipher.decrypt(urlsafe_b64decode(nonce), urlsafe_b64decode(closed), place).decode()
        except (InvalidTag, ValueError):
            raise Forged("the closed text is not what was closed here") from None

    def mark(self, text: str) -> str:
        """What tells this text from every other, to whoever has the key, as base64url: HMAC-SHA256."""
        # Under a key of its own, which the cipher never uses.
        own = hmac.digest(self._secret, _MARK, "sha256")
        return urlsafe_b64encode(hmac.digest(own, text.encode(), "sha256")).decode().rstrip("=")


class Master:
    """A master key: wraps the keys of subjects; told by its fingerprint, its bytes never shown."""

    __slots__ = ("_cipher", "_secret", "fingerprint")

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise ValueError(f"{len(secret)} bytes")
        self._secret, self._cipher = secret, AESGCM(secret)
        self.fingerprint = sha256(_FINGERPRINT + secret).hexdigest()[:16]

    @classmethod
    def fresh(cls) -> "Master":
        """A new one, by chance."""
        return cls(urandom(KEY_BYTES))

    @classmethod
    def read(cls, text: str) -> "Master":
        """The one that was written down; raises ValueError where it is not 32 bytes as base64url."""
        return cls(b64decode(text.strip().encode("ascii").translate(_URL_SAFE), validate=True))

    def written(self) -> Secret:
        """Its bytes as base64url, for the one place that keeps it."""
        return Secret(urlsafe_b64encode(self._secret).decode())

    def __repr__(self) -> str:
        return f"Master({self.fingerprint!r})"

    def wrap(self, key_id: str, subject: str, secret: bytes) -> bytes:
        """A subject's key, closed, bound to its id and subject."""
        nonce = urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, place_of("", 0, key_id, subject))

    def unwrap(self, key_id: str, subject: str, wrapped: bytes) -> bytes:
        """The subject's key again; raises Forged where another master key wrapped it, or it was tampered with."""
        nonce, closed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, closed, place_of("", 0, key_id, subject))
        except (InvalidTag, ValueError):
            raise Forged(f"key `{key_id}` was not wrapped by this master key") from None


def fresh_key() -> tuple[str, bytes]:
    """A new key for a subject: its id, which nothing tells about, and its bytes."""
    return urlsafe_b64encode(urandom(ID_BYTES)).decode().rstrip("="), urandom(KEY_BYTES)
