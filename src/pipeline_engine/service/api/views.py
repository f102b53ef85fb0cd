"""`/v1/views` and `/v1/audit`: what the log means, and what an auditor asks of it."""

from typing import Annotated, Any, Literal

from fastapi import Query, Response

from pipeline_engine.documents import AuditDocument, BottlenecksDocument, FunnelDocument, HealthDocument
from pipeline_engine.errors import UnknownName
from pipeline_engine.service.api.resource import MOST_POSITION, MinPosition, Resource, answer, get
from pipeline_engine.service.api.windows import End, Events, Filters, Window

Audit = Literal["bypasses", "waivers", "approvals", "refusals", "corrections"]
Before = Annotated[int | None, Query(description="`next` of the page before.", ge=1, le=MOST_POSITION)]
Limit = Annotated[int, Query(description="The most rows of the page.", ge=1, le=100)]


class Views(Resource):
    """Health, bottlenecks and the funnel; each says the position and the moment it answers for."""

    @get("/views/health", HealthDocument)
    def view_health(self, wanted: Filters, min_position: MinPosition = None) -> Response:
        """How the pipeline stands: open deals and value by stage, how long they stay, and which need a look."""
        self.ready_for(min_position, *wanted.people)
        return answer(self.engine.health(**wanted.given).to_json())

    @get("/views/bottlenecks", BottlenecksDocument)
    def view_bottlenecks(
        self, wanted: Filters, window: Window,
        min_position: MinPosition = None,
    ) -> Response:  # fmt: skip
        """Where deals get stuck, the worst stage first, and what they wait for."""
        self.ready_for(min_position, *wanted.people)
        return answer(self.engine.bottlenecks(**wanted.given, **window.given).to_json())

    @get("/views/funnel", FunnelDocument)
    def view_funnel(self, wanted: Filters, min_position: MinPosition = None) -> Response:
        """How far deals get: each counted once, by the furthest stage it reached, lost ones included."""
        self.ready_for(min_position, *wanted.people)
        return answer(self.engine.funnel(**wanted.given).to_json())

    @get("/views/{view}", HealthDocument)
    def view_other(self, view: str) -> Response:
        """No other view is there: 404 says which are."""
        raise UnknownName(view, ("health", "bottlenecks", "funnel"), "the list of views")


class Audits(Resource):
    """Each a page of rows, the latest recorded first, and totals over all that was asked for."""

    @get("/audit/{what}", AuditDocument)
    def audit(
        self, what: Audit, events: Events, window: Window, *,
        known_at: End = None, limit: Limit = 50, before: Before = None,
    ) -> Response:  # fmt: skip
        """Who went past the gate, and who waived, approved, refused and corrected what."""
        self.ready_for(None, *events.people)
        given = {**events.given, **window.given, "known_at": known_at, "limit": limit, "before": before}
        # A correction is about no rule.
        asked = {name: value for name, value in given.items() if value is not None}
        found: Any = getattr(self.engine, f"audit_{what}")(**asked)
        return answer(found.to_json())
