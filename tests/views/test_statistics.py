"""The formulas of the views, against published numbers and against another implementation."""

import numpy as np
import pytest
from lifelines import AalenJohansenFitter, KaplanMeierFitter

from pipeline_engine.views.statistics import aalen_johansen, kaplan_meier, quantile, wilson

# (entry age, exit age, kind): the example of METRICS.md; kind 0 advanced, 1 lost, -1 still there.
STAYS = np.array([(0, 3, 0), (0, 5, 1), (0, 5, 0), (0, 8, -1), (2, 9, 0), (0, 12, -1), (0, 12, 1), (6, 15, 0)])
ENTRIES, EXITS, KINDS = STAYS.T


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"), [(7, 20, 0.18119, 0.56715), (0, 10, 0.0, 0.27753), (10, 10, 0.72247, 1.0)]
)
def test_a_share_has_the_wilson_interval(hits, of, low, high):
    """The interval of a share is Wilson's, to the fifth decimal."""
    share = wilson(hits, of)
    assert [share.low, share.high] == pytest.approx([low, high], abs=5e-6)


def test_a_share_of_nothing_says_nothing():
    """Of no deals at all, no rate is claimed."""
    assert wilson(0, 0).to_json() == {"hits": 0, "of": 0, "share": None, "low": None, "high": None}


def test_a_share_above_one_is_a_mistake():
    """More hits than tries is a mistake of the caller, not a rate."""
    with pytest.raises(ValueError, match="11 of 10"):
        wilson(11, 10)


def test_kaplan_meier_gives_the_published_table():
    """Numbers at risk, S and Greenwood's error are those of METRICS.md, late entries included."""
    curve = kaplan_meier(EXITS, KINDS >= 0, ENTRIES)
    assert curve.ages.tolist() == [3, 5, 9, 12, 15]
    assert curve.at_risk.tolist() == [7, 6, 4, 3, 1]
    assert curve.survival == pytest.approx([6 / 7, 4 / 7, 3 / 7, 2 / 7, 0])
    assert curve.se == pytest.approx([0.1323, 0.1870, 0.1870, 0.1707, 0], abs=5e-5)
    assert (curve.observed, curve.ended) == (8, 6)


def test_aalen_johansen_gives_the_published_table():
    """How stays ended adds up with who is still there to 1 at every age."""
    curve = aalen_johansen(EXITS, KINDS, 2, ENTRIES)
    assert curve.share[0] == pytest.approx([1 / 7, 2 / 7, 3 / 7, 3 / 7, 5 / 7])
    assert curve.share[1] == pytest.approx([0, 1 / 7, 1 / 7, 2 / 7, 2 / 7])
    assert curve.share.sum(axis=0) + curve.survival == pytest.approx(np.ones(5))
    assert [curve.at(0, 4), curve.at(0, 2), curve.at(1, 99)] == pytest.approx([1 / 7, 0.0, 2 / 7])


def test_the_published_example_agrees_with_lifelines():
    """A second implementation finds the same S for the published example."""
    fitted = KaplanMeierFitter().fit(EXITS, KINDS >= 0, entry=ENTRIES)
    curve = kaplan_meier(EXITS, KINDS >= 0, ENTRIES)
    assert fitted.survival_function_at_times(curve.ages).to_numpy() == pytest.approx(curve.survival)


@pytest.mark.parametrize("seed", range(5))
def test_random_histories_agree_with_lifelines(seed):
    """
    Ties, late entries and open ends.

    S, its log-log interval, the median and the incidence match lifelines.
    """
    draw = np.random.default_rng(seed)
    exits = draw.integers(1, 60, 300)
    entries = np.where(draw.random(300) < 0.3, draw.integers(0, 60, 300), 0)
    kinds = draw.integers(-1, 2, 300)
    kept = entries < exits
    curve = kaplan_meier(exits, kinds >= 0, entries)
    fitted = KaplanMeierFitter().fit(exits[kept], kinds[kept] >= 0, entry=entries[kept])
    assert curve.observed == int(kept.sum())
    assert fitted.survival_function_at_times(curve.ages).to_numpy() == pytest.approx(curve.survival)
    inside = curve.survival > 0
    interval = fitted.confidence_interval_.loc[curve.ages[inside]].to_numpy()
    assert interval[:, 0] == pytest.approx(curve.low[inside], abs=1e-6)
    assert interval[:, 1] == pytest.approx(curve.high[inside], abs=1e-6)
    assert quantile(curve, 0.5).days == fitted.median_survival_time_


def test_the_incidence_agrees_with_lifelines():
    """
    The share that ended in a way matches lifelines, which breaks ties by chance.

    Ages here are all different.
    """
    draw = np.random.default_rng(3)
    exits = draw.permutation(np.arange(1, 301))
    kinds = draw.integers(-1, 2, 300)
    curve = aalen_johansen(exits, kinds, 2)
    for way in (0, 1):
        fitted = AalenJohansenFitter(calculate_variance=False).fit(exits, kinds + 1, event_of_interest=way + 1)
        theirs = fitted.cumulative_density_.loc[curve.ages].to_numpy()[:, 0]
        assert theirs == pytest.approx(curve.share[way])


def test_a_stay_of_no_length_counts():
    """Two of four left at once: half are gone at age 0, and nothing is divided by nobody."""
    curve = kaplan_meier(np.array([0, 0, 5, 7]), np.array([True, True, True, False]))
    assert curve.at(0) == pytest.approx(0.5)
    assert curve.at(6) == pytest.approx(0.25)


def test_what_the_data_does_not_reach_is_not_known():
    """Where most are still there no median is claimed; without any stay nothing is."""
    few = kaplan_meier(np.array([3, 9, 9, 9]), np.array([True, False, False, False]))
    none = kaplan_meier(np.array([], dtype=np.int64), np.array([], dtype=bool))
    assert quantile(few, 0.5).to_json() == {"days": None, "low": 3.0, "high": None}
    assert quantile(none, 0.5).days is None
    assert aalen_johansen(np.array([], dtype=np.int64), np.array([], dtype=np.int64), 2).at(0, 5) == 0.0


def test_a_curve_that_fell_to_nothing_before_the_old_ones_were_seen_says_nothing():
    """
    One stay of 3 days alone in sight, another seen from day 20 on.

    That half were gone after 3 is not claimed.
    """
    curve = kaplan_meier(np.array([3, 30]), np.array([True, True]), np.array([0, 20]))
    assert curve.survival.tolist() == [0.0, 0.0]
    assert quantile(curve, 0.5).days is None


def test_finished_stays_alone_would_say_the_half_of_the_truth():
    """
    4,000 stays of true mean 30 days (median 20.8), seen at day 60.

    Finished ones average about 14, KM's median is 20.
    """
    draw = np.random.default_rng(20)
    began = draw.uniform(0, 60, 4000)
    length = draw.exponential(30, 4000)
    seen = np.minimum(length, 60 - began)
    ended = length <= 60 - began
    curve = kaplan_meier((seen * 1000).astype(np.int64), ended)
    assert seen[ended].mean() == pytest.approx(14.2, abs=0.6)
    median = quantile(curve, 0.5, unit=1000)
    assert median.days == pytest.approx(20.8, abs=1.2)
    assert (median.low or 99) < 20.8 < (median.high or 0)
