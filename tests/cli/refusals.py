"""What is refused in the golden tests: a small process with one thing changed, a deal's history, and what is asked."""

from dataclasses import dataclass, field

PROCESS = """\
process: b2b
currency: EUR
backdate: {max: 90d}
rates: {USD: 0.92}
calendar: {zone: Europe/Berlin, week: mon-fri 09:00-17:00}
limits: {big: 50000, deep: {by: region, EMEA: 15, else: 20}}
roles: [rep, manager, vp, deal_desk, legal]
contacts: {roles: [champion, economic_buyer]}
activities: [call, meeting]
documents: [nda, contract]
plan:
  - {id: security-review, side: customer, title: Security review passed, due: date('2026-04-30')}
  - {id: kickoff-booked, side: us}
deal:
  amount: {type: money}
  budget: {type: money}
  discount: {type: percent, default: 0}
  region: {type: choice, of: [EMEA, NA, APAC]}
  products: {type: choice, of: [core, plus, support], many: true}
  close_date: {type: date}
  start: {type: time}
  seats: {type: int}
  email: {type: text, personal: deal}
  signed: {type: bool, says: the order form is signed}
OPENING
stages:
  - {id: lead LEAVE}
  - id: proposal
    STAGE
    enter: [ENTER]
  - id: negotiation
    enter: [LATER]
MOVES
outcomes:
  won: {WON}
  lost: {reasons: [price, no-decision]LOST}
  reopen: {REOPEN}
"""
PEOPLE = """\
people:
  - {id: vp-1, roles: [vp]}
  - {id: manager-1, roles: [manager], manager: vp-1, skills: [discount-training]}
  - {id: manager-2, roles: [manager], manager: vp-1}
  - {id: deal-desk-1, roles: [deal_desk]}
  - {id: legal-1, roles: [legal]}
  - {id: rep-03, roles: [rep], manager: manager-1}
  - {id: rep-04, roles: [rep], manager: manager-1}
"""
_PARTS = {
    "OPENING": "", "LEAVE": "", "STAGE": "title: Proposal", "ENTER": "", "LATER": "", "MOVES": "", "WON": "",
    "LOST": "", "REOPEN": "",
}  # fmt: skip
OPEN = "deal open D-1 --process b2b --owner rep-03 --by rep-03 --at 2026-05-01T08:00:00Z"
OTHER = "deal open D-2 --process b2b --owner rep-03 --by rep-03"
ONE_EACH = "owning: {enter: [{owner_deals_at_most: 1}]}"
TRAINED = "{id: big-deal, approval: manager, skills: [discount-training]}"
MOVE = "deal move D-1 --to proposal --by rep-03"
ON = "deal move D-1 --to negotiation --by rep-03"


