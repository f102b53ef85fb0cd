"""Below `/v1/deals/{deal}`: approvals and waivers, pauses, handovers, corrections, merging."""

from fastapi import Response
from pydantic import Field
from starlette.requests import Request as HttpRequest

from pipeline_engine.documents import LinkDocument, link_document
from pipeline_engine.service.api.resource import Body, DealId, Headers, Resource, answer, command, post
from pipeline_engine.service.commands import (
    Accept,
    Approve,
    ConfirmCorrection,
    CorrectTime,
    CorrectValue,
    Decline,
    HandOff,
    Merge,
    Pause,
    Reject,
    Request,
    Resume,
    Return,
    Void,
    Waive,
    Withdraw,
)


class LinkAsk(Body):
    """For whom a link is, and about which rule; good for `days`, at most fourteen."""

    rule: str
    person: str
    to: str | None = None
    days: float = Field(default=3.0, gt=0, le=14)


class DealBeside(Resource):
    """What goes on beside a deal's way."""

    @command("/deals/{deal}/approvals/request")
    def request_approval(self, deal: DealId, asked: Request, how: Headers) -> Response:
        """Ask the role that a rule names for its approval."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/approvals/grant")
    def grant_approval(self, deal: DealId, asked: Approve, how: Headers) -> Response:
        """Approve a rule for a move. Refused to the owner, to who asked, and to who does not hold the role."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/approvals/reject")
    def reject_approval(self, deal: DealId, asked: Reject, how: Headers) -> Response:
        """Say no to an approval."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/approvals/return")
    def return_approval(self, deal: DealId, asked: Return, how: Headers) -> Response:
        """Give a request back: something is missing before it can be decided. Who asked may ask again."""
        return self.came_of(deal, asked, how)

    @post("/deals/{deal}/approvals/links", LinkDocument, 404)
    def link_to_approval(self, request: HttpRequest, deal: DealId, ask: LinkAsk) -> Response:
        """Make a link by which one person decides about a rule on a page, without signing in anywhere."""
        self.known(ask.person)
        token, link = self.engine.approval_link(deal, ask.rule, ask.to, person=ask.person, days=ask.days)
        # Below whatever the routes were put, also in another application.
        above = str(request.scope["path"]).removesuffix(f"/v1/deals/{deal}/approvals/links")
        told = link_document(token, link)
        return answer({**told, "path": above + told["path"]})

    @command("/deals/{deal}/waivers")
    def waive_rule(self, deal: DealId, asked: Waive, how: Headers) -> Response:
        """Waive a rule for a move, in a role that the rule names, with a reason."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/pause")
    def pause_deal(self, deal: DealId, asked: Pause, how: Headers) -> Response:
        """Let a deal wait on purpose; what is paused counts in no stay rule, service level or silence."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/resume")
    def resume_deal(self, deal: DealId, asked: Resume, how: Headers) -> Response:
        """Go on with a deal that waits."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/handoffs")
    def hand_off_deal(self, deal: DealId, asked: HandOff, how: Headers) -> Response:
        """Ask somebody to take a deal over: its owner asks, or their manager. It stays until they accept."""
        self.known(asked.to)
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/handoffs/accept")
    def accept_handoff(self, deal: DealId, asked: Accept, how: Headers) -> Response:
        """Take over a deal that you were asked to take."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/handoffs/decline")
    def decline_handoff(self, deal: DealId, asked: Decline, how: Headers) -> Response:
        """Do not take over a deal that you were asked to take: it stays with its owner."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/handoffs/withdraw")
    def withdraw_handoff(self, deal: DealId, asked: Withdraw, how: Headers) -> Response:
        """Take back that somebody was asked to take a deal over."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/corrections/value")
    def correct_value(self, deal: DealId, asked: CorrectValue, how: Headers) -> Response:
        """Say what fields really were. Only those that the event itself says."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/corrections/time")
    def correct_time(self, deal: DealId, asked: CorrectTime, how: Headers) -> Response:
        """Say when it really happened: between the stage events before and after it, and not in the future."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/corrections/void")
    def void_event(self, deal: DealId, asked: Void, how: Headers) -> Response:
        """Say that it did not happen. The last move, win or loss puts the deal back where it was."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/corrections/confirm")
    def confirm_correction(self, deal: DealId, asked: ConfirmCorrection, how: Headers) -> Response:
        """Agree to a correction of a closed deal that somebody else proposed."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/merge")
    def merge_deal(self, deal: DealId, asked: Merge, how: Headers) -> Response:
        """Say that the deal is the same as another one, which goes on; it counts as open no more."""
        return self.came_of(deal, asked, how)
