"""`POST /v1/deals` and below: what moves a deal, and what is recorded of it, by the models that the bus reads too."""

from typing import Annotated

from fastapi import Response
from pydantic import Field
from starlette.requests import Request

from pipeline_engine.service.api.resource import DealId, Headers, Resource, beside, command
from pipeline_engine.service.commands import (
    Assign,
    Attach,
    Contact,
    Log,
    Lose,
    Move,
    NextStep,
    Note,
    Observe,
    Open,
    Reopen,
    Set,
    Tick,
    Unlink,
    Win,
)


class OpenNew(Open):
    """Open a deal under a process; which one comes in the body, since it has no address yet."""

    deal: Annotated[str, Field(description="The id of the new deal.", examples=["D-1"], exclude=True)]


class DealCommands(Resource):
    """Opening, moving, closing, and what is noted on the way."""

    @command("/deals", status=201)
    def open_deal(self, request: Request, asked: OpenNew, how: Headers) -> Response:
        """Open a deal under the version of a process that is in force."""
        wanted = Open.model_construct(**{name: getattr(asked, name) for name in Open.model_fields})
        answer = self.came_of(asked.deal, wanted, how, 201)
        answer.headers["Location"] = beside(request, "deals", asked.deal)
        return answer

    @command("/deals/{deal}/moves")
    def move_deal(self, deal: DealId, asked: Move, how: Headers) -> Response:
        """Ask the gate for another stage; 409 says which rules said no, what they saw and what would meet them."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/outcome/win")
    def win_deal(self, deal: DealId, asked: Win, how: Headers) -> Response:
        """Ask the gate to close the deal as won."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/outcome/lose")
    def lose_deal(self, deal: DealId, asked: Lose, how: Headers) -> Response:
        """Ask the gate to close the deal as lost, for a reason of the process."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/outcome/reopen")
    def reopen_deal(self, deal: DealId, asked: Reopen, how: Headers) -> Response:
        """Ask the gate to open a won or lost deal again, in the stage it stood in."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/owner")
    def assign_deal(self, deal: DealId, asked: Assign, how: Headers) -> Response:
        """Give the deal to another owner."""
        self.known(asked.owner)
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/fields")
    def set_fields(self, deal: DealId, asked: Set, how: Headers) -> Response:
        """Set fields of a deal; amounts and days are text, null clears a field."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/contacts")
    def link_contact(self, deal: DealId, asked: Contact, how: Headers) -> Response:
        """Link a person on the customer's side to the deal, in a role of the process."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/contacts/unlink")
    def unlink_contact(self, deal: DealId, asked: Unlink, how: Headers) -> Response:
        """Let a person on the customer's side go from a role in the deal."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/activities")
    def log_activity(self, deal: DealId, asked: Log, how: Headers) -> Response:
        """Log that something was done with the customer."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/documents")
    def attach_document(self, deal: DealId, asked: Attach, how: Headers) -> Response:
        """Attach a document of a kind the process knows, by the SHA-256 of its content."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/checklist")
    def tick_item(self, deal: DealId, asked: Tick, how: Headers) -> Response:
        """Tick an item of a checklist or of the plan, or take the tick back with `undo`."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/next-step")
    def set_next_step(self, deal: DealId, asked: NextStep, how: Headers) -> Response:
        """Say what comes next with a deal, and by when; the last one said is the one that holds."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/notes")
    def record_note(self, deal: DealId, asked: Note, how: Headers) -> Response:
        """Record a note; kept sealed."""
        return self.came_of(deal, asked, how)

    @command("/deals/{deal}/observed")
    def observe_deal(self, deal: DealId, asked: Observe, how: Headers) -> Response:
        """Record what another system did to a deal: past the gate, and only by whom the process names."""
        return self.came_of(deal, asked, how)
