"""The bus: every deal event goes out as a CloudEvent, in order; commands come in, each answered for."""

from pipeline_engine.service.bus.addresses import connect
from pipeline_engine.service.bus.asyncapi import describe
from pipeline_engine.service.bus.handling import PLACE, REASON, SUBJECT, TRIES, Hopeless, Patience, patiently
from pipeline_engine.service.bus.letters import LetterDocument, LettersDocument, letters_document
from pipeline_engine.service.bus.port import Again, Bus, Channel, Channels, Delivery, Done, Message
from pipeline_engine.service.bus.running import BusOptions, BusService, Sharing, at_hand, reached, run

__all__ = [
    "PLACE",
    "REASON",
    "SUBJECT",
    "TRIES",
    "Again",
    "Bus",
    "BusOptions",
    "BusService",
    "Channel",
    "Channels",
    "Delivery",
    "Done",
    "Hopeless",
    "LetterDocument",
    "LettersDocument",
    "Message",
    "Patience",
    "Sharing",
    "at_hand",
    "connect",
    "describe",
    "letters_document",
    "patiently",
    "reached",
    "run",
]
