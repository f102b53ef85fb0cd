"""In: a command for each CloudEvent, under its id, through the one path that every door has.

The inbox is the command log: asked twice, it is recorded once. A refusal by the gate is an answer like any other; what
can never be done is a dead letter at once; only what may heal is tried again.
"""

from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from pipeline_engine.deal import Outcome
from pipeline_engine.engine import Engine
from pipeline_engine.envelope import stored_name
from pipeline_engine.errors import BusUnreachable, Rejected, nearest, quoted
from pipeline_engine.service.bus.cloudevents import HEADERS, SPEC, TYPE, Incoming, incoming
from pipeline_engine.service.bus.handling import Hopeless
from pipeline_engine.service.bus.port import Bus, Channels, Delivery, Message
from pipeline_engine.service.commands import COMMANDS, ask

READER = "pipeline_engine"
_MOST_MISTAKES = 5


class Commands:
    """Handles what comes in on the channel of commands."""

    def __init__(self, engine: Engine, bus: Bus, channels: Channels, source: str) -> None:
        self._engine, self._bus, self._channels, self._source = engine.through("bus"), bus, channels, source

    def handle(self, delivery: Delivery) -> None:
        """Do what a message asks; raises Hopeless where that can never be, and anything else where it may heal."""
        event = incoming(delivery.body)
        self._check_place(event, delivery.subject)
        try:
            outcome = self._asked(event)
        except Hopeless as why:
            self._answer(event, {"deal": event.subject, "accepted": False, "error": str(why)})
            raise
        self._answer(event, told(outcome))

    def _check_place(self, event: Incoming, subject: str) -> None:
        if event.kind not in COMMANDS:
            near = nearest(event.kind, list(COMMANDS))
            raise Hopeless(f"there is no such kind of command{f'; did you mean {quoted(near)}?' if near else ''}")
        if subject != self._channels.command(event.kind):
            raise Hopeless(f"a command of the kind `{event.kind}` belongs on `{self._channels.command(event.kind)}`")
        if event.reply_to is not None and not self._channels.may_answer_to(event.reply_to):
            raise Hopeless(f"`replyto` has to begin with `_INBOX.` or `{self._channels.root}.replies.`")

    def _asked(self, event: Incoming) -> Outcome:
        try:
            return ask(self._engine, event.kind, event.subject, event.data, event.id)
        except ValidationError as wrong:
            raise Hopeless(_mistakes(wrong)) from None
        except Rejected as no:
            raise Hopeless(f"{type(no).__name__}: {no}") from None

    def _answer(self, event: Incoming, said: dict[str, Any]) -> None:
        if event.reply_to is None:
            return
        body = {
            "specversion": SPEC, "id": f"{event.id}/reply", "source": self._source, "type": f"{TYPE}.reply",
            "subject": event.subject, "datacontenttype": "application/json", "data": said,
        }  # fmt: skip
        try:
            self._bus.answer(Message(event.reply_to, f"{event.id}/reply", to_json(body), HEADERS))
        except BusUnreachable:
            # The command is in the log; whoever asked hears nothing, asks again, and is told the same.
            return


def told(outcome: Outcome) -> dict[str, Any]:
    """What became of a command: which events, and how each rule judged; no values, which may be personal."""
    return {
        "deal": outcome.deal_id, "accepted": outcome.accepted, "repeated": outcome.repeated,
        "position": outcome.position,
        "events": [
            {"event": stored_name(type(each.event)), "version": each.version, "position": each.position}
            for each in outcome.events
        ],
        "verdicts": [
            {"rule": each.rule, "verdict": each.verdict, "severity": each.severity, "says": each.says, "fix": each.fix}
            for each in outcome.verdicts
        ],
    }  # fmt: skip


def _mistakes(wrong: ValidationError) -> str:
    """What is wrong with a document and where; what was found is not quoted."""
    found = wrong.errors(include_url=False, include_context=False, include_input=False)
    said = [f"`{'.'.join(('data', *map(str, each['loc'])))}`: {each['msg']}" for each in found[:_MOST_MISTAKES]]
    more = len(found) - _MOST_MISTAKES
    return "; ".join(said) + (f"; and {more} more" if more > 0 else "")
