"""What a store says to a command: the first answer again, that a name will not do, or that it gave up."""

from pipeline_engine.errors import BadValue, CommandIdReused, StoreUnreachable, WrongExpectedVersion
from pipeline_engine.store.codec import Codec
from pipeline_engine.store.findings import checked
from pipeline_engine.store.log import Command, OutcomeUnknown
from pipeline_engine.store.model import Finding, Receipt, Request

ATTEMPTS = 8
NAME_LENGTH = 200


def answered(known: Command, request: Request, codec: Codec) -> Receipt:
    """The receipt of a known command; raises CommandIdReused where it was another request, if that can be told."""
    if codec.marks(known.digest, request.digest) is False:
        raise CommandIdReused(request.command_id)
    return Receipt(known.stream, known.first, known.last, known.position, known=True)


def checked_name(what: str, name: str) -> None:
    """Raises BadValue where a stream or command id is empty, too long or not printable."""
    if not 0 < len(name) <= NAME_LENGTH or not name.isprintable():
        raise BadValue(what, name, f"1 to {NAME_LENGTH} printable characters")


def gave_up(stream: str, request: Request, lost: Exception) -> WrongExpectedVersion | StoreUnreachable:
    """What to say when every attempt was lost to other writers, or to a connection that breaks."""
    if isinstance(lost, OutcomeUnknown):
        return StoreUnreachable(f"whether `{request.command_id}` was recorded is not known; ask again with the same id")
    return WrongExpectedVersion(
        f"`{request.command_id}` on stream `{stream}` lost {ATTEMPTS} times to other writers: {lost}"
    )


def same(what: str, written: str, opened: str) -> Finding:
    """Whether a store is opened with what it was written with."""
    found = f"written with `{written}`, opened with `{opened}`"
    return checked(what, written == opened, found, f"open it with {what} `{written}`, or use another store")
