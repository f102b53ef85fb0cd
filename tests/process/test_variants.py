"""A variant is its base with what it says laid over it; whatever does not fit together is said with its place."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.process.family import BASE, VARIANT, base, bases, variant

from pipeline_engine.errors import BadProcess, BadValue, VariantsOverlap
from pipeline_engine.process import (
    Base,
    Beside,
    Extends,
    LostReason,
    Process,
    Span,
    check_apart,
    check_no_base,
    chosen,
    digest_of,
    fits,
    lint,
    load_process,
    standing,
)

TABLE = Path(__file__).with_name("bad_variants.txt")


def _blocks() -> Iterator[tuple[str, str]]:
    for block in TABLE.read_text(encoding="utf-8").split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if lines:
            text = "".join(f"{line[2:]}\n" for line in lines if line[0] == "+")
            yield text if text.startswith("process") else VARIANT + text, lines[-1][2:]


BLOCKS = list(_blocks())


@pytest.mark.parametrize(("text", "complaint"), BLOCKS, ids=[complaint[:60] for _, complaint in BLOCKS])
def test_a_bad_variant_is_refused_at_its_place(text, complaint):
    """The message names the file that it is about, line and column, what was found and what was needed."""
    with pytest.raises(BadProcess) as refused:
        load_process(text, "v.yaml", bases)
    assert str(refused.value) == complaint


def test_a_variant_that_says_nothing_is_its_base():
    """Only the name, the title and what it is for are its own."""
    plain, made = base(), variant("")
    own = {"name": "sales-emea", "title": "", "digest": digest_of(VARIANT)}
    of = {"extends": Extends(process="sales", version=3, digest=digest_of(BASE)), "variant_for": {"region": ("EMEA",)}}
    assert made == plain.model_copy(update={**own, **of})


def test_a_process_that_extends_nothing_is_none():
    """What makes a variant is `extends`."""
    assert (base().extends, base().variant_for) == (None, {})


def test_single_values_and_tables_are_laid_over_by_key():
    """What the variant does not name stays as the base has it."""
    made = variant("limits: {floor: 20, ceiling: 9}\ndeal: {amount: {says: net}, vat: {type: text}}\n")
    assert made.limits == {"manager_from": Decimal(50000), "floor": Decimal(20), "ceiling": Decimal(9)}
    assert (made.fields["amount"].kind, made.fields["amount"].says) == ("money", "net")
    assert list(made.fields) == [*base().fields, "vat"]


def test_lists_of_names_are_united():
    """Roles, activities, documents, contact roles and lost reasons: the base's first, a name that stands alone too."""
    more = "roles: [legal, rep]\nactivities: demo\ndocuments: [msa]\ncontacts: {roles: [lawyer]}\n"
    made = variant(f"{more}outcomes: {{lost: {{reasons: [law, {{id: price, counted: false}}]}}}}\n")
    assert made.roles == ("rep", "manager", "legal")
    assert (made.activities, made.documents) == (("meeting", "demo"), ("nda", "msa"))
    assert made.contact_roles == ("champion", "lawyer")
    assert made.lost_reasons == (
        LostReason(id="price", counted=False), LostReason(id="duplicate", counted=False), LostReason(id="law"),
    )  # fmt: skip


def test_other_lists_stand_in_place_of_the_base_s():
    """The holidays of another country are no addition, and who may do something is said as a whole."""
    made = variant(
        "calendar: {zone: America/New_York, holidays: [2026-07-04]}\nmoves: {open_in: [proposal], by: [manager]}\n"
    )
    assert [str(day) for day in made.calendar.holidays] == ["2026-07-04"]
    assert (made.calendar.zone, made.calendar.hours) == ("America/New_York", base().calendar.hours)
    assert made.moves.open_in == ("proposal",)
    assert "'manager'" in made.rule("moves:by").text


