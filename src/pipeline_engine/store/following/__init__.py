"""Following the log: whoever keeps something in step with it reads on by position, and loses and repeats nothing."""

from pipeline_engine.store.following.follower import StoredFollower, standings
from pipeline_engine.store.following.model import (
    Follows,
    Kept,
    Parked,
    Progress,
    Projection,
    SpoiledView,
    Standing,
    quiet,
)
from pipeline_engine.store.following.readable import as_readable
from pipeline_engine.store.following.runner import Health, Runner
from pipeline_engine.store.following.taking import OUTAGE

__all__ = [
    "OUTAGE",
    "Follows",
    "Health",
    "Kept",
    "Parked",
    "Progress",
    "Projection",
    "Runner",
    "SpoiledView",
    "Standing",
    "StoredFollower",
    "as_readable",
    "quiet",
    "standings",
]
