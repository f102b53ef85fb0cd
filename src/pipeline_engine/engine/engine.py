"""The front door: open a store, and every verb there is.

The engine decides nothing: it brings the store, the clock and the pure rooms together.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline_engine.engine.approvals import ApprovalVerbs
from pipeline_engine.engine.audits import AuditVerbs
from pipeline_engine.engine.bulk import BulkVerbs
from pipeline_engine.engine.clocks import system_clock
from pipeline_engine.engine.corrections import CorrectionVerbs
from pipeline_engine.engine.follow_ups import FollowUpVerbs
from pipeline_engine.engine.lending import LendingVerbs
from pipeline_engine.engine.life import LifeVerbs
from pipeline_engine.engine.links import LinkVerbs
from pipeline_engine.engine.lints import LintVerbs
from pipeline_engine.engine.positions import PositionVerbs
from pipeline_engine.engine.reached import ServiceVerbs
from pipeline_engine.engine.sending import SendingVerbs
from pipeline_engine.engine.shell import EVENTS
from pipeline_engine.engine.timekeeping import TimeVerbs
from pipeline_engine.engine.working import WorkingVerbs
from pipeline_engine.envelope import Via
from pipeline_engine.store import open_store


class Engine(
    LendingVerbs,
    ApprovalVerbs,
    FollowUpVerbs,
    BulkVerbs,
    LifeVerbs,
    CorrectionVerbs,
    LintVerbs,
    WorkingVerbs,
    LinkVerbs,
    SendingVerbs,
    AuditVerbs,
    PositionVerbs,
    ServiceVerbs,
    TimeVerbs,
):
    """A store with its verbs; safe to share between threads.

    with Engine.open("sqlite:///sales.db") as engine:
        engine.publish("config/processes/b2b-saas.yaml", by="ops-1")
        engine.open_deal("D-1", process="b2b-saas", owner="rep-03", by="rep-03")
        outcome = engine.move("D-1", to="qualified", by="rep-03")
    """

    @classmethod
    def open(
        cls,
        url: str = "sqlite:///sales.db",
        *,
        clock: Callable[[], datetime] = system_clock,
        clock_name: str = "system",
        via: Via = "python",
        master_key_file: str | Path | None = None,
        make: bool = True,
    ) -> Self:
        """
        Open the store at a URL, and make it where there is none yet.

        Args:
            url: `sqlite:///file.db` · `postgresql://…` · `memory://`.
            clock: What time it is, aware; `clock_name` says which clock that is, and is kept in the store.
            via: Through which door commands come.
            master_key_file: What wraps the keys of personal values; else what PIPELINE_ENGINE_MASTER_KEY_FILE names,
                else a file beside those keys.
            make: Whether to make a store where there is none; else that is an error, and nothing is made.

        Raises:
            BadStore: It is no store of ours, of a newer format, unsafe as it is set up, or its keys are missing.
            StoreUnreachable: It cannot be reached, or there is none and none is to be made.
        """
        store = open_store(
            url, clock=clock, clock_name=clock_name, master_key_file=master_key_file, events=EVENTS, make=make
        )
        engine = cls(store, clock, via)
        try:
            engine.finish_erasures()
        except BaseException:
            engine.close()
            raise
        return engine

    @property
    def events(self) -> Mapping[str, object]:
        """Every event class that may be stored, by its stored name."""
        return EVENTS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
