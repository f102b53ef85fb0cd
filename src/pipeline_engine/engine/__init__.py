"""The shell: store, clock and people meet the pure rooms here."""

from pipeline_engine.engine.answers import load_file
from pipeline_engine.engine.approvals import Awaited
from pipeline_engine.engine.bases import bases_beside
from pipeline_engine.engine.bulk import MOST_TOGETHER, Bulked
from pipeline_engine.engine.clocks import StoryClock, system_clock
from pipeline_engine.engine.engine import Engine
from pipeline_engine.engine.erasing import Erasure, Held
from pipeline_engine.engine.follow_ups import Opening, Planned
from pipeline_engine.engine.jobs import MOST_FILES, MOST_UPLOAD_BYTES, JobFailure, JobLook, JobProgress, Upload
from pipeline_engine.engine.lending import Loan
from pipeline_engine.engine.life import OpenHandoff
from pipeline_engine.engine.links import ApprovalLink
from pipeline_engine.engine.lints import Linted, RuleUse, rule_use
from pipeline_engine.engine.migrations import Migrated
from pipeline_engine.engine.publishing import Published
from pipeline_engine.engine.reached import service
from pipeline_engine.engine.selection import DealRow
from pipeline_engine.engine.setup import Applied
from pipeline_engine.engine.shell import EVENTS, How
from pipeline_engine.engine.timekeeping import Called, Rung
from pipeline_engine.engine.working import Workers
from pipeline_engine.engine.works import Uploaded

__all__ = [
    "EVENTS",
    "MOST_FILES",
    "MOST_TOGETHER",
    "MOST_UPLOAD_BYTES",
    "Applied",
    "ApprovalLink",
    "Awaited",
    "Bulked",
    "Called",
    "DealRow",
    "Engine",
    "Erasure",
    "Held",
    "How",
    "JobFailure",
    "JobLook",
    "JobProgress",
    "Linted",
    "Loan",
    "Migrated",
    "OpenHandoff",
    "Opening",
    "Planned",
    "Published",
    "RuleUse",
    "Rung",
    "StoryClock",
    "Upload",
    "Uploaded",
    "Workers",
    "bases_beside",
    "load_file",
    "rule_use",
    "service",
    "system_clock",
]  # fmt: skip
