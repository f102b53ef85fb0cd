"""The API: one module a resource, each operation a few lines: parse, one verb of the engine, one document."""

from typing import Any

from fastapi import APIRouter

from pipeline_engine.engine import Engine
from pipeline_engine.service.api.deal_beside import DealBeside
from pipeline_engine.service.api.deal_commands import DealCommands
from pipeline_engine.service.api.deal_looks import DealLooks
from pipeline_engine.service.api.erasures import ErasureRoom
from pipeline_engine.service.api.following import Following, StoreLooks
from pipeline_engine.service.api.jobs import Jobs
from pipeline_engine.service.api.listed import Listed
from pipeline_engine.service.api.many import Many
from pipeline_engine.service.api.people import People
from pipeline_engine.service.api.processes import Processes
from pipeline_engine.service.api.resource import Resource, Route, add_to
from pipeline_engine.service.api.views import Audits, Views
from pipeline_engine.service.settings import ServiceSettings

_ROOMS: dict[str, tuple[type[Resource], ...]] = {
    "deals": (DealLooks, DealCommands, DealBeside),
    "many deals": (Many,),
    "processes": (Processes,),
    "people": (People, ErasureRoom),
    "views": (Views, Audits),
    "jobs": (Jobs,),
    "store": (Following, StoreLooks),
    "problems": (Listed,),
}


def routes(engine: Engine, settings: ServiceSettings, lifespan: Any = None) -> APIRouter:
    """Every resource under `/v1`, with the life that the router brings along."""
    router = APIRouter(prefix="/v1", route_class=Route, lifespan=lifespan)
    for tag, rooms in _ROOMS.items():
        for room in rooms:
            add_to(router, room(engine, settings), tag)
    return router


__all__ = ["routes"]