@dataclass(frozen=True)
class Case:
    """One refusal: its name, what the process asks, what happened before, and the command that is shown."""

    name: str
    parts: dict[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = (OPEN,)
    command: str = MOVE
    people: bool = True

    @property
    def process(self) -> str:
        """The process file."""
        text = PROCESS
        for place, default in _PARTS.items():
            text = text.replace(place, self.parts.get(place.lower(), default))
        return text


def asks(name: str, enter: str, *before: str, opened: str = "", command: str = MOVE, people: bool = True) -> Case:
    """A case of one entry at the gate of `proposal`; `opened` are first values, `before` what happened since."""
    first = OPEN + "".join(f" --set {pair}" for pair in opened.split())
    return Case(name, {"enter": enter}, (first, *before), command, people)


def check(name: str, cel: str, opened: str = "", *before: str, rest: str = "") -> Case:
    """A case of one written rule without words of its own."""
    return asks(name, f'{{id: rule, check: "{cel}"{rest}}}', *before, opened=opened)


LOG = "deal log D-1 meeting --by rep-03"
AT = "--at 2026-05-05T09:00:00Z"
BIG = "{id: big-deal, approval: manager, void_if_changed: [amount]}"
LATE_BIG = {"later": BIG}
ASK = f"deal request D-1 big-deal --by rep-03 {AT}"
YES = f"deal approve D-1 big-deal --by manager-1 {AT}"
IN_PROPOSAL = "deal move D-1 --to proposal --by rep-03 --at 2026-05-04T08:00:00Z"
NDA = "{id: nda-first, documents: [nda]}"
BANDS = "{id: terms, approval: {by: deal.discount, bands: [{up_to: 10%}, {up_to: 20%, from: manager}, {from: [deal_desk, vp]}]}}"  # noqa: E501 - one line of YAML
CHAMPION = "deal contact D-1 kim@customer.example --role champion --by rep-03"

CASES: tuple[Case, ...] = (
    # Fields.
    asks("a field is missing", "{require: [amount]}"),
    asks("a field is missing, in the words of the process", "{require: [amount], says: no offer without a price}"),
    check("an amount is too small", "deal.amount >= 50000", "amount=42000"),
    check("an amount is too small for a named limit", "deal.amount >= limits.big", "amount=42000"),
    check("an amount in another currency counts at its rate", "deal.amount >= limits.big", "amount=50000USD"),
    check("an amount in a currency without a rate is unknown", "deal.amount >= limits.big", "amount=12000CHF"),
    check("two fields are compared", "deal.amount <= deal.budget", "amount=42000 budget=30000"),
    check("something is worked out of two fields", "deal.amount / deal.seats >= 100", "amount=4200 seats=70"),
    check("nothing can be divided by none", "deal.amount / deal.seats >= 100", "amount=4200 seats=0"),
    check("a share is too high", "deal.discount <= 20.0", "discount=25%"),
    check("a limit differs by region", "deal.discount <= limits.deep", "discount=18% region=EMEA"),
    check("a limit differs by a region nobody knows", "deal.discount <= limits.deep", "discount=18%"),
    check("a day has passed", "deal.close_date >= today", "close_date=2026-05-01"),
    check("a day is too near", "deal.close_date - today >= days(14)", "close_date=2026-05-15"),
    check("a day is still to come", "now >= deal.close_date", "close_date=2026-06-01"),
    check("a time of day is too early", "deal.start >= duration('9h')", "start=08:30"),
    check("a choice is another", "deal.region in ['EMEA', 'APAC']", "region=NA"),
    check("a choice is one that must not be", "deal.region != 'NA'", "region=NA"),
    check("one of many is missing", "'core' in deal.products", "products=plus,support"),
    check("a yes is a no", "deal.signed", "signed=false"),
    check("a text has not the form it should have", "deal.email.contains('@')", "email=kim"),
    check("a pattern does not match", "deal.email.matches('^[a-z]+@customer.example$')", "email=kim@example.com"),
    check("something is there that must not be", "!known(deal.close_date)", "close_date=2026-05-01"),
    # Several parts.
    check("of three conditions two fail", "deal.amount >= 1000 && deal.seats >= 5 && deal.region == 'EMEA'",
          "amount=5000 seats=2 region=NA"),
    check("what is false is told, not what is unknown", "deal.amount >= 1000 && deal.seats >= 5", "seats=2"),
    check("one of several would do", "deal.amount < 50000 || deal.region == 'NA'", "amount=62000 region=EMEA"),
    check("one of several might do, for all anybody knows", "deal.amount < 50000 || deal.seats > 100", "amount=62000"),
    check("the branch that is taken", "deal.region == 'EMEA' ? deal.seats >= 5 : deal.seats >= 50",
          "seats=20 region=NA"),
    check("the branch hangs on what is missing", "deal.region == 'EMEA' ? deal.seats >= 5 : deal.seats >= 50",
          "seats=20"),
    Case("whether it is asked at all is unknown",
         {"enter": "{id: two-meetings, activities: {meeting: 2}, when: deal.amount >= 10000, says: two meetings first}"}),  # noqa: E501 - one line of YAML
    # Activities and contacts.
    asks("no meeting is logged", "{activities: {meeting: 1}}"),
    asks("too few meetings, in the words of the process",
         "{id: two-meetings, activities: {meeting: 2}, waivable_by: manager, says: a proposal comes after two meetings}",  # noqa: E501 - one line of YAML
         f"{LOG} {AT}"),
    asks("too few of any kind", "{activities: {any: 3}}", f"{LOG} {AT}"),
    asks("the last meeting is too long ago", "{activities: {meeting: {within: 45d}}}",
         f"{LOG} --at 2026-03-12T09:00:00Z"),
    asks("the last meeting was before the deal", "{activities: {meeting: {since: opened}}}",
         f"{LOG} --at 2026-04-20T09:00:00Z"),
    asks("the last meeting was without the right person", "{activities: {meeting: {with: economic_buyer, within: 30d}}}",  # noqa: E501 - one line of YAML
         CHAMPION, f"{LOG} --with kim@customer.example {AT}"),
    asks("with whom is not known", "{activities: {meeting: {with: economic_buyer}}}",
         "deal contact D-1 kim@customer.example --role economic_buyer --by rep-03", f"{LOG} {AT}"),
    asks("too many calls", "{activities: {call: {at_most: 1}}}",
         f"deal log D-1 call --by rep-03 {AT}", f"deal log D-1 call --minutes 5 --by rep-03 {AT}"),
    check("every meeting must be long enough", "activities.all(a, a.kind != 'meeting' || a.minutes >= 30)", "",
          f"{LOG} --minutes 10 {AT}", f"{LOG} --minutes 45 {AT}"),
    check("how long a meeting took is not known", "activities.all(a, a.minutes >= 30)", "", f"{LOG} {AT}"),
    asks("a contact is missing", "{contacts: {economic_buyer: 1}, says: know who signs before you offer}"),
    asks("too few contacts", "{contacts: {any: 3}}", CHAMPION),
    # Evidence.
    asks("a document is missing", NDA),
    asks("a recent document is missing", "{documents: {contract: {within: 90d}}}"),
    asks("a box is not ticked", "{checklist: [{id: price-ok, title: The price list was checked}]}"),
    asks("an item of the plan is open", "{plan: [security-review, kickoff-booked]}"),
    asks("the plan is behind", "{plan: on_time}"),
    # Time.
    Case("not long enough in the stage", {"enter": "{stay_at_least: 14d}"}),
    Case("not long enough in working time", {"enter": "{stay_at_least: 8bd}"}),
    Case("too long in the stage", {"enter": "{stay_at_most: 5d}"}),
    Case("leaving takes something too", {"leave": ", leave: [{require: [region]}]"}),
    # Approvals.
    Case("an approval nobody asked for", {"enter": BIG}),
    Case("an approval in the words of the process",
         {"enter": "{id: big-deal, approval: manager, when: deal.amount >= 50000, says: a deal of this size needs a manager}"},  # noqa: E501 - one line of YAML
         (f"{OPEN} --set amount=62000",)),
    Case("an approval of a size nobody knows", {"enter": "{id: big-deal, approval: manager, when: deal.amount >= 50000}"}),  # noqa: E501 - one line of YAML
    Case("an approval that is asked for", {"enter": BIG}, (OPEN, ASK)),
    Case("an approval that was denied", {"enter": BIG},
         (OPEN, ASK, f"deal reject D-1 big-deal --reason no --by manager-1 {AT}")),
    Case("an approval that lapsed", {"enter": BIG},
         (OPEN, ASK, YES, "deal set D-1 amount=9000 --by rep-03 --at 2026-05-06T09:00:00Z")),
    Case("an approval that has ended", {"enter": BIG}, (OPEN, ASK, f"{YES} --until 2026-05-08T00:00:00Z")),
    Case("an approval for something else", {"enter": BIG}, (OPEN, f"{YES} --to negotiation")),
    Case("an approval that was used up", LATE_BIG,
         (OPEN, IN_PROPOSAL, f"{YES} --to negotiation", f"{ON} {AT}",
          f"deal move D-1 --to proposal --reason again --by rep-03 {AT}"), ON),
    Case("an approval the new owner gave", {"enter": BIG},
         (OPEN, YES, "deal assign D-1 --to manager-1 --by vp-1 --at 2026-05-06T09:00:00Z")),
    Case("an approval by the owner's manager", {"enter": "{approval: owner.manager}"}),
    Case("approvals in their order", {"enter": "{id: terms, approval: [deal_desk, vp]}"}),
    Case("an approval out of order", {"enter": "{id: terms, approval: [deal_desk, vp]}"},
         (OPEN, "deal approve D-1 terms:deal_desk --by deal-desk-1 --at 2026-05-04T09:00:00Z",
          f"deal approve D-1 terms:vp --by vp-1 {AT}",
          "deal reject D-1 terms:deal_desk --reason no --by deal-desk-1 --at 2026-05-06T09:00:00Z",
          "deal approve D-1 terms:deal_desk --by deal-desk-1 --at 2026-05-07T09:00:00Z")),
    Case("a band of approvals", {"enter": BANDS}, (f"{OPEN} --set discount=15%",)),
    Case("the highest band of approvals", {"enter": BANDS}, (f"{OPEN} --set discount=25%",)),
    Case("an approval where nobody is registered", {"enter": BIG}, people=False),
    # Who, and which way.
    Case("not one of those who may", {"stage": "by: [legal, manager]"}),
    Case("neither the owner nor one of those who may", {"stage": "by: [owner, legal]"},
         command="deal move D-1 --to proposal --by rep-04"),
    Case("somebody nobody knows", {"moves": "moves: {by: [rep]}"}, command="deal move D-1 --to proposal --by rep-99"),
    Case("a stage is leapt over", {"enter": "{require: [amount]}", "moves": "moves: {skip: {waivable_by: manager}}"},
         command=ON),
    Case("a stage that only some deals have", {"stage": "applies: deal.amount >= 100000"},
         (f"{OPEN} --set amount=5000",)),
    Case("a stage that this deal has cannot be leapt over", {"stage": "applies: deal.amount >= 100000"},
         (f"{OPEN} --set amount=150000",), ON),
    Case("whether the deal has the stage is unknown", {"stage": "applies: deal.amount >= 100000"}, command=ON),
    Case("back without a reason", {}, (OPEN, IN_PROPOSAL), "deal move D-1 --to lead --by rep-03"),
    Case("back is not the way", {"moves": "moves: {back: never}"}, (OPEN, IN_PROPOSAL),
         "deal move D-1 --to lead --reason oops --by rep-03"),
    # Who owns it.
    Case("the owner has no slot free in the stage", {"enter": "{owner_deals_at_most: 1, waivable_by: manager}"},
         (OPEN, OTHER, "deal move D-2 --to proposal --by rep-03")),
    Case("the owner has no slot free at all", {"opening": ONE_EACH}, (OPEN,),
         "deal open D-2 --process b2b --owner rep-03 --by rep-03"),
    Case("a deal is given to somebody without a free slot", {"opening": ONE_EACH},
         (OPEN, OTHER.replace("rep-03", "rep-04")), "deal assign D-2 --to rep-03 --by manager-1"),
    Case("a deal is given to somebody who cannot do it",
         {"opening": "owning: {enter: [{owner_skills: discount-training, says: we teach discounts first}]}"},
         ("deal open D-1 --process b2b --owner manager-1 --by rep-03 --at 2026-05-01T08:00:00Z",),
         "deal assign D-1 --to rep-04 --by manager-1"),
    Case("the owner lacks a skill for the stage", {"enter": "{owner_skills: [enterprise]}"}),
    Case("an approval that takes a training", {"enter": TRAINED}),
    Case("an approval by somebody without the training", {"enter": TRAINED}, (OPEN, ASK),
         "deal approve D-1 big-deal --by manager-2"),
    # Openings, wins, losses, reopenings.
    Case("opened in the wrong stage", {"enter": "{require: [amount]}"}, (),
         "deal open D-1 --process b2b --owner rep-03 --stage proposal --by rep-03"),
    Case("opened by the wrong person", {"opening": "opening: {by: [manager], enter: [{require: [region]}]}"}, (),
         "deal open D-1 --process b2b --owner rep-03 --by rep-03"),
    Case("won too early", {"won": "from: [negotiation], enter: [{documents: [contract]}]"}, (OPEN,),
         "deal win D-1 --by rep-03"),
    Case("won without what a win takes", {"won": "from: [lead], enter: [{require: [close_date]}]"}, (OPEN,),
         "deal win D-1 --by rep-03"),
    Case("lost for a reason that asks for more",
         {"lost": ", enter: [{id: say-more, check: deal.budget > 0, when: \"move.reason == 'price'\", says: a loss on price says what they would have paid}]"},  # noqa: E501 - one line of YAML
         (OPEN,), "deal lose D-1 --reason price --by rep-03"),
    Case("lost from a stage that deals are not lost from", {"lost": ", from: [negotiation]"}, (OPEN,),
         "deal lose D-1 --reason price --by rep-03"),
    Case("reopened without a reason", {"reopen": "waivable_by: manager"},
         (OPEN, f"deal lose D-1 --reason price --by rep-03 {AT}"), "deal reopen D-1 --by rep-03"),
    Case("reopened by the wrong person", {"reopen": "by: [manager]"},
         (OPEN, f"deal lose D-1 --reason price --by rep-03 {AT}"), "deal reopen D-1 --reason again --by rep-03"),
    # All together.
    Case("several rules at once",
         {"enter": "{require: [amount, close_date]}, {id: two-meetings, activities: {meeting: 2}, waivable_by: manager, says: a proposal comes after two meetings}, " + BIG},  # noqa: E501 - one line of YAML
         (f"{OPEN} --set amount=62000", f"{LOG} {AT}")),
    Case("warnings and hints beside a refusal",
         {"enter": "{require: [amount]}, {id: deep, check: deal.discount <= 10.0, severity: warn, says: a deep discount}, {id: nice, contacts: {champion: 1}, severity: hint}"},  # noqa: E501 - one line of YAML
         (f"{OPEN} --set discount=15%",)),
    Case("one rule is waived, another is not",
         {"enter": "{id: two-meetings, activities: {meeting: 2}, waivable_by: manager, says: a proposal comes after two meetings}, {require: [amount]}"},  # noqa: E501 - one line of YAML
         (OPEN, f"deal waive D-1 two-meetings --reason friends --by manager-1 {AT}")),
    Case("an id that a shell would take apart", {"enter": "{require: [amount]}"},
         ("deal open 'A & B' --process b2b --owner rep-03 --by rep-03 --at 2026-05-01T08:00:00Z",),
         "deal move 'A & B' --to proposal --by rep-03"),
    # Asked beforehand.
    Case("every way from here", {"enter": "{require: [amount]}"}, (OPEN,), "deal next D-1"),
    Case("every way from the middle", {"later": BIG}, (OPEN, IN_PROPOSAL), "deal next D-1 --by rep-03"),
    Case("ways on where the deal has not every stage", {"stage": "applies: deal.amount >= 100000"},
         (f"{OPEN} --set amount=5000",), "deal next D-1"),
    Case("the way from a deal that is lost", {}, (OPEN, f"deal lose D-1 --reason price --by rep-03 {AT}"),
         "deal next D-1"),
    Case("a move tried beforehand", {"enter": "{require: [amount]}"}, (OPEN,), "deal preflight D-1 --to proposal"),
    Case("a loss tried beforehand", {}, (OPEN,), "deal preflight D-1 --to lost"),
)  # fmt: skip
