"""The verbs of corrections: what really was, what did not happen, who agrees, and which deals are the same."""

from collections.abc import Mapping
from datetime import datetime
from typing import Unpack

from pipeline_engine.deal import (
    ConfirmCorrection,
    CorrectTime,
    CorrectValue,
    MergeDeal,
    Outcome,
    RawValue,
    VoidEvent,
)
from pipeline_engine.engine.shell import How, Shell


class CorrectionVerbs(Shell):
    """Each names an event by its version in the deal's stream, as `timeline` tells it.

    Of a won, lost or merged deal a correction is proposed, and holds once somebody else has confirmed it.
    """

    def correct_value(
        self, deal_id: str, version: int, values: Mapping[str, RawValue], reason: str, **how: Unpack[How]
    ) -> Outcome:
        """Say what fields really were that an event says; None or empty text clears one."""
        return self._ask(CorrectValue, deal_id, how, version=version, values=values, reason=reason)

    def correct_time(self, deal_id: str, version: int, really_at: datetime, reason: str, **how: Unpack[How]) -> Outcome:
        """Say when an event really happened."""
        return self._ask(CorrectTime, deal_id, how, version=version, really_at=really_at, reason=reason)

    def void(self, deal_id: str, version: int, reason: str, **how: Unpack[How]) -> Outcome:
        """Say that an event did not happen; of stage events only the last, and the deal is back where it was."""
        return self._ask(VoidEvent, deal_id, how, version=version, reason=reason)

    def confirm_correction(self, deal_id: str, version: int, **how: Unpack[How]) -> Outcome:
        """Agree to a correction that somebody else proposed; refused to whoever proposed it."""
        return self._ask(ConfirmCorrection, deal_id, how, version=version)

    def merge(self, deal_id: str, into: str, reason: str, **how: Unpack[How]) -> Outcome:
        """Say that the deal is the same as another one, which goes on."""
        return self._ask(MergeDeal, deal_id, how, into=into, reason=reason)
