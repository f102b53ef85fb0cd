"""The API: one module a resource, each operation a few lines: parse, one verb of the engine, one document."""

from fastapi import APIRouter

from pipeline_engine.engine import Engine
from pipeline_engine.service.api.deal_beside import DealBeside
from pipeline_engine.service.api.deal_commands import DealCommands
from pipeline_engine.service.api.deal_looks import DealLooks
from pipeline_engine.service.api.following import Following, StoreLooks
from pipeline_engine.service.api.listed import Listed
from pipeline_engine.service.api.many import Many
from pipeline_engine.service.api.people import People
from pipeline_engine.service.api.processes import Processes
from pipeline_engine.service.api.resource import Resource, router_of
from pipeline_engine.service.api.views import Audits, Views
from pipeline_engine.service.settings import ServiceSettings

_ROOMS: dict[str, tuple[type[Resource], ...]] = {
    "deals": (DealLooks, DealCommands, DealBeside),
    "many deals": (Many,),
    "processes": (Processes,),
    "people": (People,),
    "views": (Views, Audits),
    "store": (Following, StoreLooks),
    "problems": (Listed,),
}


def routes(engine: Engine, settings: ServiceSettings) -> APIRouter:
    """Every resource, to be put under `/v1`."""
    router = APIRouter()
    for tag, rooms in _ROOMS.items():
        router.include_router(router_of([room(engine, settings) for room in rooms], tag))
    return router


__all__ = ["routes"]
