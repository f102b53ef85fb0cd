"""What JetStream is told of a stream and of who reads it, and what it answers; used by nats.py and by nobody else."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import nats.errors
from faststream.nats import NatsMessage
from nats.js.api import AckPolicy as Acknowledged
from nats.js.api import ConsumerConfig, DeliverPolicy, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError

from pipeline_engine.service.bus.port import Again, Answer, Channel

ACK_SECONDS = 2.0
"""How long the broker may take to acknowledge; a health check has to tell a stall within five seconds."""
WAIT_SECONDS = 5.0
"""How long a message may be handled before it is somebody else's; whoever handles it says every third of it so."""
R = TypeVar("R")
LOST = (nats.errors.Error, OSError, asyncio.TimeoutError, TimeoutError)
"""What a broker that is away, or says no, looks like."""


async def within(asked: Coroutine[Any, Any, R], seconds: float) -> R:
    """What was asked for, or TimeoutError after so many seconds."""
    async with asyncio.timeout(seconds):
        return await asked


async def in_order(acknowledged: Sequence["asyncio.Future[Any]"]) -> tuple[int, int, BaseException | None]:
    """How many were acknowledged from the first on, the number of the last of these, and what the next one met."""
    done = last = 0
    try:
        async with asyncio.timeout(ACK_SECONDS):
            for future in acknowledged:
                last = (await future).seq
                done += 1
    except LOST as failed:
        return done, last, failed
    finally:
        for future in acknowledged:
            if not future.done():
                future.cancel()
            elif not future.cancelled():
                future.exception()
    return done, last, None


async def still_at_it(say: Callable[[], Awaitable[None]]) -> None:
    """Say every now and then that a message is being handled, so that nobody else gets it."""
    while True:
        await asyncio.sleep(WAIT_SECONDS / 3)
        with suppress(*LOST):
            await say()


async def answered(message: NatsMessage, answer: Answer) -> None:
    """Tell the broker what became of a message."""
    # What is not heard is delivered again.
    with suppress(*LOST):
        if isinstance(answer, Again):
            await message.nack(delay=answer.seconds)
        else:
            await message.ack()


async def as_it_is(message: NatsMessage) -> NatsMessage:
    """A message undecoded: what its bytes are is for whoever reads it to say."""
    return message


def told(error: BaseException) -> str:
    """What an error says of the broker, to stand behind its address."""
    if isinstance(error, APIError):
        return f"said no: {error.description or error.code}"
    return "did not answer in time" if isinstance(error, TimeoutError) else f"failed: {type(error).__name__}: {error}"


def stream_of(channel: Channel) -> StreamConfig:
    """How a stream is made where there is none; one that is there stays as its operator made it."""
    return StreamConfig(
        name=channel.name, subjects=[channel.subjects], storage=StorageType.FILE,
        retention=RetentionPolicy.WORK_QUEUE if channel.until_done else RetentionPolicy.LIMITS,
        discard=DiscardPolicy.NEW, duplicate_window=120.0,
    )  # fmt: skip


def consumer_of(channel: Channel, reader: str) -> ConsumerConfig:
    """One message at a time, so that none overtakes one that is tried again."""
    return ConsumerConfig(
        name=reader, durable_name=reader, filter_subject=channel.subjects, deliver_policy=DeliverPolicy.ALL,
        ack_policy=Acknowledged.EXPLICIT, ack_wait=WAIT_SECONDS, max_deliver=-1, max_ack_pending=1,
    )  # fmt: skip
