"""Over many deals at once: bulk commands with what became of each, planned deals, approvals that came to their end."""

from typing import Annotated, Any, Literal

from fastapi import Response
from pydantic import Field, StrictBool, StrictStr

from pipeline_engine.deal import AssignOwner, Command, LoseDeal, MoveDeal, SetFields, WinDeal
from pipeline_engine.documents import (
    BulkDocument,
    ExpiredDocument,
    OpeningDocument,
    PlannedDocument,
    bulk_document,
    expired_documents,
    opening_document,
    planned_document,
)
from pipeline_engine.service.api.resource import Body, MinPosition, Once, Resource, answer, get, post
from pipeline_engine.service.api.windows import End
from pipeline_engine.service.commands import Asked, Fields

MOST_DEALS = 10_000


class BulkMove(Body):
    """Another stage."""

    kind: Literal["move"]
    to: StrictStr
    reason: StrictStr | None = None


class BulkAssign(Body):
    """Another owner."""

    kind: Literal["assign"]
    to: StrictStr
    why: StrictStr | None = None


class BulkSet(Body):
    """The same fields."""

    kind: Literal["set"]
    values: Fields


class BulkWin(Body):
    """Closed as won."""

    kind: Literal["win"]


class BulkLose(Body):
    """Closed as lost."""

    kind: Literal["lose"]
    reason: StrictStr
    competitor: StrictStr | None = None
    note: StrictStr | None = None


What = Annotated[BulkMove | BulkAssign | BulkSet | BulkWin | BulkLose, Field(discriminator="kind")]


class BulkAsk(Asked):
    """One thing for many deals."""

    what: What
    deals: Annotated[list[StrictStr], Field(max_length=MOST_DEALS, description="The deals' ids, in this order.")]
    all_or_nothing: Annotated[StrictBool, Field(description="All of them in one transaction, or none.")] = False
    dry_run: Annotated[StrictBool, Field(description="Say what would become of each; nothing is recorded.")] = False


class Many(Resource):
    """Each answers deal by deal."""

    @post("/bulk", BulkDocument)
    def bulk(self, ask: BulkAsk, how: Once) -> Response:
        """One thing for many deals, each on its own or all or nothing; 200 says of each what became of it."""
        kind, what = _command(ask.what)
        commands = self.engine.commands_for(kind, ask.deals, what, **how.of(ask))
        found = self.engine.bulk(
            list(commands), all_or_nothing=ask.all_or_nothing, dry_run=ask.dry_run, at_given=ask.at is not None
        )
        return answer(bulk_document(found, together=ask.all_or_nothing, dry_run=ask.dry_run))

    @get("/follow-ups", list[PlannedDocument])
    def list_follow_ups(self, due_by: End = None, min_position: MinPosition = None) -> Response:
        """The deals that wins lead to and that are not there yet, by the moment they are due."""
        self.reached(min_position)
        return answer([planned_document(each) for each in self.engine.follow_ups(due_by)])

    @post("/follow-ups", list[OpeningDocument])
    def open_follow_ups(self, ask: Asked, how: Once) -> Response:
        """Open every planned deal that is due, each once; one that cannot be opened is told with why."""
        return answer([opening_document(each) for each in self.engine.open_follow_ups(**how.of(ask))])

    @post("/expiries", list[ExpiredDocument])
    def announce_expiries(self, ask: Asked, how: Once) -> Response:
        """Record of every approval and waiver that has come to its end that it has, of each once."""
        return answer(expired_documents(self.engine.announce_expiries(**how.of(ask))))


def _command(what: BulkMove | BulkAssign | BulkSet | BulkWin | BulkLose) -> tuple[type[Command], dict[str, Any]]:
    match what:
        case BulkMove():
            return MoveDeal, {"target": what.to, "reason": what.reason}
        case BulkAssign():
            return AssignOwner, {"owner": what.to, "why": what.why}
        case BulkSet():
            return SetFields, {"values": what.values}
        case BulkLose():
            return LoseDeal, {"reason": what.reason, "competitor": what.competitor, "note": what.note}
    return WinDeal, {}
