"""The people file: what it says, and every way it can be wrong, with the place."""

from datetime import UTC, datetime

import pytest

from pipeline_engine.errors import BadPeople
from pipeline_engine.team import Delegation, Person, load_people

GOOD = """\
people:
  - {id: rep-1, roles: [rep], team: emea, manager: mgr-1}
  - {id: mgr-1, roles: [vp, manager]}
  - {id: mgr-2}
delegations:
  - {from: mgr-1, to: mgr-2, role: manager, until: 2026-02-01}
  - {from: mgr-1, to: mgr-2, role: vp, until: "2026-02-01T17:00:00+01:00"}
"""


def test_a_people_file_says_who_there_is() -> None:
    """Roles in order of their names, a day as its beginning in UTC, a moment in UTC."""
    rep, manager, other = load_people(GOOD, "people.yaml").people
    assert rep == Person("rep-1", ("rep",), "emea", "mgr-1")
    assert manager == Person("mgr-1", ("manager", "vp"))
    assert other.delegations == (
        Delegation("mgr-1", "manager", datetime(2026, 2, 1, tzinfo=UTC)),
        Delegation("mgr-1", "vp", datetime(2026, 2, 1, 16, tzinfo=UTC)),
    )


LENDING = "people: [{id: a, roles: [r]}, {id: b}]\ndelegations:\n  - "


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("people:\n  - {id: a}\n  - {id: a}", "3:", "`a` is there twice"),
        ("people:\n  - {id: a, manager: b}", "2:22", "person `b`"),
        ("people:\n  - {id: a, manager: a}", "2:22", "manages themselves"),
        ("people:\n  - {roles: [r]}", "2:", "`id`"),
        ("people:\n  - {id: a b}", "2:", "without spaces"),
        ('people:\n  - {id: "a\\u200bb"}', "2:", "printable"),
        ("people:\n  - {id: " + "x" * 101 + "}", "2:", "1 to 100"),
        ("people:\n  - {id: a, rolls: [r]}", "2:", "did you mean `roles`"),
        ("persons:\n  - {id: a}", "1:", "people"),
        ("people: no", "1:", "list"),
        ("people: [", "", "people.yaml"),
        ("- {id: a}", "1:", "people.yaml"),
        (LENDING + "{from: a, to: b, role: r}", "3:", "`until`"),
        (LENDING + "{from: a, to: b, role: r, until: soon}", "3:", "a day like"),
        (LENDING + "{from: a, to: b, role: r, until: 2026-02-30}", "3:", "a day like"),
        (LENDING + "{from: a, to: b, role: r, until: 2026-02-01T10:00:00}", "3:", "a day like"),
        (LENDING + "{from: a, to: b, role: s, until: 2026-02-01}", "3:", "does not hold `s`"),
        (LENDING + "{from: a, to: c, role: r, until: 2026-02-01}", "3:", "`c`"),
        (LENDING + "{from: a, to: a, role: r, until: 2026-02-01}", "3:", "lends to themselves"),
        (
            LENDING + "{from: a, to: b, role: r, until: 2026-02-01}\n  - {from: a, to: b, role: r, until: 2026-03-01}",
            "4:",
            "twice",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, place: str, words: str) -> None:
    """File, line and column, and what was needed."""
    with pytest.raises(BadPeople, match=words) as caught:
        load_people(text, "people.yaml")
    assert str(caught.value).startswith(f"people.yaml:{place}" if place else "people.yaml")
    assert "\n" not in str(caught.value)
