"""One number for a log, SHA-256 chained over its rows: two stores are compared without being read side by side.

Link n is the SHA-256 of link n - 1, followed by position, version and record time of the event (8 bytes each, big
endian), the lengths of stream, name and payload (4 bytes each), and these three as bytes. Link 0 is the SHA-256 of
`pipeline_engine log`. The command log has a chain of its own, in the byte order of its ids: first, last and position,
the lengths of id, digest and stream, and these three; it begins with `pipeline_engine commands`.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from pipeline_engine.errors import BadStore
from pipeline_engine.store.log import Command, Snapshot
from pipeline_engine.store.model import Progress, Row, quiet

"""Told how much is done, of how much."""

_NUMBERS = struct.Struct(">qqqIII")
_LOG, _COMMANDS = b"pipeline_engine log", b"pipeline_engine commands"


@dataclass(frozen=True, slots=True)
class Digest:
    """
    What a log holds up to a position, in one number; and its command log, which has no prefix, where all was asked for.

    Args:
        position: Of the last event counted; 0 where there is none.
        events: How many.
        log: 64 hexadecimal digits.
        commands: How many rows the command log has; None where only a prefix of the log was asked for.
        command_log: 64 hexadecimal digits; None as above.
    """

    position: int
    events: int
    log: str
    commands: int | None = None
    command_log: str | None = None


def digest_of(snapshot: Snapshot, upto: int | None = None, told: Progress = quiet) -> Digest:
    """
    The digest of a log up to a position; up to its end, command log included, where none is named.

    Raises:
        BadStore: A row holds something of another kind than it was written with: text for a payload, say.
    """
    try:
        return _digest_of(snapshot, upto, told)
    except (TypeError, AttributeError, struct.error, UnicodeError) as error:
        kind = type(error).__name__
        raise BadStore(f"a row is not of the kind that was written ({kind}); restore a back-up") from error


def _digest_of(snapshot: Snapshot, upto: int | None, told: Progress) -> Digest:
    chain, events, position, total = sha256(_LOG).digest(), 0, 0, snapshot.head()
    for batch in snapshot.rows(upto):
        chain = _linked(chain, batch)
        events, position = events + len(batch), batch[-1].position
        told(position, total)
    if upto is not None:
        return Digest(position, events, chain.hex())
    answered, commands = sha256(_COMMANDS).digest(), 0
    for page in snapshot.commands():
        answered, commands = _answered(answered, page), commands + len(page)
    return Digest(position, events, chain.hex(), commands, answered.hex())


def _linked(chain: bytes, rows: Iterable[Row]) -> bytes:
    pack = _NUMBERS.pack
    for position, stream, version, recorded_at, name, payload in rows:
        texts = stream.encode(), name.encode(), bytes(payload)
        chain = sha256(b"".join((chain, pack(position, version, recorded_at, *map(len, texts)), *texts))).digest()
    return chain


def _answered(chain: bytes, commands: Iterable[Command]) -> bytes:
    for command_id, digest, stream, first, last, position in commands:
        texts = command_id.encode(), digest.encode(), stream.encode()
        numbers = _NUMBERS.pack(first, last, position, *map(len, texts))
        chain = sha256(b"".join((chain, numbers, *texts))).digest()
    return chain
