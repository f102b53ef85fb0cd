"""`/v1/people`: who there is, which roles they hold and lend, and what waits for each."""

from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import Field, StrictStr

from pipeline_engine.documents import (
    AppliedDocument,
    AwaitedDocument,
    CalledDocument,
    DueDocument,
    HandedDocument,
    LoanDocument,
    PersonDocument,
    applied_document,
    awaited_document,
    called_document,
    due_document,
    handed_document,
    loan_document,
    person_document,
)
from pipeline_engine.engine import Loan
from pipeline_engine.service.api.resource import (
    LONGEST_NAME,
    MinPosition,
    Once,
    Resource,
    answer,
    get,
    post,
)
from pipeline_engine.service.commands import Asked, Moment
from pipeline_engine.service.problems import SaidNo
from pipeline_engine.team import load_people

PersonId = Annotated[str, Path(description="Somebody's id.", max_length=LONGEST_NAME)]
Source = Annotated[StrictStr, Field(description="A people file in YAML, as text.", max_length=1_000_000)]
Most = Annotated[int, Query(description="At most so many.", ge=1, le=100)]
Role = Annotated[StrictStr, Field(description="The role, as rules name it; `owner.manager` is one.")]


class RegisterAsk(Asked):
    """What the register is to be."""

    people: Source


class LoanAsk(Asked):
    """Which role of whom is lent."""

    lender: Annotated[StrictStr, Field(description="Whose role it is.")]
    role: Role


class LendAsk(LoanAsk):
    """Which role of whom is lent, and until when."""

    until: Annotated[Moment, Field(description="When it is over by itself.")]


class People(Resource):
    """The register, loans of roles, and what waits for somebody."""

    @get("/people", list[PersonDocument])
    def list_people(self, min_position: MinPosition = None) -> Response:
        """Everybody with their roles, team, manager, skills and what is lent to them."""
        self.reached(min_position)
        return answer([person_document(each) for each in self.engine.people()])

    @post("/people", AppliedDocument)
    def apply_people(self, ask: RegisterAsk, how: Once) -> Response:
        """Make the register what a people file says. Who is not in it keeps no role."""
        return answer(applied_document(self.engine.apply_register(load_people(ask.people, "people"), **how.of(ask))))

    @post("/people/{person}/loans", LoanDocument)
    def lend_role(self, person: PersonId, ask: LendAsk, how: Once) -> Response:
        """Lend this person a role until a moment: by whose role it is, or whom they report to."""
        return _came_of(self.engine.delegate(ask.lender, person, ask.role, ask.until, **how.of(ask)))

    @post("/people/{person}/loans/end", LoanDocument)
    def end_loan(self, person: PersonId, ask: LoanAsk, how: Once) -> Response:
        """End a loan to this person before its time."""
        return _came_of(self.engine.end_delegation(ask.lender, person, ask.role, **how.of(ask)))

    @get("/people/{person}/inbox", list[AwaitedDocument])
    def inbox_of_person(self, person: PersonId, min_position: MinPosition = None) -> Response:
        """The approvals that wait for this person, the one due first in front."""
        self.ready_for(min_position, person)
        return answer([awaited_document(each, self.engine.now()) for each in self.engine.inbox(person)])

    @get("/people/{person}/handoffs", list[HandedDocument])
    def handoffs_to_person(self, person: PersonId, min_position: MinPosition = None) -> Response:
        """The deals that this person is asked to take over, the one asked first in front."""
        self.ready_for(min_position, person)
        return answer([handed_document(each, self.engine.now()) for each in self.engine.handed_over(person)])

    @get("/people/{person}/called", list[CalledDocument])
    def deals_that_call_person(self, person: PersonId, min_position: MinPosition = None) -> Response:
        """The deals that escalations ask this person to look after, the one that is due longest in front."""
        self.ready_for(min_position, person)
        return answer([called_document(each) for each in self.engine.called(person)])

    @get("/due", list[DueDocument])
    def what_comes_due(self, limit: Most = 100, min_position: MinPosition = None) -> Response:
        """What comes due next by the clock, and what is due and not recorded yet, the first in front."""
        self.reached(min_position)
        return answer([due_document(each, self.engine.now()) for each in self.engine.coming_due(limit)])


def _came_of(loan: Loan) -> Response:
    told = loan_document(loan)
    if loan.refused is not None:
        raise SaidNo(f"`{loan.role}` of `{loan.lender}` may not be lent to `{loan.to}`: {loan.refused}", told)
    return answer(told)
