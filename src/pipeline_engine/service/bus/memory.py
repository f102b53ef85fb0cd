"""The bus of one process, `memory://`: nothing to install, nothing kept when the process ends.

`memory://NAME` is one bus for all of the process that name it, `memory://` one of its own each time.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Condition, Thread
from time import monotonic

from pipeline_engine.errors import BusUnreachable
from pipeline_engine.service.bus.port import Again, Channel, Delivery, Message, Take

MOST_WAITING = 100_000
REMEMBERED = 10_000
_NAMED: "dict[str, Broker]" = {}


@dataclass
class _Queue:
    """What waits for the readers of one name; `tries` and `due` are of the first."""

    waiting: deque[tuple[int, Message]]
    tries: int = 0
    due: float = 0.0
    busy: bool = False

    def ready(self) -> bool:
        """Whether the first may be handled: nobody is at it, and it is time."""
        return bool(self.waiting) and not self.busy and self.due <= monotonic()


@dataclass
class Broker:
    """What the broker is elsewhere: it outlives who is connected to it. `down` says why it takes nothing."""

    changed: Condition = field(default_factory=Condition)
    down: str | None = None
    lasts: dict[str, tuple[int, str]] = field(default_factory=dict)
    kept: dict[str, deque[tuple[int, Message]]] = field(default_factory=dict)
    known: dict[str, dict[str, None]] = field(default_factory=dict)
    queues: dict[tuple[str, str], _Queue] = field(default_factory=dict)
    listeners: list[Callable[[Message], None]] = field(default_factory=list)

    def queue(self, channel: Channel, reader: str) -> _Queue:
        """What waits for a reader: what is kept of the channel, where it is new."""
        return self.queues.setdefault((channel.name, reader), _Queue(deque(self.kept.get(channel.name, ()))))

    def add(self, channel: Channel, message: Message) -> None:
        """Keep a message for every reader, once an id; raises BusUnreachable where one is too far behind."""
        readers = [queue for (name, _), queue in self.queues.items() if name == channel.name]
        if self.down or any(len(queue.waiting) >= MOST_WAITING for queue in readers):
            raise BusUnreachable(self.down or f"{MOST_WAITING:,} messages wait for a reader of `{channel.name}`")
        known = self.known.setdefault(channel.name, {})
        if message.id in known:
            return
        known[message.id] = None
        if len(known) > REMEMBERED:
            del known[next(iter(known))]
        number = self.lasts.get(channel.name, (0, ""))[0] + 1
        self.lasts[channel.name] = number, message.id
        if not (channel.until_done and readers):
            self.kept.setdefault(channel.name, deque(maxlen=REMEMBERED)).append((number, message))
        for queue in readers:
            queue.waiting.append((number, message))
        self.changed.notify_all()


def connect(name: str) -> "MemoryBus":
    """A connection to the broker of that name in this process; without a name to a new one."""
    return MemoryBus(_NAMED.setdefault(name, Broker()) if name else Broker(), named=bool(name))


class MemoryBus:
    """One connection to a broker in memory."""

    def __init__(self, broker: Broker, named: bool) -> None:
        self.broker, self._readers, self._stopped, self._named = broker, list[Thread](), False, named

    def start(self) -> None:
        """Begin to read."""
        for reader in self._readers:
            reader.start()

    def stop(self) -> None:
        """Finish what is being handled."""
        with self.broker.changed:
            self._stopped = True
            self.broker.changed.notify_all()
        for reader in self._readers:
            if reader.ident is not None:
                reader.join()

    def publish(self, channel: Channel, message: Message) -> None:
        """Keep a message for every reader of the channel."""
        with self.broker.changed:
            self.broker.add(channel, message)

    def feed(self, channel: Channel, messages: Sequence[Message]) -> int:
        """Keep messages in this order, all of them or as many as there is room for."""
        for number, message in enumerate(messages):
            try:
                self.publish(channel, message)
            except BusUnreachable:
                if number:
                    return number
                raise
        return len(messages)

    def last(self, channel: Channel) -> str | None:
        """The id of the last message; before the first nobody can tell, since the past is gone with its process."""
        with self.broker.changed:
            if self.broker.down:
                raise BusUnreachable(self.broker.down)
            found = self.broker.lasts.get(channel.name)
            return found[1] if found else None

    def peek(self, channel: Channel, limit: int) -> list[Delivery]:
        """The last messages that are kept."""
        with self.broker.changed:
            kept = list(self.broker.kept.get(channel.name, ()))[-limit:]
        return [Delivery(each.subject, each.body, each.headers, f"{channel.name}/{n}", 0) for n, each in kept]

    def answer(self, message: Message) -> None:
        """Hand it to who listens now."""
        for listener in list(self.broker.listeners):
            listener(message)

    def subscribe(self, channel: Channel, reader: str, take: Take) -> None:
        """Read in a thread of its own."""
        with self.broker.changed:
            queue = self.broker.queue(channel, reader)
        name = f"bus {channel.name} {reader}"
        self._readers.append(Thread(target=self._read, args=(channel, queue, take), name=name, daemon=True))

    def may_be_heard(self, channel: Channel) -> bool:
        """A bus without a name is known to nobody else: only who reads it already does."""
        return self._named or any(name == channel.name for name, _ in self.broker.queues)

    def failing(self) -> str | None:
        """Why nothing is taken."""
        return self.broker.down

    def _read(self, channel: Channel, queue: _Queue, take: Take) -> None:
        while (delivery := self._next(channel, queue)) is not None:
            answer = take(delivery)
            with self.broker.changed:
                queue.busy = False
                if isinstance(answer, Again):
                    queue.due = monotonic() + answer.seconds
                else:
                    queue.waiting.popleft()
                    queue.tries, queue.due = 0, 0.0
                self.broker.changed.notify_all()

    def _next(self, channel: Channel, queue: _Queue) -> Delivery | None:
        with self.broker.changed:
            while not self._stopped and (self.broker.down or not queue.ready()):
                # Somebody else may be at it, or it is not yet time.
                self.broker.changed.wait(max(0.01, queue.due - monotonic()) if queue.waiting else None)
            if self._stopped:
                return None
            queue.busy, queue.tries = True, queue.tries + 1
            number, message = queue.waiting[0]
            return Delivery(message.subject, message.body, message.headers, f"{channel.name}/{number}", queue.tries)
