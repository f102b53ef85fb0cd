"""Following the log: whoever keeps something in step with it reads on by position, and loses and repeats nothing."""

from pipeline_engine.store.following.events import (
    FOLLOWING_EVENTS,
    FOLLOWING_STREAM,
    PersonalValuesShared,
    ViewReleased,
)
from pipeline_engine.store.following.follower import StoredFollower, standings
from pipeline_engine.store.following.leases import Lease
from pipeline_engine.store.following.model import (
    Aside,
    Follows,
    Kept,
    Parked,
    Projection,
    SpoiledView,
    Standing,
)
from pipeline_engine.store.following.readable import as_readable, check_payload
from pipeline_engine.store.following.runner import GATHER_SECONDS, Health, Runner
from pipeline_engine.store.following.sending import Elsewhere, Sender, Sends
from pipeline_engine.store.following.taking import OUTAGE

__all__ = [
    "FOLLOWING_EVENTS",
    "FOLLOWING_STREAM",
    "GATHER_SECONDS",
    "OUTAGE",
    "Aside",
    "Elsewhere",
    "Follows",
    "Health",
    "Kept",
    "Lease",
    "Parked",
    "PersonalValuesShared",
    "Projection",
    "Runner",
    "Sender",
    "Sends",
    "SpoiledView",
    "Standing",
    "StoredFollower",
    "ViewReleased",
    "as_readable",
    "check_payload",
    "standings",
]
