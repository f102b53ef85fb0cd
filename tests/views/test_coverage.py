"""Whether the intervals hold what they promise, over thousands of histories.

METRICS.md: the Monte-Carlo 99 % band of each interval must meet [93, 97] %. Seeds are fixed here.
"""

from math import sqrt

import numpy as np
import pytest

from pipeline_engine.views.statistics import kaplan_meier, quantile, wilson

HISTORIES = 5_000
Z99 = 2.5758293035489004


def meets(covered, tried):
    """Whether the 99 % band around a coverage meets [93, 97] %, and the coverage itself."""
    share = covered / tried
    half = Z99 * sqrt(share * (1 - share) / tried)
    return share - half <= 0.97 and share + half >= 0.93, share


@pytest.mark.parametrize(("n", "rate"), [(20, 0.3), (50, 0.1), (50, 0.5), (200, 0.05), (200, 0.8), (1000, 0.25)])
def test_the_wilson_interval_covers(n, rate):
    """Of 5,000 drawn shares about 95 % have an interval that holds the true rate."""
    hits, counts = np.unique(np.random.default_rng(0).binomial(n, rate, HISTORIES), return_counts=True)
    shares = [wilson(int(one), n) for one in hits]
    inside = [(one.low or 0.0) <= rate <= (one.high or 0.0) for one in shares]
    covered = int(counts[inside].sum())
    holds, share = meets(covered, HISTORIES)
    assert holds, f"covered {share:.4f} at n={n}, p={rate}"


def test_the_cell_that_lies_outside_by_construction_is_known():
    """
    At n = 20 and p = 0.05 Wilson's exact coverage is 92.5 %.

    So few outcomes are possible that none is nearer.
    """
    draws = np.random.default_rng(0).binomial(20, 0.05, 200_000)
    shares = [wilson(one, 20) for one in range(21)]
    inside = np.array([(one.low or 0.0) <= 0.05 <= (one.high or 0.0) for one in shares])
    assert inside[draws].mean() == pytest.approx(0.925, abs=0.003)


@pytest.mark.parametrize(("n", "late"), [(60, False), (150, False), (150, True)])
def test_the_interval_of_the_median_stay_covers(n, late):
    """Of 5,000 histories with open ends (and late entries) about 95 % of the intervals hold the median."""
    draw = np.random.default_rng(1)
    length = draw.exponential(30_000, (HISTORIES, n)).astype(np.int64) + 1
    seen_until = draw.uniform(10_000, 90_000, (HISTORIES, n)).astype(np.int64)
    entry = draw.integers(1, 8_000, (HISTORIES, n)) * (draw.random((HISTORIES, n)) < 0.3) * late
    exits, ended = np.minimum(length, seen_until), length <= seen_until
    true_median = 30_000 * np.log(2)
    covered = 0
    for row in range(HISTORIES):
        found = quantile(kaplan_meier(exits[row], ended[row], entry[row]), 0.5)
        high = np.inf if found.high is None else found.high
        covered += found.low is not None and found.low <= true_median <= high
    holds, share = meets(covered, HISTORIES)
    assert holds, f"covered {share:.4f} at n={n}, late entries: {late}"


def test_an_interval_that_ignores_open_stays_does_not_cover():
    """
    The control.

    The same histories without the stays that are not over miss the true median nearly always.
    """
    draw = np.random.default_rng(1)
    length = draw.exponential(30_000, (300, 150)).astype(np.int64) + 1
    ended = length <= draw.uniform(10_000, 90_000, (300, 150)).astype(np.int64)
    covered = 0
    for row in range(300):
        finished = length[row][ended[row]]
        found = quantile(kaplan_meier(finished, np.ones(len(finished), dtype=bool)), 0.5)
        covered += (found.low or 0.0) <= 30_000 * np.log(2) <= (found.high or np.inf)
    assert not meets(covered, 300)[0]
