"""How history comes in: CSV and XES by a mapping file, re-imports that add exactly what is new, and proposed
mappings.
"""

from pipeline_engine.exchange.events import EXCHANGE_EVENTS, ImportRan
from pipeline_engine.exchange.fidelity import Fidelity, fidelity_of
from pipeline_engine.exchange.files import Limits
from pipeline_engine.exchange.importing import ImportOptions, import_history
from pipeline_engine.exchange.mapping import HistoryMapping, check_mapping
from pipeline_engine.exchange.mapping_file import load_mapping, read_mapping
from pipeline_engine.exchange.merge import Conflict
from pipeline_engine.exchange.propose import Proposal, propose
from pipeline_engine.exchange.report import ImportReport, spreadsheet_safe, write_rejects
from pipeline_engine.exchange.row import Reject

__all__ = [
    "EXCHANGE_EVENTS",
    "Conflict",
    "Fidelity",
    "HistoryMapping",
    "ImportOptions",
    "ImportRan",
    "ImportReport",
    "Limits",
    "Proposal",
    "Reject",
    "check_mapping",
    "fidelity_of",
    "import_history",
    "load_mapping",
    "propose",
    "read_mapping",
    "spreadsheet_safe",
    "write_rejects",
]