def test_a_stage_named_again_is_changed_and_its_entries_are_added():
    """Its own keys override, entries come after those of the base."""
    enter, leave = "[{id: more, check: deal.amount > 5}]", "[{require: [strategic]}]"
    more = f"stages: [{{id: proposal, service_level: 3d, enter: {enter}, leave: {leave}}}]\n"
    stage = variant(more).stage("proposal")
    assert stage.service_level == Span(amount=Decimal(3), unit="d")
    assert stage.rules == (*base().stage("proposal").rules, "more")
    assert stage.leave == ("leave:proposal:require:strategic",)


def test_a_new_stage_says_where_it_goes():
    """After or before another one, a new one too."""
    more = "stages: [{id: legal, after: proposal}, {id: triage, before: lead}, {id: review, after: legal}]\n"
    assert variant(more).stage_ids == ("triage", "lead", "proposal", "legal", "review", "signing")


def test_only_a_variant_places_its_stages():
    """In a file of its own the list is the order."""
    with pytest.raises(BadProcess) as refused:
        load_process(BASE.replace("id: lead\n", "id: lead\n    after: signing\n"), "p.yaml")
    assert str(refused.value) == (
        "p.yaml:19:12: `after` in a file that is no variant; expected the stages in the order of the way"
    )


@pytest.mark.parametrize("key", ["for: {region: [EMEA]}", "remove: [floor]", "replace: {floor: {require: [amount]}}"])
def test_what_only_a_variant_can_say_needs_extends(key):
    """Nobody should think that it does something."""
    with pytest.raises(BadProcess, match="without `extends`; expected `extends: NAME@VERSION` of the base"):
        load_process(f"{BASE}{key}\n", "p.yaml")


def test_items_of_the_plan_are_laid_over_by_id_and_new_ones_added():
    """Somebody else may do it in a variant."""
    items = variant("plan: [{id: kickoff, side: customer}, {id: security}]\n").items
    assert [(item.id, item.side, item.title) for item in items] == [
        ("kickoff", "customer", "Kick-off"), ("security", "us", ""),
    ]  # fmt: skip


def test_entries_of_outcomes_are_added():
    """Won asks what the base asks, then what the variant asks."""
    made = variant("outcomes: {won: {enter: [{id: also, require: [region]}]}}\n")
    assert [rule.id for rule in made.rules if rule.asked_at == "won"] == ["known", "also"]


def test_a_rule_is_removed_by_its_id_and_the_others_of_its_entry_stay():
    """An entry that makes several rules loses only the one named."""
    made = variant("remove: [proposal:require:region]\n")
    assert set(base().rule_ids) - set(made.rule_ids) == {"proposal:require:region"}
    assert variant("remove: proposal:require:region\n").rule_ids == made.rule_ids


def test_a_rule_is_replaced_in_its_place():
    """At the same gate, in the same place of the order of verdicts."""
    made = variant("replace: {two-meetings: {id: three-meetings, activities: {meeting: 3}, waivable_by: manager}}\n")
    ids = tuple("three-meetings" if each == "two-meetings" else each for each in base().rule_ids)
    assert made.rule_ids == ids
    rule = made.rule("three-meetings")
    assert (rule.asked_at, rule.waivable_by, ">= 3" in rule.text) == ("proposal", ("manager",), True)


def test_a_whole_order_of_approvals_can_be_replaced():
    """One of them by another, the one that waits for it removed."""
    made = variant("replace: {'in-order:rep': {id: ok, approval: manager}}\nremove: ['in-order:manager']\n")
    assert made.stage("signing").rules == ("ok",)


def test_a_replaced_rule_is_still_asked_only_where_its_stage_applies():
    """The condition of the stage holds for what is put in its place."""
    conditional = BASE.replace("  - id: signing\n", "  - id: signing\n    applies: deal.amount > 100\n")

    def found(name: str, version: int | None) -> Base:
        return Base(name, 3, "d", conditional, "sales@3", 3)

    text = f"{VARIANT}replace: {{'in-order:manager': {{id: named, require: [specialist]}}}}\nremove: ['in-order:rep']\n"
    rule = load_process(text, "v.yaml", found).rule("named")
    assert rule.when_text == "deal.amount > 100"


