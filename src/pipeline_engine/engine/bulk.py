"""The verb of many deals at once: each on its own, or all or nothing, and what became of every one of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Any, Literal, Unpack

from pipeline_engine.deal import REFUSALS, Command, Decided, Outcome
from pipeline_engine.engine.reads import DEAL, Unwatched
from pipeline_engine.engine.recording import derived_id
from pipeline_engine.engine.shell import How, Shell, new_command_id
from pipeline_engine.engine.together import Together, refuses
from pipeline_engine.envelope import Event
from pipeline_engine.errors import BadValue, Rejected, WrongExpectedVersion
from pipeline_engine.store import Progress, Receipt, quiet

MOST_TOGETHER = 10_000
Result = Literal["done", "nothing to do", "refused", "not done", "wrong"]


@dataclass(frozen=True, slots=True)
class Bulked:
    """
    What became of one deal's command among many.

    `result`: done; nothing to do (it is so already); refused (`rules` said no); not done (of an all-or-nothing others
    were refused); wrong (bad input, nothing is recorded). `why` says why it was not done. A dry run has no outcome.
    """

    deal_id: str
    command_id: str
    result: Result
    why: str = ""
    rules: tuple[str, ...] = ()
    outcome: Outcome | None = None

    @property
    def ok(self) -> bool:
        """Whether what was asked for is so now."""
        return self.result in ("done", "nothing to do")


class BulkVerbs(Shell):
    """Commands over many deals."""

    def commands_for(
        self, kind: type[Command], deal_ids: Iterable[str], what: Mapping[str, Any], **how: Unpack[How]
    ) -> Iterator[Command]:
        """The same command for each of some deals, under ids made from one: asked again they are recorded once."""
        whole = how.get("command_id") or new_command_id()
        at = self._moment(how.get("at"))
        for deal_id in deal_ids:
            who = {**self._who(how), "command_id": derived_id(whole, f"deal:{deal_id}")}
            yield kind(deal_id=deal_id, at=at, via=self._via, **who, **what)

    def bulk(
        self,
        commands: Iterable[Command],
        *,
        all_or_nothing: bool = False,
        dry_run: bool = False,
        at_given: bool = False,
        progress: Progress = quiet,
    ) -> list[Bulked]:
        """
        Ask for many commands and say what became of each, in their order.

        Args:
            all_or_nothing: All of them in one transaction, or none; at most 10,000, each about another deal. Else each
                on its own: what is refused stops no other.
            dry_run: Say what would become of each as things stand, and record nothing.
            at_given: Whether the commands' own times were named; else each happens when it is decided.

        Raises:
            BadValue: Too many for all or nothing, or one deal twice.
        """
        if all_or_nothing:
            return self._together(list(commands), at_given, dry_run)
        total = len(commands) if isinstance(commands, Sized) else 0
        results = []
        for done, command in enumerate(commands, 1):
            results.append(self._tried(command, at_given) if dry_run else self._one(command, at_given))
            progress(done, total)
        return results

    def _one(self, command: Command, at_given: bool) -> Bulked:
        try:
            return self._came_of(command, self._desk.run(command, at_given))
        except (Rejected, WrongExpectedVersion) as wrong:
            return Bulked(command.deal_id, command.command_id, "wrong", str(wrong))

    def _tried(self, command: Command, at_given: bool) -> Bulked:
        reader = Unwatched(self._store)
        try:
            deal = reader.state(f"deal:{command.deal_id}", DEAL)[0]
            decided, _ = self._desk.decided_on((command, at_given), deal, reader, True)
        except Rejected as wrong:
            return Bulked(command.deal_id, command.command_id, "wrong", str(wrong))
        return self._would_be(command, decided)

    def _would_be(self, command: Command, decided: Decided) -> Bulked:
        if refuses(decided):
            return self._refused(command, self._answer(command, decided))
        return Bulked(command.deal_id, command.command_id, "done" if decided.events else "nothing to do")

    def _answer(self, command: Command, decided: Decided) -> Sequence[Event]:
        if decided.repeats is None:
            return decided.events
        return [self._store.events(f"deal:{command.deal_id}", decided.repeats - 1)[0].event]

    def _together(self, commands: list[Command], at_given: bool, dry_run: bool) -> list[Bulked]:
        if len(commands) > MOST_TOGETHER:
            raise BadValue(
                "all or nothing", f"{len(commands):,} deals", f"at most {MOST_TOGETHER:,}, or each on its own"
            )
        if not commands:
            return []
        bulk = Together(self._desk, self._store, (commands, at_given))
        if dry_run:
            bulk.judge(Unwatched(self._store))
            return [self._alone(bulk, number, None) for number in range(len(commands))]
        receipts = bulk.run()
        return [self._alone(bulk, number, receipt) for number, receipt in enumerate(receipts)]

    def _alone(self, bulk: Together, number: int, receipt: Receipt | None) -> Bulked:
        """What became of one of them: a refusal and bad input are its own, all else hangs on the others."""
        command, came = bulk.commands[number], bulk.came[number]
        if receipt is None and isinstance(came, Rejected):
            return Bulked(command.deal_id, command.command_id, "wrong", str(came))
        decided = [came] if isinstance(came, Decided) else []
        outcome = self._desk.outcome(command, receipt, decided) if receipt else None
        refused = refuses(came) if outcome is None else not outcome.accepted
        if bulk.stopped and not refused:
            return Bulked(command.deal_id, command.command_id, "not done", "others were refused or wrong")
        return self._would_be(command, decided[0]) if outcome is None else self._came_of(command, outcome)

    def _came_of(self, command: Command, outcome: Outcome) -> Bulked:
        if not outcome.accepted:
            return self._refused(command, [each.event for each in outcome.read_events()], outcome)
        # Read and let go, so that of many deals little is kept.
        result: Result = "done" if outcome.read_events() else "nothing to do"
        return Bulked(command.deal_id, command.command_id, result, outcome=outcome)

    def _refused(self, command: Command, events: Sequence[Event], outcome: Outcome | None = None) -> Bulked:
        event = next(each for each in reversed(events) if isinstance(each, REFUSALS))
        rules, says = self._stood_in_the_way(event)
        why = "; ".join(says) or str(getattr(event, "why", "")) or type(event).__name__
        return Bulked(command.deal_id, command.command_id, "refused", why, rules, outcome)

    def _stood_in_the_way(self, event: Event) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The rules that said no, and what each is there for."""
        verdicts = getattr(event, "verdicts", None)
        if verdicts is None:
            return (), tuple(f"{name} is locked" for name in getattr(event, "fields", ()))
        rules = self._desk.judge(verdicts.process, verdicts.version).process.rules
        pairs = zip(rules, verdicts.codes, strict=True)
        unmet = [rule for rule, code in pairs if code in "fu" and rule.severity == "block"]
        return tuple(rule.id for rule in unmet), tuple(rule.says for rule in unmet)
