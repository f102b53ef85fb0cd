"""The shell: store, clock and people meet the pure rooms here."""

from pipeline_engine.engine.engine import Engine
from pipeline_engine.engine.selection import DealRow
from pipeline_engine.engine.setup import Applied, Published
from pipeline_engine.engine.shell import EVENTS, How, system_clock

__all__ = ["EVENTS", "Applied", "DealRow", "Engine", "How", "Published", "system_clock"]
