"""How it is reached over a network: HTTP, live events, the bus, timers, jobs.

    app.include_router(engine.router())            # in an application of yours
    pipeline-engine serve                          # by itself

Nothing below knows this room: the engine brings it in by name, since its libraries are the extra `service`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline_engine.service.application import Service, app, mounted, router
    from pipeline_engine.service.serving import serve
    from pipeline_engine.service.settings import DEFAULT_PORT, ServiceSettings
    from pipeline_engine.service.unsafe import UNSAFE_SERVICE, UnsafeSetting

# Brought in when first asked for: a room in here needs the problems, and not the application that is made of all rooms.
_HOMES = {
    "DEFAULT_PORT": "pipeline_engine.service.settings",
    "Service": "pipeline_engine.service.application",
    "ServiceSettings": "pipeline_engine.service.settings",
    "UNSAFE_SERVICE": "pipeline_engine.service.unsafe",
    "UnsafeSetting": "pipeline_engine.service.unsafe",
    "app": "pipeline_engine.service.application",
    "mounted": "pipeline_engine.service.application",
    "router": "pipeline_engine.service.application",
    "serve": "pipeline_engine.service.serving",
}

__all__ = [
    "DEFAULT_PORT", "UNSAFE_SERVICE", "Service", "ServiceSettings", "UnsafeSetting", "app", "mounted", "router",
    "serve",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module `pipeline_engine.service` has no `{name}`; public are {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)
