"""The bus: every deal event goes out as a CloudEvent, in order; commands come in, each answered for."""

from pipeline_engine.service.bus.addresses import connect
from pipeline_engine.service.bus.handling import Hopeless, Patience, patiently
from pipeline_engine.service.bus.port import Again, Bus, Channel, Channels, Delivery, Done, Message
from pipeline_engine.service.bus.running import BusOptions, BusService, Sharing, run

__all__ = [
    "Again",
    "Bus",
    "BusOptions",
    "BusService",
    "Channel",
    "Channels",
    "Delivery",
    "Done",
    "Hopeless",
    "Message",
    "Patience",
    "Sharing",
    "connect",
    "patiently",
    "run",
]
