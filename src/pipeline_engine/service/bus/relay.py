"""Out: every event of a deal goes to the bus in the order of the log, and is noted once the broker has it.

One process at a time sends, by a lease that only spares double work: the broker itself refuses a second feeder, and
says up to where it has the log whenever that is not certain.
"""

from collections.abc import Sequence
from time import monotonic

from pipeline_engine.documents import Open
from pipeline_engine.service.bus.cloudevents import HEADERS, Outgoing, outgoing
from pipeline_engine.service.bus.port import Bus, Channels, Message
from pipeline_engine.store import Lease, Row, Sender, Standing

LEASE_SECONDS = 5.0


class Relay:
    """Sends the log to a bus; `source` is what its events are told by elsewhere."""

    def __init__(self, bus: Bus, channels: Channels, source: str, opened: Open | None = None) -> None:
        self._bus, self._channels, self._source, self._opened = bus, channels, source, opened

    def stands_at(self, position: int) -> int:
        """The position of the last event in the channel, 0 where it is new; what is noted where nobody can tell."""
        last = self._bus.last(self._channels.events)
        if last == "":
            return 0
        source, _, number = (last or "").rpartition("/")
        return int(number) if source == self._source and number.isdecimal() else position

    def made_of(self, row: Row) -> Outgoing | None:
        """The CloudEvent of a row; only deals are sent."""
        return outgoing(row, self._source, self._opened) if row.stream.startswith("deal:") else None

    def send(self, made: Sequence[Outgoing], *, late: bool = False) -> int:
        """Send in order and wait for the broker."""
        # What is sent out of order must not pass for how far the log was sent.
        mark = "/late" if late else ""
        event = self._channels.event
        return self._bus.feed(
            self._channels.events, [Message(event(each.name), each.id + mark, each.body, HEADERS) for each in made]
        )


class Leased:
    """A follower that only does something while this process holds its lease."""

    def __init__(self, sender: Sender, lease: Lease) -> None:
        self._sender, self._lease = sender, lease
        self._mine, self._asks_at = False, 0.0
        self.name = sender.name

    def step(self) -> int:
        """Send the next batch, where it is this process's turn."""
        return self._sender.step() if self._held() else 0

    def _held(self) -> bool:
        # Asked now and then and not at every step, for each time is a write: whoever waits for it wakes as often.
        if monotonic() >= self._asks_at:
            self._mine = self._lease.take(LEASE_SECONDS)
            self._asks_at = monotonic() + LEASE_SECONDS / 3
        return self._mine

    def standing(self) -> Standing:
        """Where it stands."""
        return self._sender.standing()

    def beat(self, by: str, failing: str | None) -> None:
        """Say that this process sends, where it does."""
        if self._mine:
            self._sender.beat(by, failing)

    def rest(self, by: str) -> None:
        """Let another process take over at once."""
        self._sender.rest(by)
        if self._mine:
            self._mine = False
            self._lease.give_back()
