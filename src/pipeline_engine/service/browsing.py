"""`/docs`: the API to look at and try in a browser, from files that are installed here; nothing is asked of others."""

from html import escape
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

# The scripts of Swagger UI come from this package; only where its files are is asked of it.
_FILES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="{root}/docs/swagger-ui.css"></head>
<body><div id="swagger-ui" data-url="{root}/openapi.json"></div>
<script src="{root}/docs/swagger-ui-bundle.js"></script><script src="{root}/docs/begin.js"></script></body></html>
"""
# A script of its own, since the page's policy runs none that is written into the page.
_BEGIN = """const place = document.getElementById("swagger-ui");
SwaggerUIBundle({url: place.dataset.url, domNode: place, deepLinking: true, validatorUrl: null,
  docExpansion: "none", tagsSorter: "alpha", operationsSorter: "method"});
"""


def routes(title: str) -> APIRouter:
    """The page and its files."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def docs(request: Request) -> Response:
        """The page."""
        root = escape(request.scope.get("root_path", "").rstrip("/"))
        return HTMLResponse(_PAGE.format(title=escape(title), root=root))

    @router.get("/docs/begin.js")
    async def begin() -> Response:
        """What begins it."""
        return Response(_BEGIN, media_type="text/javascript")

    @router.get("/docs/{name}")
    async def file(name: str) -> Response:
        """A script or a style of it."""
        if name not in _FILES:
            return Response(status_code=404)
        return FileResponse(_folder() / name, media_type=_FILES[name], headers={"Cache-Control": "max-age=86400"})

    return router


def _folder() -> Path:
    found = find_spec("fastapi_offline")
    assert found is not None, "it is in the extra `service`"
    return Path(found.origin or "").parent / "static"