def test_a_limit_split_by_another_field_is_another_limit():
    """Values of the one field say nothing about the other."""
    split = BASE.replace("floor: 10", "floor: {by: region, EMEA: 10, else: 20}")

    def found(name: str, version: int | None) -> Base:
        return Base(name, 3, "d", split, "sales@3", 3)

    kept = load_process(f"{VARIANT}limits: {{floor: {{NA: 5}}}}\n", "v.yaml", found).split_limits["floor"]
    assert (kept.by, kept.of, kept.otherwise) == ("region", {"EMEA": Decimal(10), "NA": Decimal(5)}, Decimal(20))
    other = "limits: {floor: {by: products, crm: 1, else: 2}}"
    with pytest.raises(BadProcess, match=r"^v.yaml:4:22"):
        load_process(f"{VARIANT}{other}\n", "v.yaml", found)


def test_one_s_own_mistakes_come_before_those_of_the_base():
    """The first complaint is one that the author of the variant can mend in front of him."""
    text = f"{VARIANT}deal: {{amount: {{type: text}}}}\nlimits: {{floor: x}}\n"
    with pytest.raises(BadProcess, match=r"^v.yaml:5:17"):
        load_process(text, "v.yaml", bases)


def _codes(text: str, in_force: int = 3, version: int = 3) -> list[tuple[str, str, int | None]]:
    def found(name: str, _: int | None) -> Base:
        return Base(name, version, "d", BASE, f"{name}@3" if version else "sales.yaml", in_force)

    return [(each.code, each.file, each.line) for each in lint(text, "v.yaml", Beside(bases=found)) if each.counts]


def test_lint_of_a_variant_takes_over_what_the_base_silences():
    """The reason was given once; a silence that a variant has no need of is no finding."""
    assert _codes(VARIANT) == []
    used = "stages: [{id: signing, enter: [{id: big, check: deal.amount < limits.manager_from}]}]\n"
    assert _codes(VARIANT + used) == []


def test_lint_says_where_in_the_base_a_doubt_is():
    """A rule of the base that the variant makes doubtful stands in the base."""
    doubts = _codes(VARIANT.replace("remove", "") + "limits: {unused: 5}\nremove: [floor]\n")
    assert ("unused-limit", "v.yaml", 4) in doubts
    assert ("unused-limit", "sales@3", 4) in doubts


def test_lint_says_that_the_base_has_moved_on():
    """The variant stays what it is: nothing changes under it."""
    assert _codes(VARIANT, in_force=4) == [("base-moved-on", "v.yaml", 2)]


def test_lint_says_that_the_base_is_not_published():
    """Then it is checked against a file."""
    assert _codes(VARIANT, 0, 0) == [("base-not-published", "v.yaml", 2)]


def _two(one: str, other: str) -> tuple[Process, Process, str]:
    text = VARIANT.replace("{region: [EMEA]}", one)
    mine = load_process(text, "v.yaml", bases)
    theirs = load_process(VARIANT.replace("{region: [EMEA]}", other).replace("emea", "other"), "o.yaml", bases)
    return mine, theirs.model_copy(update={"version": 2}), text


@pytest.mark.parametrize(
    ("one", "other", "example"),
    [
        ("{region: [EMEA]}", "{region: [NA, EMEA]}", "region EMEA"),
        ("{region: [EMEA]}", "{strategic: [yes]}", "region EMEA, strategic true"),
        ("{region: [NA, EMEA], strategic: [yes]}", "{region: EMEA}", "region EMEA, strategic true"),
        ("{specialist: [rep-03]}", "{specialist: [rep-03, rep-04]}", "specialist rep-03"),
    ],
)
def test_two_variants_that_fit_one_deal_are_an_error(one, other, example):
    """A field that only one of them names tells them apart for no deal; the error shows a deal that fits both."""
    mine, theirs, text = _two(one, other)
    with pytest.raises(VariantsOverlap) as refused:
        check_apart(mine, [theirs], text, "v.yaml")
    assert str(refused.value) == (
        f"v.yaml:3:6: `sales-emea` and `sales-other@2`, which is in force, are both for a deal with {example}; "
        "expected `for` without a value in common, or one field more in both"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{region: [EMEA]}", "{region: [NA, APAC]}"),
        ("{region: [EMEA], strategic: [yes]}", "{region: [EMEA], strategic: [no]}"),
        ("{region: [EMEA], strategic: [yes]}", "{strategic: [no]}"),
    ],
)
def test_two_variants_that_no_deal_fits_are_none(one, other):
    """One field without a value in common is enough."""
    mine, theirs, text = _two(one, other)
    check_apart(mine, [theirs], text, "v.yaml")


