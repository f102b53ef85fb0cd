"""What a history cannot tell is said to be not knowable, and never counted against anybody."""

from pipeline_engine.deal import ActivityLogged, DealMoved, DealOpened
from pipeline_engine.values import Money
from tests.replay.small import History, counted, day, effect

BIG = "{id: big, approval: manager, when: deal.amount >= 100}"
OPENED = DealOpened(process="small", version=1, stage="lead", basis="source")
MOVED = DealMoved(from_stage="lead", to_stage="offer", basis="source")


def moved(history: History, **fields: str) -> History:
    """One deal, opened and moved at once."""
    return history.opened(0, "A", **fields).on(1, "A", "move", "offer")


def test_an_approval_that_nobody_asked_for_is_an_answer_of_its_own() -> None:
    """Lowering a limit: the move was fine then, so it needs an approval now; it did not fail to comply."""
    report = moved(History.of(), amount="100").judged_by(BIG)
    row = effect(report, "big")
    assert counted(report) == {"newly_needs_approval": 1}
    assert (row.stopped, row.never, row.approvals, row.not_knowable, row.fails) == (0, 0, 1, 1, 0)
    assert row.at_stake["open"].deals == 1


def test_an_approval_that_was_asked_for_and_is_missing_stands_in_the_way() -> None:
    """Where the rule was in force its refusal is known, and stays the same."""
    report = moved(History.of(BIG), amount="100").judged_by(BIG)
    assert counted(report) == {}
    assert effect(report, "big").fails == 1


def test_an_approval_by_another_role_was_not_asked_for() -> None:
    """A manager had approved; that a vice president did not is nobody's refusal."""
    history = History.of(BIG).opened(0, "A", amount="100").on(1, "A", "approve", "big", by="boss")
    report = history.on(2, "A", "move", "offer").judged_by(BIG.replace("manager", "vp"))
    assert counted(report) == {"newly_needs_approval": 1}


def test_an_amount_that_is_missing_is_no_missing_approval() -> None:
    """An unknown `when` makes the rule unknown: what lacks is the amount, and history knows that."""
    report = moved(History.of()).judged_by(BIG)
    assert counted(report) == {"newly_refused": 1}
    assert effect(report, "big").unknown == 1


def test_a_rule_that_looks_at_approvals_itself_asks_for_them_too() -> None:
    """Written out as a check an approval is as little knowable as in the shorthand."""
    report = moved(History.of()).judged_by("{id: seen, check: 'approvals.exists(a, a.live)'}")
    assert counted(report) == {"not_knowable": 1}


def test_a_field_that_was_not_declared_then_is_not_knowable() -> None:
    """Nobody could have filled it in; one that was declared and left empty is a refusal."""
    history = moved(History.of())
    rule = "{id: seats, check: deal.seats > 0}"
    assert counted(history.judged_by(rule, fields="seats: {type: int}")) == {"not_knowable": 1}
    assert counted(history.judged_by("{id: noted, check: deal.note != ''}")) == {"newly_refused": 1}


def test_a_kind_of_activity_that_was_not_declared_then_is_not_knowable() -> None:
    """Nobody could have logged it; one that could be logged and was not is a refusal."""
    history = moved(History.of())
    assert counted(history.judged_by("{activities: {demo: 1}}", kinds=", demo")) == {"not_knowable": 1}
    assert counted(history.judged_by("{activities: {call: 1}}", kinds=", demo")) == {"newly_refused": 1}


def test_a_contact_role_that_was_not_declared_then_is_not_knowable() -> None:
    """As with activities, however the rule is written."""
    history = moved(History.of())
    rule = "{id: signs, check: \"contacts.exists(c, c.role == 'signer')\"}"
    assert counted(history.judged_by(rule, roles=", signer")) == {"not_knowable": 1}
    assert counted(history.judged_by(rule.replace("signer", "buyer"))) == {"newly_refused": 1}


def test_who_people_were_is_knowable_only_where_a_rule_read_it() -> None:
    """Roles are kept with a verdict that asked for them; another rule may use what was kept."""
    reps, bosses = (f"{{id: role, check: \"'{role}' in actor.roles\"}}" for role in ("rep", "manager"))
    assert counted(moved(History.of()).judged_by(bosses)) == {"not_knowable": 1}
    kept = moved(History.of(reps))
    assert counted(kept.judged_by(bosses)) == {"newly_refused": 1}
    assert counted(kept.judged_by(bosses.replace("id: role", "id: other"))) == {"newly_refused": 1}
    assert counted(kept.judged_by("{id: team, check: actor.team == 'south'}")) == {"not_knowable": 1}


def test_a_deal_without_owner_is_refused_for_the_same_reason_again() -> None:
    """Nothing was kept of its owner because there was none: unknown then, unknown now."""
    rule = "{id: team, check: owner.team == 'north'}"
    history = History.of(rule).on(0, "A", "open_deal", process="small").on(1, "A", "move", "offer")
    assert counted(history.judged_by(rule)) == {}


def test_what_an_import_came_without_is_not_knowable() -> None:
    """A field it never had, and a list of which it has not one row."""
    history = History.of().imported("A", OPENED, MOVED, at=day(1))
    assert counted(history.judged_by("{require: [amount]}")) == {"not_knowable": 1}
    assert counted(history.judged_by("{activities: {call: 1}}")) == {"not_knowable": 1}
    assert counted(history.judged_by("{id: none, check: activities.size() == 0}")) == {}


def test_what_an_import_knew_is_judged() -> None:
    """A value that is there and fails is a refusal, imported or not."""
    cheap = OPENED.model_copy(update={"fields": {"amount": Money.of(5, "EUR")}})
    report = History.of().imported("A", cheap, MOVED, at=day(1)).judged_by("{id: priced, check: deal.amount > 10}")
    assert counted(report) == {"newly_refused": 1}


def test_an_import_with_some_activities_knew_of_them_all() -> None:
    """Where a source keeps calls at all, a deal without one had none."""
    history = History.of().imported("A", OPENED, MOVED, at=day(1))
    history.imported("B", OPENED, ActivityLogged(kind="call"), MOVED, at=day(1))
    assert counted(history.judged_by("{activities: {call: 1}}")) == {"newly_refused": 1}


def test_our_own_activities_do_not_say_what_an_import_came_with() -> None:
    """A history beside it that was made here makes the imported one no richer."""
    history = History.of().imported("A", OPENED, MOVED, at=day(1)).opened(0, "B").on(1, "B", "log", "call")
    assert counted(history.judged_by("{activities: {call: 1}}")) == {"not_knowable": 1}


def test_an_imported_move_that_would_need_an_approval_says_so() -> None:
    """No source keeps our approvals: how many more there would be is the answer."""
    rich = OPENED.model_copy(update={"fields": {"amount": Money.of(500, "EUR")}})
    history = History.of().imported("A", rich, MOVED, at=day(1)).imported("B", OPENED, MOVED, at=day(1))
    assert counted(history.judged_by(BIG)) == {"newly_needs_approval": 1, "not_knowable": 1}
