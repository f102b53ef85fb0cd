"""Where it is kept: the log of events, on SQLite, PostgreSQL or in memory, behind one face."""

from pipeline_engine.store.event_store import Part, Store
from pipeline_engine.store.following import (
    Follows,
    Health,
    Parked,
    Progress,
    Projection,
    Runner,
    Standing,
    StoredFollower,
    quiet,
)
from pipeline_engine.store.model import (
    Decision,
    Draft,
    Finding,
    Fold,
    Reader,
    Receipt,
    Request,
    Row,
    StreamAppend,
)
from pipeline_engine.store.opening import is_there, open_store
from pipeline_engine.store.seal import IDENTITY, KeyProvider, Sealed
from pipeline_engine.store.upcast import UPCASTERS, Upcasters
from pipeline_engine.store.view_tables import UnfitRow, ViewRows, ViewTable

__all__ = [
    "IDENTITY",
    "UPCASTERS",
    "Decision",
    "Draft",
    "Finding",
    "Fold",
    "Follows",
    "Health",
    "KeyProvider",
    "Parked",
    "Part",
    "Progress",
    "Projection",
    "Reader",
    "Receipt",
    "Request",
    "Row",
    "Runner",
    "Sealed",
    "Standing",
    "Store",
    "StoredFollower",
    "StreamAppend",
    "UnfitRow",
    "Upcasters",
    "ViewRows",
    "ViewTable",
    "is_there",
    "open_store",
    "quiet",
]
