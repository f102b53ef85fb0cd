"""Below `/v1/deals/{deal}`: approvals and waivers, pauses, handovers, corrections, merging."""

from fastapi import Response

from pipeline_engine.service.api.asked import (
    Ask,
    CorrectAsk,
    CorrectTimeAsk,
    CorrectValueAsk,
    EventVersion,
    GrantAsk,
    HandoffAsk,
    MergeAsk,
    NoAsk,
    PauseAsk,
    ReasonAsk,
    RequestAsk,
    WaiveAsk,
    raw,
)
from pipeline_engine.service.api.resource import DealId, Headers, Resource, came_of, command


class DealBeside(Resource):
    """What goes on beside a deal's way."""

    @command("/deals/{deal}/approvals/requests")
    def request_approval(self, deal: DealId, ask: RequestAsk, how: Headers) -> Response:
        """Ask the role that a rule names for its approval."""
        return came_of(self.engine.request(deal, ask.rule, ask.to, ask.note, **how.of(ask)))

    @command("/deals/{deal}/approvals/grants")
    def grant_approval(self, deal: DealId, ask: GrantAsk, how: Headers) -> Response:
        """Approve a rule for a move. Refused to the owner, to who asked, and to who does not hold the role."""
        return came_of(self.engine.approve(deal, ask.rule, ask.to, ask.expires_at, seen=ask.seen, **how.of(ask)))

    @command("/deals/{deal}/approvals/rejections")
    def reject_approval(self, deal: DealId, ask: NoAsk, how: Headers) -> Response:
        """Say no to an approval."""
        return came_of(self.engine.reject(deal, ask.rule, ask.reason, ask.to, **how.of(ask)))

    @command("/deals/{deal}/approvals/returns")
    def return_approval(self, deal: DealId, ask: NoAsk, how: Headers) -> Response:
        """Give a request back: something is missing before it can be decided. Who asked may ask again."""
        return came_of(self.engine.return_approval(deal, ask.rule, ask.reason, ask.to, **how.of(ask)))

    @command("/deals/{deal}/waivers")
    def waive_rule(self, deal: DealId, ask: WaiveAsk, how: Headers) -> Response:
        """Waive a rule for a move, in a role that the rule names, with a reason."""
        outcome = self.engine.waive(deal, ask.rule, ask.reason, ask.to, ask.expires_at, seen=ask.seen, **how.of(ask))
        return came_of(outcome)

    @command("/deals/{deal}/pause")
    def pause_deal(self, deal: DealId, ask: PauseAsk, how: Headers) -> Response:
        """Let a deal wait on purpose; what is paused counts in no stay rule, service level or silence."""
        return came_of(self.engine.pause(deal, ask.reason, ask.until, **how.of(ask)))

    @command("/deals/{deal}/resume")
    def resume_deal(self, deal: DealId, ask: Ask, how: Headers) -> Response:
        """Go on with a deal that waits."""
        return came_of(self.engine.resume(deal, **how.of(ask)))

    @command("/deals/{deal}/handoffs")
    def hand_off_deal(self, deal: DealId, ask: HandoffAsk, how: Headers) -> Response:
        """Ask somebody to take a deal over: its owner asks, or their manager. It stays until they accept."""
        return came_of(self.engine.hand_off(deal, ask.to, ask.why, **how.of(ask)))

    @command("/deals/{deal}/handoffs/accept")
    def accept_handoff(self, deal: DealId, ask: Ask, how: Headers) -> Response:
        """Take over a deal that you were asked to take."""
        return came_of(self.engine.accept(deal, **how.of(ask)))

    @command("/deals/{deal}/handoffs/decline")
    def decline_handoff(self, deal: DealId, ask: ReasonAsk, how: Headers) -> Response:
        """Do not take over a deal that you were asked to take: it stays with its owner."""
        return came_of(self.engine.decline(deal, ask.reason, **how.of(ask)))

    @command("/deals/{deal}/handoffs/withdraw")
    def withdraw_handoff(self, deal: DealId, ask: ReasonAsk, how: Headers) -> Response:
        """Take back that somebody was asked to take a deal over."""
        return came_of(self.engine.withdraw(deal, ask.reason, **how.of(ask)))

    @command("/deals/{deal}/corrections")
    def correct_deal(self, deal: DealId, ask: CorrectAsk, how: Headers) -> Response:
        """Say what really was: a value, a time, or that something did not happen. Nothing is deleted."""
        match ask:
            case CorrectValueAsk():
                return came_of(self.engine.correct_value(deal, ask.version, raw(ask.values), ask.reason, **how.of(ask)))
            case CorrectTimeAsk():
                return came_of(self.engine.correct_time(deal, ask.version, ask.really_at, ask.reason, **how.of(ask)))
        return came_of(self.engine.void(deal, ask.version, ask.reason, **how.of(ask)))

    @command("/deals/{deal}/corrections/{version}/confirm")
    def confirm_correction(self, deal: DealId, version: EventVersion, ask: Ask, how: Headers) -> Response:
        """Agree to a correction of a closed deal that somebody else proposed."""
        return came_of(self.engine.confirm_correction(deal, version, **how.of(ask)))

    @command("/deals/{deal}/merge")
    def merge_deal(self, deal: DealId, ask: MergeAsk, how: Headers) -> Response:
        """Say that the deal is the same as another one, which goes on; it counts as open no more."""
        return came_of(self.engine.merge(deal, ask.into, ask.reason, **how.of(ask)))
