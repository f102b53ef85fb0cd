"""`deal observe`: what another system did to a deal, recorded past the gate."""

from typing import Annotated

import typer

from pipeline_engine.cli.deal_asks import DealId, answer
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.session import By, CommandId, Json, asked, opened

Happened = Annotated[str, typer.Option("--at", help="When it happened there, with its zone.", metavar="MOMENT")]


def register(deals: typer.Typer) -> None:
    """Put the command of this module under `deal`."""
    deals.command("observe", epilog=epilog("deal observe"))(observe)


def observe(
    deal: DealId,
    to: Annotated[str, typer.Option("--to", help="What it did.", metavar="STAGE|won|lost|reopen")],
    source: Annotated[str, typer.Option("--source", help="The other system, by one name.")],
    key: Annotated[str, typer.Option("--key", help="Its own name for what it did; told again it is recorded once.")],
    at: Happened,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; for a loss a reason of the process.")] = None,
    amount: Annotated[str | None, typer.Option("--amount", help="What a win came to.")] = None,
    reopens: Annotated[bool, typer.Option("--reopens", help="A stage opens a closed deal again there.")] = False,
    by: By = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Record what another system did to a deal: never refused for a rule, and listed by `audit bypasses`."""
    what = {"source": source, "key": key, "reason": reason, "amount": amount, "reopens": reopens}
    with opened() as engine:
        answer(engine, engine.observe(deal, to, **what, **asked(by, at, command_id)), json)  # type: ignore[arg-type]  # by name
