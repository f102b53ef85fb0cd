"""`/v1/deals` and one deal: looking, without writing."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Literal

from fastapi import Query, Response

from pipeline_engine.documents import (
    ApprovalsDocument,
    DealDocument,
    DealPageDocument,
    HappenedDocument,
    NextDocument,
    PreflightDocument,
    approvals_document,
    deal_document,
    deal_row_document,
    next_document,
    preflight_document,
    timeline_document,
)
from pipeline_engine.errors import BadValue
from pipeline_engine.service.api.resource import LONGEST_NAME, DealId, MinPosition, Resource, answer, get

Text = Annotated[str | None, Query(max_length=LONGEST_NAME)]
Cursor = Annotated[str | None, Query(description="`next` of the page before.", max_length=4 * LONGEST_NAME)]
Limit = Annotated[int | None, Query(description="The most rows of the page, 100 at most.", ge=1, le=1000)]
Status = Annotated[Literal["open", "won", "lost", "merged"] | None, Query()]
By = Annotated[str | None, Query(description="Who would ask; else the deal's owner.", max_length=LONGEST_NAME)]
To = Annotated[str, Query(description="Where to: a stage, or won, lost, reopen.", max_length=LONGEST_NAME)]


class DealLooks(Resource):
    """What deals there are, how one stands, what the gate would say, and everything that happened."""

    @get("/deals", DealPageDocument)
    def list_deals(
        self, *, stage: Text = None, owner: Text = None, status: Status = None, process: Text = None,
        cursor: Cursor = None, limit: Limit = None, min_position: MinPosition = None,
    ) -> Response:  # fmt: skip
        """Deals by id, a page at a time."""
        self.ready_for(min_position, owner)
        self.engine.named(process, stage)
        most = min(limit or self.settings.page, self.settings.page)
        wanted = {"stage": stage, "owner": owner, "status": status, "process": process}
        found = self.engine.deals_after(_after(cursor), most + 1, **wanted)
        following = _cursor(found[most - 1].id) if len(found) > most else None
        return answer({"deals": [deal_row_document(each) for each in found[:most]], "next": following})

    @get("/deals/{deal}", DealDocument, 404)
    def show_deal(self, deal: DealId, min_position: MinPosition = None) -> Response:
        """A deal as it stands; its `ETag` is the version that a write's `If-Match` names."""
        self.reached(min_position)
        found = self.engine.deal(deal)
        return answer(deal_document(self.engine, found), headers={"ETag": f'"{found.solid_version}"'})

    @get("/deals/{deal}/next", NextDocument, 404)
    def next_of_deal(self, deal: DealId, by: By = None, min_position: MinPosition = None) -> Response:
        """What the gate would say of every way from here: what is missing, how to fix it, who could help."""
        self.reached(min_position)
        return answer(next_document(self.engine, deal, by))

    @get("/deals/{deal}/preflight", PreflightDocument, 404, 409)
    def preflight_deal(
        self, deal: DealId, to: To, by: By = None, reason: Annotated[str | None, Query(max_length=10_000)] = None
    ) -> Response:
        """What the gate would say of one move, win, loss or reopening now; nothing is written."""
        standing = self.engine.deal(deal)
        said = self.engine.preflight(deal, to, by=by or standing.owner or "somebody", reason=reason)
        return answer(preflight_document(standing, said))

    @get("/deals/{deal}/timeline", list[HappenedDocument], 404)
    def timeline_of_deal(self, deal: DealId, min_position: MinPosition = None) -> Response:
        """Every event of a deal, oldest first, each marked whether it really happened."""
        self.reached(min_position)
        return answer(timeline_document(self.engine.timeline(deal)))

    @get("/deals/{deal}/approvals", ApprovalsDocument, 404)
    def approvals_of_deal(self, deal: DealId, min_position: MinPosition = None) -> Response:
        """Who approved and waived what, what they saw, what changed since, and what is still asked for."""
        self.reached(min_position)
        return answer(approvals_document(self.engine, deal))


def _cursor(deal_id: str) -> str:
    """Where the next page goes on; made to be passed on, not read."""
    return urlsafe_b64encode(deal_id.encode()).decode().rstrip("=")


def _after(cursor: str | None) -> str:
    try:
        return urlsafe_b64decode((cursor or "") + "=" * (-len(cursor or "") % 4)).decode()
    except ValueError:
        raise BadValue("cursor", cursor, "`next` of the page before, as it is") from None