def test_a_new_version_of_a_variant_does_not_overlap_with_itself():
    """It takes the place of the one before."""
    mine, theirs, text = _two("{region: [EMEA]}", "{region: [EMEA]}")
    check_apart(mine, [theirs.model_copy(update={"name": "sales-emea"})], text, "v.yaml")


def test_variants_of_other_bases_do_not_matter():
    """Their deals are others."""
    mine, theirs, text = _two("{region: [EMEA]}", "{region: [EMEA]}")
    other = Extends(process="renewals", version=3, digest="d")
    check_apart(mine, [theirs.model_copy(update={"extends": other})], text, "v.yaml")


def test_a_base_does_not_become_a_variant():
    """There would be variants of a variant."""
    mine, theirs, text = _two("{region: [EMEA]}", "{region: [NA]}")
    check_no_base(mine, [], text, "v.yaml")
    with pytest.raises(BadProcess) as refused:
        check_no_base(mine, [theirs], text, "v.yaml")
    assert str(refused.value) == (
        "v.yaml:2:10: `sales-emea` becomes a variant, and is itself the base of `sales-other@2`; "
        "expected another name for the variant"
    )


VALUES = st.dictionaries(
    st.sampled_from(["region", "strategic", "specialist"]),
    st.sampled_from([["EMEA"], ["NA"], ["EMEA", "NA"], ["true"], ["false"], ["rep-03"]]),
    min_size=1,
)
DEALS = st.dictionaries(
    st.sampled_from(["region", "strategic", "specialist"]), st.sampled_from(["EMEA", "NA", True, False, "rep-03"])
)


@given(VALUES, VALUES, DEALS)
def test_apart_means_that_no_deal_fits_both(one, other, fields):
    """Whatever the lists and the deal; and where two are not apart, the example fits both."""
    extends = Extends(process="sales", version=3, digest="d")
    mine, theirs = (
        base().model_copy(
            update={"name": name, "extends": extends, "variant_for": {k: tuple(v) for k, v in of.items()}}
        )
        for name, of in (("a", one), ("b", other))
    )
    try:
        check_apart(mine, [theirs], VARIANT, "v.yaml")
    except VariantsOverlap as overlap:
        told = overlap.found.partition("a deal with ")[2]
        example = dict(part.split(" ") for part in told.split(", "))
        assert fits(mine, example)
        assert fits(theirs, example)
        return
    assert not (fits(mine, fields) and fits(theirs, fields))


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ({"region": "EMEA"}, "sales-emea"),
        ({"region": " EMEA "}, "sales-emea"),
        ({"region": "NA"}, "sales"),
        ({"region": ""}, "sales"),
        ({"amount": "nonsense"}, "sales"),
        ({}, "sales"),
    ],
)
def test_a_deal_is_opened_under_the_variant_that_fits_else_under_the_base(raw, name):
    """A value that is missing fits nothing; fields that choose nothing are not looked at."""
    assert chosen(base(), [variant("")], raw).name == name


def test_a_default_chooses_too():
    """It is written down as the first value."""
    text = BASE.replace("of: [EMEA, NA, APAC]", "of: [EMEA, NA, APAC], default: EMEA")
    assert chosen(load_process(text, "p.yaml"), [variant("")], {}).name == "sales-emea"
    assert chosen(load_process(text, "p.yaml"), [variant("")], {"region": "NA"}).name == "sales"


def test_a_yes_is_read_as_the_field_reads_it():
    """`yes` in the file and `true` in a command are one value."""
    made = variant("", VARIANT.replace("region: [EMEA]", "strategic: [yes]"))
    assert made.variant_for == {"strategic": ("true",)}
    assert chosen(base(), [made], {"strategic": "true"}) is made
    assert chosen(base(), [made], {"strategic": False}).name == "sales"


