"""A process that serves, for bench/service.py: the engine's application as `serve` runs it, or the framework's own.

The engine's may be asked for alone: without timers, bus and jobs, which `serve` runs beside it unless they are off.

Both tell the processor time and the memory of their process at `/cpu`. The peer answers with a deal's document
that is made once, through the framework's own models.
"""

import resource
import sys
import time
from typing import Any

import uvicorn
from fastapi import FastAPI

from pipeline_engine import Engine
from pipeline_engine.documents import DealDocument, deal_document
from pipeline_engine.service.application import Service
from pipeline_engine.service.logs import to_standard_error
from pipeline_engine.service.settings import ServiceSettings


def cpu() -> dict[str, float]:
    """The seconds of processor time of this process, all threads, and its memory at most so far."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": time.process_time(), "bytes": most if sys.platform == "darwin" else most * 1024}


def ours(engine: Engine, settings: ServiceSettings) -> FastAPI:
    """The application with its middleware and its log."""
    app = Service(engine, settings).app(to_standard_error())
    app.add_api_route("/cpu", cpu)
    return app


def peers(engine: Engine, deal: str) -> FastAPI:
    """A route that returns the same document as it lies there."""
    app, document = FastAPI(), deal_document(engine, engine.deal(deal))

    def hello(name: str) -> Any:
        return document

    app.add_api_route("/hello/{name}", hello, response_model=DealDocument)
    app.add_api_route("/cpu", cpu)
    return app


def main(url: str, port: str, which: str) -> None:
    """Serve the engine, `whole` or `alone`, or the peer with the deal that is named."""
    settings = {"whole": ServiceSettings(), "alone": ServiceSettings(bus="", timers=False, jobs=False)}
    with Engine.open(url) as engine:
        app = ours(engine, settings[which]) if which in settings else peers(engine, which)
        uvicorn.run(app, port=int(port), http="httptools", ws="none", log_config=None, access_log=False)


main(*sys.argv[1:])
