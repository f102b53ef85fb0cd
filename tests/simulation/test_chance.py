"""Chance that is a function of its arguments."""

from math import log
from statistics import median, stdev

from pipeline_engine.simulation.chance import Chance


def test_a_draw_depends_on_seed_subject_and_purpose_only():
    """Whatever was drawn before, a purpose gives the same draw; another subject or seed another one."""
    first, second = Chance(7, "D-0001"), Chance(7, "D-0001")
    second.uniform("something else")
    assert first.uniform("stay") == second.uniform("stay")
    assert Chance(7, "D-0002").uniform("stay") != first.uniform("stay") != Chance(8, "D-0001").uniform("stay")


def test_draws_are_pinned():
    """The draws themselves are part of what a seed means: they may never change between releases."""
    chance = Chance(7, "D-0001")
    assert chance.uniform("stay") == 0.5679190110092203
    assert chance.skewed("stay", 7.0, 0.55) == 5.861031994979


def test_skewed_draws_have_the_median_and_spread_that_were_asked_for():
    """Log-normal: half of the draws below the median, the logarithm spread as asked."""
    drawn = [Chance(1, f"D-{n}").skewed("stay", 10.0, 0.5) for n in range(4000)]
    assert 9.6 < median(drawn) < 10.4
    assert 0.48 < stdev(log(days) for days in drawn) < 0.52


def test_picks_follow_their_weights():
    """A name with twice the weight is picked about twice as often, and one without weight never."""
    picked = [Chance(1, f"D-{n}").pick("reason", (("a", 2.0), ("b", 1.0), ("c", 0.0))) for n in range(3000)]
    assert 1.8 < picked.count("a") / picked.count("b") < 2.2
    assert "c" not in picked
