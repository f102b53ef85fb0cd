"""`/v1/bus`: what could not be handled, and what the bus is. What could not be sent is parked under `/v1/following`."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Query, Response

from pipeline_engine.engine import Engine
from pipeline_engine.errors import BadValue
from pipeline_engine.service.api.resource import Resource, answer, get
from pipeline_engine.service.bus import BusService, LettersDocument, describe, letters_document
from pipeline_engine.service.settings import ServiceSettings

Limit = Annotated[int, Query(description="The last so many.", ge=1, le=100)]


class BusLooks(Resource):
    """Looks at the bus that this process is on."""

    def __init__(self, engine: Engine, settings: ServiceSettings, bus: Callable[[], BusService | None]) -> None:
        super().__init__(engine, settings)
        self._bus = bus

    @get("/bus/dead", LettersDocument)
    def list_dead_letters(self, limit: Limit = 100) -> Response:
        """Commands that could not be handled, the oldest first, with the reason; they stay where they are."""
        if (service := self._bus()) is None:
            raise BadValue("bus", "none", "a process that is on a bus")
        return answer(letters_document(self.settings.bus_prefix, service.bus.peek(service.channels.dead, limit)))

    @get("/bus/description", dict[str, Any])
    def describe_bus(self) -> Response:
        """The bus as an AsyncAPI 3 document: every event that goes out, and every command that may come in."""
        return answer(describe(self.settings.bus_prefix))
