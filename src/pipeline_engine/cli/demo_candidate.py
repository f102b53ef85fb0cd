"""A stricter process for a history that never had one: a few plain rules that its own facts can answer."""

from pipeline_engine.cli.demo_sections import Refusal, best_refusal
from pipeline_engine.deal import Context, Deal, Judged, MoveDeal, Standing, preflight
from pipeline_engine.engine import Engine
from pipeline_engine.process import Gate, Judge, Process, Rule, compile_rule, reads, to_json, vocabulary_of
from pipeline_engine.values import Money
from pipeline_engine.views import Bottlenecks

ACTIVITY_DAYS = 14
LOOKED_AT = 400

Found = tuple[Deal, tuple[Judged, ...], Money | None]


def stricter(process: Process, bottlenecks: Bottlenecks | None) -> Process:
    """The process with up to three rules more: the value is known, somebody acted lately, and no deal is too old.

    They are asked where the process ends, at its last stage or the win, and each only where the process has the words
    for it. How old is too old comes from the history itself: older than nine of ten in the slowest stage, or than half.
    """
    last = process.stages[-1].id
    rules = [*_value_known(process, last), *_active_lately(process, last), *_not_too_old(process, bottlenecks)]
    stages = tuple(
        stage.model_copy(update={"rules": (*stage.rules, *(r.id for r in rules if r.asked_at == stage.id))})
        for stage in process.stages
    )
    return process.model_copy(update={"stages": stages, "rules": (*process.rules, *rules), "digest": "candidate"})


def _value_known(process: Process, stage: str) -> list[Rule]:
    says = "the value of the deal is known"
    return [_rule(process, stage, "value-known", f"known(deal.{process.value})", says)] if process.value else []


def _active_lately(process: Process, stage: str) -> list[Rule]:
    check = f"activities.exists(a, now - a.at < days({ACTIVITY_DAYS}))"
    says = f"something was done with the customer in the last {ACTIVITY_DAYS} days"
    return [_rule(process, stage, "active-lately", check, says)] if process.activities else []


def _not_too_old(process: Process, bottlenecks: Bottlenecks | None) -> list[Rule]:
    """A limit on the age in the slowest stage, asked on the way out of it."""
    first = bottlenecks.stages[0] if bottlenecks and bottlenecks.stages else None
    if first is None:
        return []
    # Where too many are still there, nobody knows when nine of ten will have left: then the first half is the measure.
    share, days = ("nine of ten", first.p90.days) if first.p90.days is not None else ("half", first.median.days)
    if days is None or days < 1:
        return []
    place = process.index(first.stage) + 1
    gate = "won" if first.stage in process.won_from or place == len(process.stages) else process.stages[place].id
    check = f"stage.id != '{first.stage}' || now - stage.entered_at <= days({round(days)})"
    says = f"no more than {round(days)} days in {first.stage}, as {share} of the deals"
    return [_rule(process, gate, "not-too-old", check, says)]


def _rule(process: Process, gate: str, name: str, text: str, says: str) -> Rule:
    node = compile_rule(text, vocabulary_of(process))
    return Rule(
        id=name, asked_at=gate, says=says, fix="", text=text, check=to_json(node), reads=tuple(sorted(reads(node)))
    )


def would_be_refused(engine: Engine, candidate: Process) -> Refusal | None:
    """An open deal that the candidate would not let on, as things stood at the last event of the log."""
    judge, found = Judge(candidate), list[Found]()
    asks = dict[str, tuple[Gate, str]]()
    now = engine.health(process=candidate.name).as_of
    for row in engine.deals(status="open", process=candidate.name)[-LOOKED_AT:]:
        deal = engine.deal(row.id)
        asks[deal.id] = _way_on(candidate, deal.stage)
        probe = MoveDeal(
            deal_id=deal.id, at=now, by=deal.owner or "somebody", command_id="preflight", target=asks[deal.id][1]
        )
        context = Context(clock=now, actor=Standing(probe.by), register_open=True)
        found.append((deal, preflight(deal, probe, asks[deal.id], (judge, context)).verdicts, row.value))
    best = best_refusal(found)
    if best is None:
        return None
    deal, judged, value = found[best]
    told = f"not asked: what that gate would say of {deal.id} → {asks[deal.id][1]}"
    return Refusal(told, deal, value, asks[deal.id][1], tuple(each.in_full() for each in judged), asked=False)


def _way_on(process: Process, stage: str) -> tuple[Gate, str]:
    place = process.index(stage) + 1
    if place < len(process.stages):
        return "move", process.stages[place].id
    return "win", "won"
