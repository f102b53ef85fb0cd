"""Live events: whoever listens is told of every event of a deal, in order, from where they left off."""

from pipeline_engine.service.live.listening import Listeners, add_to
from pipeline_engine.service.live.tail import GATHER_SECONDS, Tail

__all__ = ["GATHER_SECONDS", "Listeners", "Tail", "add_to"]
