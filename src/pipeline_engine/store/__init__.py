"""Where it is kept: the log of events, on SQLite, PostgreSQL or in memory, behind one face."""

from pipeline_engine.store.care.backup import Backup, read_back
from pipeline_engine.store.care.by_url import back_up_store, digest_store, named_in, restore
from pipeline_engine.store.care.digest import Digest
from pipeline_engine.store.care.restoring import Restored
from pipeline_engine.store.care.tenants import Tenant, make_tenant, tenant_sql
from pipeline_engine.store.care.unsafe import UNSAFE, Unsafe
from pipeline_engine.store.event_store import Part, Store
from pipeline_engine.store.following import (
    FOLLOWING_EVENTS,
    FOLLOWING_STREAM,
    OUTAGE,
<<<<<<< HEAD
    Elsewhere,
=======
    Aside,
>>>>>>> main
    Follows,
    Health,
    Kept,
    Lease,
    Parked,
<<<<<<< HEAD
    PersonalValuesShared,
    Progress,
=======
>>>>>>> main
    Projection,
    Runner,
    Sender,
    Sends,
    SpoiledView,
    Standing,
    StoredFollower,
    ViewReleased,
    check_payload,
)
from pipeline_engine.store.keys import SubjectKeys
from pipeline_engine.store.model import (
    Decision,
    Draft,
    Finding,
    Fold,
    Progress,
    Reader,
    Receipt,
    Request,
    Row,
    StreamAppend,
    quiet,
)
from pipeline_engine.store.opening import is_there, open_store, restore_keys
from pipeline_engine.store.seal import IDENTITY, KeyProvider, Sealed
from pipeline_engine.store.upcast import UPCASTERS, Upcasters
from pipeline_engine.store.view_tables import UnfitRow, ViewRows, ViewTable

__all__ = [
    "FOLLOWING_EVENTS",
    "FOLLOWING_STREAM",
    "IDENTITY",
    "OUTAGE",
    "UNSAFE",
    "UPCASTERS",
    "Aside",
    "Backup",
    "Decision",
    "Digest",
    "Draft",
    "Elsewhere",
    "Finding",
    "Fold",
    "Follows",
    "Health",
    "Kept",
    "KeyProvider",
    "Lease",
    "Parked",
    "Part",
    "PersonalValuesShared",
    "Progress",
    "Projection",
    "Reader",
    "Receipt",
    "Request",
    "Restored",
    "Row",
    "Runner",
    "Sealed",
    "Sender",
    "Sends",
    "SpoiledView",
    "Standing",
    "Store",
    "StoredFollower",
    "StreamAppend",
    "SubjectKeys",
    "Tenant",
    "UnfitRow",
    "Unsafe",
    "Upcasters",
    "ViewReleased",
    "ViewRows",
    "ViewTable",
    "back_up_store",
    "check_payload",
    "digest_store",
    "is_there",
    "make_tenant",
    "named_in",
    "open_store",
    "quiet",
    "read_back",
    "restore",
    "restore_keys",
    "tenant_sql",
]
