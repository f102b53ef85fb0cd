"""The bus on NATS JetStream, through FastStream; imported where an address of the kind `nats://` is given, else never.

FastStream reads, nats-py (what it is built on) publishes: a feed sends a window of messages before it waits for the
first acknowledgement. Each message of a window says behind which one it is to stand, so that the broker itself refuses
what would come out of order: after a connection that broke, after a message that was lost, from a second feeder.
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, TypeVar

import nats.errors
from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import Header
from nats.js.errors import NotFoundError

from pipeline_engine.errors import BusUnreachable
from pipeline_engine.service.bus.addresses import servers_of, shown_address
from pipeline_engine.service.bus.jetstream import (
    ACK_SECONDS,
    LOST,
    answered,
    as_it_is,
    consumer_of,
    in_order,
    still_at_it,
    stream_of,
    told,
    within,
)
from pipeline_engine.service.bus.port import Channel, Delivery, Message, Take

LOOK_SECONDS = 1.0
STOP_SECONDS = 10.0
WINDOW = 1_000
HEADERS_BYTES = 128
"""What the client adds to the headers of a message, and more."""
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _Subscription:
    """Who reads what."""

    channel: Channel
    reader: str
    take: Take


class NatsBus:
    """One connection, with an event loop in a thread of its own; safe to share between threads."""

    def __init__(self, url: str) -> None:
        self._url, self._subscriptions = url, list[_Subscription]()
        self._channels: dict[str, int | None] = {}
        self._failing: str | None = "is being connected"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: Client | None = None
        self._over, self._thread = Event(), Thread(target=self._run, name="bus", daemon=True)
        self._hands = ThreadPoolExecutor(thread_name_prefix="bus reader")
        self.broker = NatsBroker(
            servers_of(url), apply_types=False, logger=None,
            ack_policy=AckPolicy.MANUAL, graceful_timeout=STOP_SECONDS / 2,
            max_reconnect_attempts=-1, reconnect_time_wait=1, connect_timeout=2,
            # Whoever is silent for three seconds is gone.
            ping_interval=1, max_outstanding_pings=2,
            error_cb=self._broke, disconnected_cb=self._disconnected, reconnected_cb=self._reconnected,
        )  # fmt: skip

    def subscribe(self, channel: Channel, reader: str, take: Take) -> None:
        """Pull one message after the other; all that read under one name share one cursor in the broker."""
        self._subscriptions.append(_Subscription(channel, reader, take))
        subscriber = self.broker.subscriber(
            channel.subjects, stream=JStream(channel.name, declare=False), durable=reader,
            pull_sub=PullSub(batch_size=1, timeout=LOOK_SECONDS), ack_policy=AckPolicy.MANUAL, decoder=as_it_is,
            config=consumer_of(channel, reader), no_reply=True,
        )  # fmt: skip

        async def handle(message: NatsMessage) -> None:
            """One message at a time."""
            await self._handled(channel, take, message)

        subscriber(handle)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self) -> None:
        """Let what is being handled be finished, and disconnect."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join(STOP_SECONDS)
        self._hands.shutdown(wait=False, cancel_futures=True)

    def may_be_heard(self, channel: Channel) -> bool:
        """Whoever may connect can read it."""
        return True

    def failing(self) -> str | None:
        """Why it is not connected."""
        return self._failing

    def publish(self, channel: Channel, message: Message) -> None:
        """Publish one message and wait for the acknowledgement."""
        self._call(self._publish(channel, message), ACK_SECONDS * 2)

    def feed(self, channel: Channel, messages: Sequence[Message]) -> int:
        """Publish windows of messages in order."""
        done = 0
        while done < len(messages):
            window = messages[done : done + WINDOW]
            try:
                sent = self._call(self._feed(channel, window), ACK_SECONDS * 3)
            except BusUnreachable:
                if done:
                    return done
                raise
            done += sent
            if sent < len(window):
                break
        return done

    def last(self, channel: Channel) -> str | None:
        """The id of the last message of a stream."""
        return self._call(self._last(channel), ACK_SECONDS * 3)

    def peek(self, channel: Channel, limit: int) -> list[Delivery]:
        """The last messages of a stream."""
        return self._call(self._peek(channel, limit), ACK_SECONDS * 10)

    def answer(self, message: Message) -> None:
        """Publish outside of any stream."""
        self._call(self._answer(message), ACK_SECONDS)

    def _call(self, asked: Coroutine[Any, Any, R], seconds: float) -> R:
        loop = self._loop
        if loop is None or self._failing is not None:
            asked.close()
            raise BusUnreachable(self._why(self._failing or "is not connected"))
        bounded = within(asked, seconds)
        try:
            # The loop may be over meanwhile, and then nobody answers.
            return asyncio.run_coroutine_threadsafe(bounded, loop).result(seconds + 1)
        except (*LOST, CancelledError) as lost:
            raise BusUnreachable(self._why(told(lost))) from lost
        except RuntimeError as over:
            if not loop.is_closed():
                raise
            for each in (bounded, asked):
                each.close()
            raise BusUnreachable(self._why("is not connected")) from over

    def _why(self, what: str) -> str:
        return f"the bus at `{shown_address(self._url)}` {what}"

    # What follows runs in the loop.

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._live())

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        beginning = asyncio.create_task(self._begin())
        watching = asyncio.create_task(self._watch())
        while not self._over.is_set():
            await asyncio.sleep(0.05)
        for task in (beginning, watching):
            task.cancel()
        with suppress(Exception):
            async with asyncio.timeout(STOP_SECONDS - 1):
                await self.broker.stop()
        self._loop = None
        if self._client is not None:
            with suppress(Exception):
                await self._client.close()

    async def _begin(self) -> None:
        while True:
            try:
                self._client = await self.broker.connect()
                for subscription in self._subscriptions:
                    await self._made(subscription)
                await self.broker.start()
                self._failing = None
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told in the health and tried again
                self._failing = told(error)
                await asyncio.sleep(LOOK_SECONDS)

    async def _watch(self) -> None:
        """Make streams and readers again that a broker lost; those that are there are left as they are."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for subscription in self._subscriptions if self._failing is None else ():
                with suppress(*LOST):
                    await self._made(subscription)

    async def _broke(self, error: Exception) -> None:
        if self._client is None or not self._client.is_connected:
            self._failing = told(error)

    async def _disconnected(self) -> None:
        self._failing = "is not connected"
        self._channels.clear()

    async def _reconnected(self) -> None:
        self._channels.clear()
        self._failing = None

    @property
    def _stream(self) -> JetStreamContext:
        assert self._client is not None, "only what is connected is called"
        return self._client.jetstream(timeout=ACK_SECONDS)

    async def _made(self, subscription: _Subscription) -> None:
        channel, reader = subscription.channel, subscription.reader
        try:
            await self._stream.consumer_info(channel.name, reader)
        except NotFoundError:
            await self._sequence(channel)
            await self._stream.add_consumer(channel.name, consumer_of(channel, reader))

    async def _sequence(self, channel: Channel) -> int:
        """The number of the last message of a stream, which is made where it is not there."""
        try:
            found = await self._stream.stream_info(channel.name)
        except NotFoundError:
            found = await self._stream.add_stream(stream_of(channel))
        return found.state.last_seq

    async def _publish(self, channel: Channel, message: Message) -> None:
        if channel.name not in self._channels:
            await self._sequence(channel)
            self._channels[channel.name] = None
        said = {**message.headers, Header.MSG_ID: message.id}
        try:
            self._check_size(message.body, said)
            await self._stream.publish(
                message.subject, message.body, stream=channel.name, headers=said, timeout=ACK_SECONDS
            )
        except BaseException:
            self._channels.pop(channel.name, None)
            raise

    async def _feed(self, channel: Channel, window: Sequence[Message]) -> int:
        known = self._channels.pop(channel.name, None)
        sequence = await self._sequence(channel) if known is None else known
        acknowledged, broken = list["asyncio.Future[Any]"](), None
        for number, message in enumerate(window):
            said = {
                **message.headers, Header.MSG_ID: message.id, Header.EXPECTED_STREAM: channel.name,
                Header.EXPECTED_LAST_SEQUENCE: str(sequence + number),
            }  # fmt: skip
            try:
                self._check_size(message.body, said)
                acknowledged.append(await self._context.publish_async(message.subject, message.body, headers=said))
            except LOST as error:
                broken = error
                break
        done, last, failed = await in_order(acknowledged)
        failed = failed or broken
        if failed is None and last == sequence + len(window):
            self._channels[channel.name] = last
        if failed is not None and not done:
            raise failed
        return done

    def _check_size(self, body: bytes, headers: Mapping[str, str]) -> None:
        # The client counts no headers, and the server ends the connection of who sends it more than it takes.
        assert self._client is not None, "only what is connected is called"
        size = len(body) + HEADERS_BYTES + sum(len(f"{name}: {value}\r\n".encode()) for name, value in headers.items())
        if size > self._client.max_payload:
            raise nats.errors.MaxPayloadError

    @property
    def _context(self) -> JetStreamContext:
        # One for all, since it listens for acknowledgements.
        if self._feeding is None or self._feeding._nc is not self._client:
            self._feeding = self._stream
        return self._feeding

    _feeding: JetStreamContext | None = None

    async def _last(self, channel: Channel) -> str | None:
        self._channels.pop(channel.name, None)
        sequence = await self._sequence(channel)
        if not sequence:
            return ""
        try:
            found = await self._stream.get_msg(channel.name, sequence)
        except NotFoundError:
            return None
        return (found.headers or {}).get(Header.MSG_ID)

    async def _peek(self, channel: Channel, limit: int) -> list[Delivery]:
        await self._sequence(channel)
        state, found = (await self._stream.stream_info(channel.name)).state, list[Delivery]()
        for number in range(state.last_seq, max(0, state.first_seq - 1), -1):
            if len(found) == limit:
                break
            with suppress(NotFoundError):
                each = await self._stream.get_msg(channel.name, number)
                headers = dict(each.headers or {})
                found.append(Delivery(str(each.subject), each.data or b"", headers, f"{channel.name}/{number}", 0))
        return found[::-1]

    async def _answer(self, message: Message) -> None:
        assert self._client is not None, "only what is connected is called"
        await self._client.publish(message.subject, message.body, headers=dict(message.headers))

    async def _handled(self, channel: Channel, take: Take, message: NatsMessage) -> None:
        raw, loop = message.raw_message, asyncio.get_running_loop()
        place, tries = f"{channel.name}/{raw.metadata.sequence.stream}", raw.metadata.num_delivered or 1
        delivery = Delivery(raw.subject, raw.data, dict(raw.headers or {}), place, tries)
        beating = asyncio.create_task(still_at_it(message.in_progress))
        try:
            answer = await loop.run_in_executor(self._hands, take, delivery)
        finally:
            beating.cancel()
        await answered(message, answer)
