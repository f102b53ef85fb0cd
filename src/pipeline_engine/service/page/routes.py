"""`/approve/…`: looking at a case never decides it, since scanners of mail open links; a decision is sent by its form.

There is no script on the page, nothing from elsewhere, and no word of a deal outside the page itself.
"""

from collections.abc import Mapping
from importlib.resources import files
from urllib.parse import parse_qs

import anyio.to_thread
from fastapi import APIRouter
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pipeline_engine.engine import Engine
from pipeline_engine.errors import BadValue, ChangedSince, PipelineError, StaleVersion, StoreUnreachable
from pipeline_engine.service.page.case import DONE, case_of, decide, shown, why_not
from pipeline_engine.service.problem_kinds import kind_of

MOST_FORM_BYTES = 16 * 1024
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}
_PAGES = Environment(
    loader=PackageLoader("pipeline_engine.service.page"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip
_PAGES.filters["shown"] = shown


def add_to(router: APIRouter, engine: Engine) -> None:
    """Add the page, its form, and its style; they are no part of the API's description."""
    pages = Pages(engine)
    router.add_api_route("/approve/style.css", style, methods=["GET"], include_in_schema=False)
    router.add_api_route("/approve/{token}", pages.look, methods=["GET"], include_in_schema=False)
    router.add_api_route("/approve/{token}", pages.decided, methods=["POST"], include_in_schema=False)


async def style() -> Response:
    """How the page looks."""
    text = files("pipeline_engine.service.page").joinpath("templates/style.css").read_bytes()
    return Response(text, media_type="text/css", headers={"Cache-Control": "max-age=3600"})


class Pages:
    """The pages of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def look(self, token: str) -> Response:
        """The case; nothing is recorded."""
        try:
            return self._case(token)
        except PipelineError as error:
            return _no(error)

    async def decided(self, token: str, request: Request) -> Response:
        """What the form said is done, and told."""
        said = await _form(request)
        return await anyio.to_thread.run_sync(self._decided, token, said)

    def _case(self, token: str, wrong: str = "", reason: str = "", status: int = 200) -> Response:
        case = case_of(self._engine, self._engine.opened_link(token))
        return _page("case.html", status, case=case, token=token, wrong=wrong, reason=reason)

    def _decided(self, token: str, said: Mapping[str, str] | None) -> Response:
        try:
            link = self._engine.opened_link(token)
            if said is None:
                return self._case(token, "The form came incomplete; please send it again.", "", 422)
            outcome, decision = decide(self._engine, token, link, said)
        except (ChangedSince, StaleVersion):
            changed = "The deal has changed since you looked. This is how it stands now; please decide again."
            return self._case(token, changed, said.get("reason", "") if said else "", 409)
        except BadValue as error:
            return self._again(token, error, said)
        except PipelineError as error:
            return _no(error)
        if (why := why_not(outcome)) is not None:
            return _page("said.html", 403, title="You cannot decide this", text=f"You may not: {why}.", link=link)
        return _page("said.html", 200, title=f"It is {DONE[decision]}", text="It is recorded.", link=link)

    def _again(self, token: str, error: BadValue, said: Mapping[str, str] | None) -> Response:
        try:
            return self._case(token, f"{error}", said.get("reason", "") if said else "", 422)
        except PipelineError as no:
            return _no(no)


async def _form(request: Request) -> dict[str, str] | None:
    """The fields of the form, the last of each name; None where it is no form, or a large one."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_FORM_BYTES:
            return None
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=20)
    except (ValueError, UnicodeDecodeError):
        return None
    return {name: values[-1] for name, values in fields.items()} if kind.endswith("x-www-form-urlencoded") else None


def _no(error: PipelineError) -> Response:
    """A page that says why there is no case to look at."""
    if isinstance(error, BadValue):
        text = "This link cannot be used: it is over, was changed on the way, or was made elsewhere. Ask for a new one."
        return _page("said.html", 404, title="No such link", text=text, link=None)
    if isinstance(error, StoreUnreachable):
        text = "The deals cannot be reached at the moment. Nothing was decided; please try again in a minute."
        return _page("said.html", 503, title="Not now", text=text, link=None)
    return _page("said.html", kind_of(error).status, title="That cannot be done", text=f"{error}", link=None)


def _page(name: str, status: int, **parts: object) -> Response:
    return HTMLResponse(_PAGES.get_template(name).render(**parts), status, HEADERS)
