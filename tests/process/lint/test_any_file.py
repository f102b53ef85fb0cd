"""Whatever is given to lint, it answers with findings."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.process.files import GOOD

from pipeline_engine.process import CODES, lint

PIECES = st.sampled_from(
    ["deal.amount > 5", "deal.amount / 0 > 1", "deal.region == 'NA'", "true", "false", "!known(deal.amount)", "1 > 2",
     "now - stage.entered_at > duration('1h')", "activities.all(a, false)", "deal.amount * 1e300 > 1",
     "opened_at > now",
     "contacts.map(c, c.role).exists(r, r == move.reason)", "deal.region.matches('(a|b)*c')", "move.passed.size() < 0",
     "size(deal.region) > 9223372036854775807", "deal.amount - deal.amount != 0", "owner.id == actor.id"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(PIECES, PIECES), min_size=1, max_size=4))
def test_any_rules_give_findings_of_known_codes(rules):
    """No rule, however odd, makes lint fail in another way."""
    entries = [f'      - {{id: r{n}, check: "{check}", when: "{when}"}}' for n, (check, when) in enumerate(rules)]
    text = GOOD.replace("      - {id: big, check: deal.amount > 5}", "\n".join(entries))
    assert {finding.code for finding in lint(text, "p.yaml")} <= set(CODES)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(GOOD)), st.integers(0, 12), st.text(max_size=8))
def test_any_damage_to_a_good_file_gives_findings(start, length, put_in):
    """A good file with a piece cut out and another put in."""
    assert {finding.code for finding in lint(GOOD[:start] + put_in + GOOD[start + length :], "p.yaml")} <= set(CODES)
