"""`POST /v1/deals` and below: what moves a deal, and what is recorded of it. Each is one verb of the engine."""

from urllib.parse import quote

from fastapi import Response

from pipeline_engine.service.api.asked import (
    ActivityAsk,
    ContactAsk,
    DocumentAsk,
    FieldsAsk,
    ItemAsk,
    LoseAsk,
    MoveAsk,
    NextStepAsk,
    NoteAsk,
    ObservedAsk,
    OpenDealAsk,
    OutcomeAsk,
    OwnerAsk,
    ReopenAsk,
    raw,
)
from pipeline_engine.service.api.resource import DealId, Headers, Resource, came_of, command


class DealCommands(Resource):
    """Opening, moving, closing, and what is noted on the way."""

    @command("/deals", status=201)
    def open_deal(self, ask: OpenDealAsk, how: Headers) -> Response:
        """Open a deal under the version of a process that is in force."""
        outcome = self.engine.open_deal(
            ask.deal, process=ask.process, owner=ask.owner or ask.by, fields=raw(ask.fields), stage=ask.stage,
            title=ask.title, **how.of(ask),
        )  # fmt: skip
        answer = came_of(outcome, 201)
        answer.headers["Location"] = f"/v1/deals/{quote(ask.deal, safe='')}"
        return answer

    @command("/deals/{deal}/moves")
    def move_deal(self, deal: DealId, ask: MoveAsk, how: Headers) -> Response:
        """Ask the gate for another stage; 409 says which rules said no, what they saw and what would meet them."""
        return came_of(self.engine.move(deal, ask.to, ask.reason, **how.of(ask)))

    @command("/deals/{deal}/outcome")
    def close_or_reopen_deal(self, deal: DealId, ask: OutcomeAsk, how: Headers) -> Response:
        """Ask the gate to close the deal as won or lost, or to open it again."""
        match ask:
            case LoseAsk():
                return came_of(self.engine.lose(deal, ask.reason, ask.competitor, ask.note, **how.of(ask)))
            case ReopenAsk():
                return came_of(self.engine.reopen(deal, ask.reason, **how.of(ask)))
        return came_of(self.engine.win(deal, **how.of(ask)))

    @command("/deals/{deal}/owner")
    def assign_deal(self, deal: DealId, ask: OwnerAsk, how: Headers) -> Response:
        """Give the deal to another owner."""
        return came_of(self.engine.assign(deal, ask.to, ask.why, **how.of(ask)))

    @command("/deals/{deal}/fields")
    def set_fields(self, deal: DealId, ask: FieldsAsk, how: Headers) -> Response:
        """Set fields of a deal; null clears one."""
        return came_of(self.engine.set(deal, raw(ask.values), **how.of(ask)))

    @command("/deals/{deal}/contacts")
    def link_contact(self, deal: DealId, ask: ContactAsk, how: Headers) -> Response:
        """Link a person on the customer's side to the deal, or let them go."""
        link = self.engine.unlink if ask.unlink else self.engine.contact
        return came_of(link(deal, ask.contact, ask.role, **how.of(ask)))

    @command("/deals/{deal}/activities")
    def log_activity(self, deal: DealId, ask: ActivityAsk, how: Headers) -> Response:
        """Log that something was done with the customer."""
        return came_of(self.engine.log(deal, ask.kind, ask.with_whom, ask.minutes, **how.of(ask)))

    @command("/deals/{deal}/documents")
    def attach_document(self, deal: DealId, ask: DocumentAsk, how: Headers) -> Response:
        """Attach a document of a kind the process knows, by the SHA-256 of its content."""
        return came_of(self.engine.attach(deal, ask.name, ask.sha256, **how.of(ask)))

    @command("/deals/{deal}/checklist")
    def tick_item(self, deal: DealId, ask: ItemAsk, how: Headers) -> Response:
        """Tick an item of a checklist or of the plan, or take the tick back."""
        return came_of(self.engine.tick(deal, ask.item, ask.undo, **how.of(ask)))

    @command("/deals/{deal}/next-step")
    def set_next_step(self, deal: DealId, ask: NextStepAsk, how: Headers) -> Response:
        """Say what comes next with a deal, and by when; the last one said is the one that holds."""
        return came_of(self.engine.next_step(deal, ask.text, ask.due, **how.of(ask)))

    @command("/deals/{deal}/notes")
    def record_note(self, deal: DealId, ask: NoteAsk, how: Headers) -> Response:
        """Record a note."""
        return came_of(self.engine.note(deal, ask.text, **how.of(ask)))

    @command("/deals/{deal}/observed")
    def observe_deal(self, deal: DealId, ask: ObservedAsk, how: Headers) -> Response:
        """Record what another system did to a deal: past the gate, and only by whom the process names."""
        outcome = self.engine.observe(
            deal, ask.to, source=ask.source, key=ask.key, reason=ask.reason, amount=ask.amount, reopens=ask.reopens,
            **how.of(ask),
        )  # fmt: skip
        return came_of(outcome)
