"""What a people file changes, and which roles count at a moment."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline_engine.envelope import Envelope, Event, Recorded
from pipeline_engine.team import (
    TEAM_EVENTS,
    Delegation,
    DelegationEnded,
    DelegationGranted,
    ManagerAssigned,
    Person,
    PersonAdded,
    RoleGranted,
    RoleRevoked,
    TeamApplied,
    TeamChanged,
    changes,
    evolve_person,
)

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
SUNDAY = MONDAY + timedelta(days=6)
LENT = Delegation("mgr-1", "manager", SUNDAY)


def after(person: Person | None, events: tuple[Event, ...]) -> Person | None:
    """The person after these events."""
    for number, event in enumerate(events, 1):
        envelope = Envelope(at=MONDAY, actor="ops", command_id="c")
        person = evolve_person(person, Recorded("person:p", number, number, MONDAY, envelope, event))
    return person


def test_a_new_person_is_added_with_what_the_file_says() -> None:
    """One event a part, in a fixed order."""
    wanted = Person("p", ("manager", "rep"), "emea", "vp-1", (LENT,))
    assert changes(None, wanted) == (
        PersonAdded(), RoleGranted(role="manager"), RoleGranted(role="rep"), TeamChanged(team="emea"),
        ManagerAssigned(manager="vp-1"), DelegationGranted(lender="mgr-1", role="manager", until=SUNDAY),
    )  # fmt: skip


def test_only_what_is_different_is_recorded() -> None:
    """Roles come and go, a team may end, a manager too."""
    before = Person("p", ("rep",), "emea", "vp-1")
    assert changes(before, Person("p", ("manager",))) == (
        RoleGranted(role="manager"), RoleRevoked(role="rep"), TeamChanged(), ManagerAssigned(),
    )  # fmt: skip
    assert changes(before, before) == ()


def test_a_delegation_that_is_prolonged_is_granted_anew() -> None:
    """One event replaces the end; one that is gone from the file is ended."""
    longer = Delegation("mgr-1", "manager", SUNDAY + timedelta(days=7))
    before = Person("p", delegations=(LENT,))
    assert changes(before, Person("p", delegations=(longer,))) == (
        DelegationGranted(lender="mgr-1", role="manager", until=longer.until),
    )
    assert changes(before, Person("p")) == (DelegationEnded(lender="mgr-1", role="manager"),)


def test_who_is_not_in_the_file_keeps_nothing() -> None:
    """Applied as an empty person: no roles, no team, no manager, nothing lent."""
    before = Person("p", ("rep",), "emea", "vp-1", (LENT,))
    assert after(before, changes(before, Person("p"))) == Person("p", ended=(LENT,))


def test_a_lent_role_counts_until_its_end_and_not_at_it() -> None:
    """A microsecond before the end it counts; at the end it does not."""
    person, lenders = Person("p", ("rep",), delegations=(LENT,)), {"mgr-1": Person("mgr-1", ("manager",))}
    assert person.roles_at(SUNDAY - timedelta(microseconds=1), lenders) == ("rep", "manager")
    assert person.roles_at(SUNDAY, lenders) == ("rep",)


def test_nobody_lends_what_they_do_not_hold() -> None:
    """A lender who lost the role, who is gone, or who only borrowed it, lends nothing."""
    person = Person("p", delegations=(LENT,))
    assert person.roles_at(MONDAY, {"mgr-1": Person("mgr-1", ("rep",))}) == ()
    assert person.roles_at(MONDAY, {}) == ()
    borrower = Person("mgr-1", delegations=(Delegation("vp-1", "manager", SUNDAY),))
    assert person.roles_at(MONDAY, {"mgr-1": borrower, "vp-1": Person("vp-1", ("manager",))}) == ()


def test_a_role_held_and_lent_is_one_role() -> None:
    """It counts once."""
    person = Person("p", ("manager",), delegations=(LENT,))
    assert person.roles_at(MONDAY, {"mgr-1": Person("mgr-1", ("manager",))}) == ("manager",)


def test_a_file_that_was_applied_says_nothing_of_a_person() -> None:
    """It stands in a stream of its own, and would change nobody."""
    assert after(None, (TeamApplied(people=3, changed=1),)) == Person("p")
    assert len(TEAM_EVENTS) == 12


ROLES = st.lists(st.sampled_from(["rep", "manager", "vp"]), unique=True).map(lambda roles: tuple(sorted(roles)))
MAYBE = st.none() | st.sampled_from(["x", "y"])
LOANS = st.dictionaries(
    st.tuples(st.sampled_from(["l", "m"]), st.sampled_from(["rep", "vp"])), st.sampled_from([MONDAY, SUNDAY])
).map(lambda loans: tuple(Delegation(*about, until) for about, until in loans.items()))
PEOPLE = st.builds(Person, st.just("p"), ROLES, MAYBE, MAYBE, LOANS)


@given(st.none() | PEOPLE, PEOPLE)
def test_applying_a_file_makes_it_so_and_applying_it_again_changes_nothing(
    before: Person | None, wanted: Person
) -> None:
    """Whatever stood before, the register is then as the file wants it."""
    made = after(before, changes(before, wanted))
    assert made is not None
    assert (made.roles, made.team, made.manager) == (wanted.roles, wanted.team, wanted.manager)
    assert set(made.delegations) == set(wanted.delegations)
    assert changes(made, wanted) == ()
