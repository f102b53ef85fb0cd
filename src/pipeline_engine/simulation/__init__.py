"""A made-up sales year: timed commands by seed, people who react to the gate, a planted bottleneck."""

from pipeline_engine.simulation.parts import Parts, Story
from pipeline_engine.simulation.plan import Bottleneck, Delays, Odds, StagePlan, YearPlan, planted
from pipeline_engine.simulation.year import sales_year

__all__ = ["Bottleneck", "Delays", "Odds", "Parts", "StagePlan", "Story", "YearPlan", "planted", "sales_year"]
