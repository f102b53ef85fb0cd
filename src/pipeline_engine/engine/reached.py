"""The verbs that put the engine behind HTTP; what they need is the extra `service`, and is brought in when asked."""

from importlib import import_module
from typing import Any

from pipeline_engine.engine.shell import Shell
from pipeline_engine.errors import Rejected

_EXTRA = ("fastapi", "starlette", "uvicorn", "httptools", "jinja2", "prometheus_client", "structlog", "faststream")


class ServiceVerbs(Shell):
    """Options are those of `ServiceSettings`, like `timers=False`."""

    def router(self, **options: Any) -> Any:
        """A FastAPI router with everything under `/v1`: `app.include_router(engine.router())`."""
        return service().router(self, **options)

    def app(self, **options: Any) -> Any:
        """A FastAPI application with the router, health, metrics and documentation, as `serve` runs it."""
        return service().app(self, **options)


def service() -> Any:
    """The room of the service, which is above this one; raises Rejected where its libraries are not installed."""
    try:
        return import_module("pipeline_engine.service")
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in _EXTRA:
            raise
        found = f"the service needs `{missing.name}`, which is not installed"
        raise Rejected(f'{found}; `pip install "pipeline-engine[service]"` brings it') from None
