"""`GET /v1/events`: server-sent events, resumed by `Last-Event-ID`.

There is no sign-in yet, so whoever reaches this machine may listen; what is personal is never sent.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from starlette.responses import StreamingResponse

from pipeline_engine.engine import Engine
from pipeline_engine.errors import BadValue
from pipeline_engine.service.live.tail import BATCH, Frame, Tail, frames_of
from pipeline_engine.service.problem_kinds import TOO_MANY_LISTENERS
from pipeline_engine.service.problems import problem, problem_responses

HEARTBEAT_SECONDS = 15.0
LIFE_SECONDS = 300.0
"""So long a listener is kept: a server that stops waits for whoever is answered, and this bounds how long."""
AGAIN_MILLISECONDS = 1_000
MOST_POSITION = 2**63 - 1
_STREAM = {"schema": {"type": "string"}, "example": 'id: 7\nevent: DealMoved\ndata: {"deal":"D-1","event":{…}}\n\n'}
_ABOUT = """Every event of a deal as it is recorded, in the order of the log, as server-sent events.

`id` is the position: sent back as `Last-Event-ID`, it goes on behind it. Without it, and without `after`, only what is
new comes. `event` is the event's name, or `unreadable`; `data` has the deal and the event, without personal values,
which `withheld` names."""


class Wanted:
    """What a listener asked for; nothing named is everything."""

    def __init__(
        self,
        deal: Annotated[str | None, Query(description="Only of this deal.", max_length=200)] = None,
        name: Annotated[list[str] | None, Query(description="Only events of these names.", max_length=50)] = None,
    ) -> None:
        self.deal, self.names = deal, frozenset(name or ())

    def of(self, frames: Sequence[Frame]) -> bytes:
        """These of the frames, as they go out together."""
        return b"".join(frame.text for frame in frames if self._takes(frame))

    def _takes(self, frame: Frame) -> bool:
        return self.deal in (None, frame.deal) and (not self.names or frame.name in self.names)


class Listeners:
    """Those who listen to one tail, a bounded number."""

    def __init__(self, engine: Engine, most: int) -> None:
        self._engine, self._most = engine, most
        self.tail = Tail(engine)
        self.count = 0

    def end(self) -> None:
        """Let all of them go; they come back, and go on where they left off."""
        self.tail.end()

    def begins(self, after: int | None) -> int:
        """After which position to begin; raises BadValue for one that the log has not come to."""
        head = self._engine.position()
        if after is not None and after > head:
            raise BadValue("after", str(after), f"a position of this log, which ends at {head}")
        return head if after is None else after

    def full(self) -> bool:
        """Whether nobody more is taken."""
        return self.count >= self._most

    async def told(self, after: int, wanted: Wanted, *, follow: bool) -> AsyncIterator[bytes]:
        """What one listener is sent."""
        self.count += 1
        try:
            yield b"retry: %d\n\n" % AGAIN_MILLISECONDS
            until = asyncio.get_running_loop().time() + LIFE_SECONDS
            while not self.tail.ended and asyncio.get_running_loop().time() < until:
                news = self.tail.news()
                frames, reached, done = await self._next(after)
                if said := wanted.of(frames):
                    yield said
                after = reached
                if done and not follow:
                    return
                if done and not await _within(news, HEARTBEAT_SECONDS):
                    yield b": still here\n\n"
        finally:
            self.count -= 1

    async def _next(self, after: int) -> tuple[Sequence[Frame], int, bool]:
        """The next frames, up to where they go, and whether that is the end for now."""
        frames = self.tail.after(after)
        if frames is not None:
            return frames, frames[-1].position if frames else after, True
        rows = await anyio.to_thread.run_sync(self._engine.log_rows, after, BATCH)
        return frames_of(rows), rows[-1].position if rows else after, len(rows) < BATCH


async def _within(news: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await news.wait()
    except TimeoutError:
        return False
    return True


def add_to(router: APIRouter, now: Callable[[], Listeners]) -> None:
    """Add the one route; `now` are the listeners of this life."""

    def live_events(
        request: Request,
        wanted: Annotated[Wanted, Depends()],
        after: Annotated[int | None, Query(description="Begin behind this position.", ge=0, le=MOST_POSITION)] = None,
        follow: Annotated[bool, Query(description="Go on with what is new; else it ends with the log.")] = True,
        last_event_id: Annotated[str | None, Header(alias="Last-Event-ID", pattern=r"^\d{1,18}$")] = None,
    ) -> Response:  # fmt: skip
        listeners = now()
        if listeners.full():
            return problem(TOO_MANY_LISTENERS, "listen again in a while", request.url.path)
        begin = listeners.begins(int(last_event_id) if last_event_id else after)
        told = listeners.told(begin, wanted, follow=follow)
        return StreamingResponse(told, media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    answers: dict[int | str, dict[str, Any]] = {
        200: {"description": "Events, without an end.", "content": {"text/event-stream": _STREAM}}
    }
    router.add_api_route(
        "/events", live_events, methods=["GET"], operation_id="live_events", summary="Every event as it is recorded",
        description=_ABOUT, tags=["live"], response_model=None, response_class=StreamingResponse,
        responses={**answers, **problem_responses(400, 403, 422, 500, 503)},
    )  # fmt: skip
