"""The way of a process without any deal: stages nobody gets into or out of, ways around, dates that are missing."""

from collections.abc import Iterator, Sequence

from pipeline_engine.process.findings import Finding
from pipeline_engine.process.lint import gates
from pipeline_engine.process.lint.calling import calling
from pipeline_engine.process.lint.gates import blocking
from pipeline_engine.process.lint.staying import staying
from pipeline_engine.process.lint.subject import Subject
from pipeline_engine.process.model import Opens
from pipeline_engine.process.rules import from_json, reads


def way(subject: Subject) -> Iterator[Finding]:
    """Findings about the way deals go."""
    yield from _before_opening(subject)
    yield from _dead_ends(subject)
    yield from _avoidable(subject)
    yield from _can_change(subject)
    yield from staying(subject)
    for opens in subject.process.opens:
        yield from _undated(subject, opens)
    yield from calling(subject)


def _before_opening(subject: Subject) -> Iterator[Finding]:
    process = subject.process
    first = min((process.index(stage) for stage in process.moves.open_in), default=0)
    for stage in process.stage_ids[:first]:
        there = ", ".join(f"`{each}`" for each in process.moves.open_in)
        if process.moves.back == "never":
            message = f"no deal reaches stage `{stage}`: deals open in {there} and do not go back"
        else:
            message = f"deals reach stage `{stage}` only by going back: they open in {there}"
        yield subject.found("unreachable-stage", message, subject.place("stages", stage), stage)


def _dead_ends(subject: Subject) -> Iterator[Finding]:
    process = subject.process
    last = max((process.index(stage) for stage in process.won_from), default=-1)
    won_from = ", ".join(f"`{stage}`" for stage in process.won_from)
    for stage in process.stage_ids[last + 1 :]:
        ways = ["going back"] if process.moves.back != "never" else []
        ways += ["being lost"] if stage in process.lost_from else []
        rest = f"it can leave only by {' or '.join(ways)}" if ways else "nothing leads out of it"
        message = f"a deal in stage `{stage}` is on no way to be won, for deals are won from {won_from}: {rest}"
        yield subject.found("dead-end-stage", message, subject.place("stages", stage), stage)


def _avoidable(subject: Subject) -> Iterator[Finding]:
    """Stages that ask something, and that a deal need not have been in to be won."""
    process = subject.process
    from_early = min((process.index(stage) for stage in process.won_from), default=len(process.stages))
    early = process.stage_ids[from_early] if process.won_from else ""
    for stage in process.stages[from_early + 1 :]:
        inside = [subject.numbers[rule] for rule in stage.rules]
        rules = [subject.rule(each).id for each in blocking(subject, inside)]
        if rules:
            what = ", ".join(f"`{rule}`" for rule in rules[:3]) + (", …" if len(rules) > 3 else "")
            message = f"a deal won from `{early}` goes around stage `{stage.id}` and what it asks: {what}"
            yield subject.found("stage-avoidable", message, subject.place("outcomes", "won", "from"), stage.id, early)


def _can_change(subject: Subject) -> Iterator[Finding]:
    """Stages that a deal passes by for a reason that may be changed once it is past them."""
    process = subject.process
    for place, stage in enumerate(process.stages):
        number = subject.numbers.get(f"{stage.id}:applies")
        inside = [subject.numbers[rule] for rule in (*stage.rules, *stage.leave)]
        if number is None or not blocking(subject, inside) or place + 1 >= len(process.stages):
            continue
        after = process.stages[place + 1].id
        for name in _open_after(subject, number, place + 1):
            message = (
                f"a deal that passes stage `{stage.id}` by can be changed to one that has it: nothing locks"
                f" `deal.{name}` from `{after}` on"
            )
            yield subject.found("condition-can-change", message, subject.place("stages", stage.id, "applies"),
                                stage.id, name)  # fmt: skip


def _open_after(subject: Subject, number: int, place: int) -> Sequence[str]:
    """The fields that a condition reads and that can still be changed in the stage of that place."""
    process = subject.process
    names = [path.removeprefix("deal.") for path in subject.rule(number).reads if path.startswith("deal.")]
    locks = {name: process.fields[name].locked_from for name in names}
    return [name for name, lock in locks.items() if lock is None or process.index(lock) > place]


def _undated(subject: Subject, opens: Opens) -> Iterator[Finding]:
    """A follow-up whose moment reads a field that no gate before the win asks for."""
    if opens.at is None:
        return
    for path in sorted(reads(from_json(opens.at))):
        name = path.removeprefix("deal.")
        field = subject.process.fields.get(name) if path.startswith("deal.") else None
        if field is None or field.default is not None or any(_asks_for(subject, path)):
            continue
        message = (
            f"when a deal is won it may not be known when to open one in `{opens.process}`: no gate on the way requires"
            f" `{path}`"
        )
        yield subject.found("follow-up-undated", message, subject.place("opens"), opens.process, name)


def _asks_for(subject: Subject, path: str) -> Iterator[bool]:
    """Whether there are rules on the way to every win that stop a deal while the field is missing."""
    process = subject.process
    first = min(process.index(stage) for stage in process.won_from)
    on_way = {"open", "won", *process.stage_ids[: first + 1], *(f"leave:{s}" for s in process.stage_ids[:first])}
    for number, each in enumerate(subject.rules):
        rule = each.rule
        if rule.asked_at not in on_way or rule.when is not None or not gates.firm(subject, number):
            continue
        if rule.kind == "require" and path in rule.reads:
            yield True
        # A condition without an alternative is unknown while one of its facts is missing, and unknown never passes.
        if rule.kind == "check" and path in rule.reads and "||" not in rule.text and "?" not in rule.text:
            yield True
