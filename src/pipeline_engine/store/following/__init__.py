"""Following the log: whoever keeps something in step with it reads on by position, and loses and repeats nothing."""

from pipeline_engine.store.following.events import FOLLOWING_EVENTS, FOLLOWING_STREAM, ViewReleased
from pipeline_engine.store.following.follower import StoredFollower, standings
from pipeline_engine.store.following.model import Follows, Parked, Progress, Projection, Standing, quiet
from pipeline_engine.store.following.readable import as_readable
from pipeline_engine.store.following.runner import Health, Runner

__all__ = [
    "FOLLOWING_EVENTS",
    "FOLLOWING_STREAM",
    "Follows",
    "Health",
    "Parked",
    "Progress",
    "Projection",
    "Runner",
    "Standing",
    "StoredFollower",
    "ViewReleased",
    "as_readable",
    "quiet",
    "standings",
]