@pytest.mark.parametrize(
    ("raw", "found"), [({"region": "NA"}, "NA"), ({}, "nothing"), ({"region": None}, "nothing")]
)  # fmt: skip
def test_a_variant_named_outright_takes_only_deals_it_is_for(raw, found):
    """Otherwise naming it would be a way round the other one."""
    assert chosen(variant(""), [], {"region": "EMEA"}).name == "sales-emea"
    with pytest.raises(BadValue) as refused:
        chosen(variant(""), [], raw)
    assert str(refused.value) == (
        f"`region` cannot be `{found}`; expected `EMEA`, which `sales-emea` is for; "
        "under `sales` the fitting one is found"
    )


def test_where_a_deal_stands_is_told_by_its_fields_today():
    """It fits; it fits another; it fits none; it was opened under the base before there was a variant for it."""
    emea = variant("").model_copy(update={"version": 1})
    na = emea.model_copy(update={"name": "sales-na", "version": 2, "variant_for": {"region": ("NA",)}})
    plain, family = base().model_copy(update={"version": 3}), (emea, na)

    def told(process: Process, **fields: str) -> tuple[bool, bool, str]:
        found = standing(process, family, plain, fields)
        return found.fits, found.astray, found.meant

    assert told(emea, region="EMEA") == (True, False, "sales-emea@1")
    assert told(emea, region="NA") == (False, True, "sales-na@2")
    assert told(emea, region="APAC") == (False, True, "sales@3")
    assert told(emea) == (False, True, "sales@3")
    assert told(plain, region="EMEA") == (True, True, "sales-emea@1")
    assert told(plain, region="APAC") == (True, False, "sales@3")


def test_a_newer_version_of_the_same_variant_is_not_another_one():
    """Unless the deal fits the old one no more, it has not strayed."""
    old = variant("").model_copy(update={"version": 1})
    new = old.model_copy(update={"version": 2, "variant_for": {"region": ("EMEA", "APAC")}})
    assert not standing(old, (new,), base(), {"region": "EMEA"}).astray
    strayed = standing(old, (new,), base(), {"region": "APAC"})
    assert (strayed.fits, strayed.astray, strayed.meant) == (False, True, "sales-emea@2")


PIECES = st.sampled_from(
    ["process", "extends", "for", "remove", "replace", "stages", "deal", "limits", "after", "before", "sales@3", "EMEA",
     "sales-na@3", "region", "strategic", "lead", "legal", "id", "enter", "moves:forward", "floor", ", ",
     "in-order:rep", ": ", "- ", "{", "}", "[", "]", "\n", "\n  ", "~", "'", "0", "amount", "type", "plan", "outcomes",
     "lint", "roles", "two-meetings"]
)  # fmt: skip
FULL = f"""{VARIANT}limits: {{floor: 20}}
roles: [legal]
deal: {{amount: {{says: net}}}}
stages:
  - {{id: legal, after: proposal, by: [legal]}}
  - {{id: proposal, enter: [{{id: more, check: deal.amount > 5}}]}}
plan: [{{id: kickoff, side: customer}}]
replace: {{two-meetings: {{id: two-meetings, activities: {{meeting: 3}}}}}}
remove: [floor]
outcomes: {{lost: {{reasons: [terms]}}}}
"""


@given(st.integers(0, len(FULL)), st.integers(0, 15), st.lists(PIECES, max_size=4).map("".join))
def test_any_damage_to_a_variant_gives_a_process_or_a_complaint(start, length, put_in):
    """A good variant with a piece cut out and another put in never fails in another way; lint says the same."""
    text = FULL[:start] + put_in + FULL[start + length :]
    try:
        load_process(text, "v.yaml", bases)
        loaded = True
    except BadProcess:
        loaded = False
    errors = [each for each in lint(text, "v.yaml", Beside(bases=bases)) if each.severity == "error"]
    assert loaded is not bool(errors)


def test_the_whole_variant_loads():
    """What the damaged ones are made of has nothing wrong."""
    assert variant("", FULL).stage_ids == ("lead", "proposal", "legal", "signing")
