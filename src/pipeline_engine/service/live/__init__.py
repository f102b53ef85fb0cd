"""Live events: whoever listens is told of every event of a deal, in order, from where they left off."""

from pipeline_engine.service.live.listening import Listeners, add_to
from pipeline_engine.service.live.tail import Tail

__all__ = ["Listeners", "Tail", "add_to"]
