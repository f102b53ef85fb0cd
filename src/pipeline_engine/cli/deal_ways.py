"""`deal next · preflight`: what the gate would say, without asking it. Nothing is written."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline_engine.cli import variants, words
from pipeline_engine.cli.deal_asks import DealId
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, say
from pipeline_engine.cli.session import By, Json, opened, settings

if TYPE_CHECKING:
    from pipeline_engine.deal import Deal, Preflight
    from pipeline_engine.engine import Engine

To = Annotated[
    str, typer.Option("--to", help="Where to: a stage, or won, lost, reopen.", metavar="STAGE|won|lost|reopen")
]


def register(deals: typer.Typer) -> None:
    """Put the commands of this module under `deal`."""
    for command in (next_, preflight):
        name = command.__name__.rstrip("_")
        deals.command(name, epilog=epilog(f"deal {name}"))(command)


def _asker(engine: "Engine", deal_id: str, by: str | None) -> str:
    return by or settings().actor or engine.deal(deal_id).owner or "somebody"


def next_(deal: DealId, by: By = None, json: Json = False) -> None:
    """What the gate would say of every way from here: what is missing, how to fix it, who could approve or waive."""
    from pipeline_engine.cli import answers
    from pipeline_engine.cli.deal_ahead import where
    from pipeline_engine.documents import next_document

    with opened() as engine:
        if json:
            emit_json(next_document(engine, deal, _asker(engine, deal, by)))
            return
        standing = engine.deal(deal)
        ways = engine.next(deal, _asker(engine, deal, by))
        worth, variant = answers.worth(engine, standing), engine.variant(deal)
        value = f" · {worth}" if worth != words.NOTHING else ""
        say(f"{deal}  {where(standing)}{value} · owner {standing.owner or words.NOTHING}")
        if standing.stands == "open" and variant is not None and variant.astray:
            say(f"  {variants.of_deal(variant)}")
        if standing.merged_into:
            say(f"  no way leads on from here: ask of {standing.merged_into}")
        places = {way.target: number for number, way in enumerate(ways)}
        for _, alike in groupby(ways, key=lambda way: _alike(way, standing, engine) or places[way.target]):
            _tell(list(alike), standing, engine)


def preflight(
    deal: DealId,
    to: To,
    reason: Annotated[str | None, typer.Option("--reason", help="The reason that would be given.")] = None,
    by: By = None,
    json: Json = False,
) -> None:
    """What the gate would say of one move, win, loss or reopening now; leaves with 1 where it would be refused."""
    from pipeline_engine.cli import answers, verdicts
    from pipeline_engine.documents import preflight_document

    with opened() as engine:
        standing = engine.deal(deal)
        said = engine.preflight(deal, to, by=_asker(engine, deal, by), reason=reason)
        if json:
            emit_json(preflight_document(standing, said))
        else:
            word = "WOULD BE ALLOWED" if said.allowed else "WOULD BE REFUSED"
            verdicts.headline(word, standing, answers.worth(engine, standing), _what(standing, said))
            verdicts.show(said.verdicts)
            if said.gate == "lose" and said.needs_reason:
                say(f"  ? a loss needs a reason{_listed(said)}")
    if not said.allowed:
        raise typer.Exit(1)


def _what(deal: "Deal", way: "Preflight") -> str:
    if not way.allowed:
        return f"stays {deal.status}" if way.gate == "reopen" else f"stays in {deal.stage}"
    if way.gate == "move":
        return f"is in {deal.stage} already" if way.target == deal.stage else f"from {deal.stage} to {way.target}"
    return {"win": "is won", "lose": "is lost", "reopen": f"is open again in {deal.stage}"}[way.gate]


def _is_back(way: "Preflight", deal: "Deal", engine: "Engine") -> bool:
    process = engine.process(deal.process, deal.process_version)
    return way.gate == "move" and process.steps(deal.stage, way.target) < 0


def _alike(way: "Preflight", deal: "Deal", engine: "Engine") -> tuple[Any, ...]:
    """What ways back that may be told in one line have in common; nothing for a way of its own."""
    if not _is_back(way, deal, engine):
        return ()
    return ("back", way.needs_reason, tuple((each.rule, each.verdict, each.why) for each in way.unmet))


def _tell(ways: "Sequence[Preflight]", deal: "Deal", engine: "Engine") -> None:
    from pipeline_engine.cli import verdicts

    way = ways[0]
    back = "back to " if _is_back(way, deal, engine) else ""
    where = f"→ {back}{', '.join(each.target for each in ways)}"
    if way.open_with_a_reason and (back or way.gate in ("lose", "reopen")):
        say(f"{where}: with a reason{_listed(way)}")
        return
    say(f"{where}: {'nothing stands in the way' if way.allowed else 'would be refused'}")
    if not back or not way.allowed:
        verdicts.show(way.verdicts)


def _listed(way: "Preflight") -> str:
    return f", one of {', '.join(way.reasons)}" if way.reasons else ""
