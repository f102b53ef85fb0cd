"""What can be proved: who went past the gate, waived, approved, refused and corrected, read off the log."""

from pipeline_engine.audit.answer import Answer, Tally
from pipeline_engine.audit.bypasses import WOULD, Bypass, CannotSay, Said, Would, bypasses
from pipeline_engine.audit.corrections import Correction, corrections
from pipeline_engine.audit.endings import Ended
from pipeline_engine.audit.grants import Approval, Waiver, approvals, waivers
from pipeline_engine.audit.refusals import Refusal, refusals
from pipeline_engine.audit.wanted import Wanted

__all__ = [
    "WOULD", "Answer", "Approval", "Bypass", "CannotSay", "Correction", "Ended", "Refusal", "Said", "Tally", "Waiver",
    "Wanted", "Would", "approvals", "bypasses", "corrections", "refusals", "waivers",
]  # fmt: skip
