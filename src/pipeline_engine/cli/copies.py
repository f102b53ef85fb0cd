"""`backup · restore · digest · tenant create`: copies of a store, whether they are the same, and stores kept apart."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, progress, say, table
from pipeline_engine.cli.session import Json, settings
from pipeline_engine.errors import BadValue

if TYPE_CHECKING:
    from pipeline_engine.store import Backup, Digest, Restored

tenants = typer.Typer(help="Tenants: stores on one server that cannot reach each other.", no_args_is_help=True)

Into = Annotated[
    str | None, typer.Option("--into", metavar="URL", help="The empty store that it goes into; made where none is.")
]
Verify = Annotated[
    bool, typer.Option("--verify", help="Read the store back and compare; without --into, only read the back-up.")
]


def register(app: typer.Typer) -> None:
    """Put the commands of this module at the top, and those on tenants in a group."""
    app.command(epilog=epilog("backup"))(backup)
    app.command(epilog=epilog("restore"))(restore)
    app.command(epilog=epilog("digest"))(digest)
    tenants.command("create", epilog=epilog("tenant create"))(create)
    app.add_typer(tenants, name="tenant")


def backup(
    file: Annotated[Path, typer.Argument(help="A new file; or a folder, where it is named after the moment.")],
    json: Json = False,
) -> None:
    """Copy the store into a new file and read the copy back; commands go on meanwhile. Keys are not in it."""
    from pipeline_engine.store import back_up_store

    with progress("copying") as told:
        made = back_up_store(settings().store, file, lambda: datetime.now(UTC), told)
    if json:
        emit_json(_told(made))
        return
    say(f"back-up kept in {made.file} ({_size(made.bytes)}), and read back")
    _show(made.digest)
    if keys := _keys_of(made):
        say(keys)


def restore(
    file: Annotated[Path, typer.Argument(help="A back-up.")],
    into: Into = None,
    verify: Verify = False,
    json: Json = False,
) -> None:
    """Bring a back-up into an empty store, all of it or nothing. Leaves with 1 where --verify finds a difference."""
    from pipeline_engine.store import read_back
    from pipeline_engine.store import restore as bring

    if into is None and not verify:
        raise BadValue("--into", "", "the empty store: `--into sqlite:///new.db`; or `--verify` to read the file only")
    with progress("restoring") as told:
        if into is None:
            _say_read(read_back(file, told), json)
            return
        done = bring(file, into, verify=verify, told=told)
    _say_restored(done, into, json)


def _say_read(found: "Backup", json: bool) -> None:
    if json:
        emit_json({**_told(found), "into": None, "same": found.noted is not None})
    else:
        how = "as it was made" if found.noted else "undamaged; what it held when it was made was not noted in it"
        say(f"{found.file} is {how}")
        _show(found.digest)
    raise typer.Exit(0 if found.noted else 1)


def _say_restored(done: "Restored", into: str, json: bool) -> None:
    if json:
        emit_json({**_told(done.backup), "into": words.masked(into), "same": done.same if done.found else None})
    else:
        read = "" if done.found is None else ", read back and the same" if done.same else ", but IT IS NOT THE SAME"
        say(f"restored into {words.masked(into)}{read}")
        _show(done.backup.digest)
        if keys := _keys_of(done.backup):
            say(keys)
    raise typer.Exit(0 if done.same else 1)


def digest(
    upto: Annotated[int | None, typer.Option("--upto", help="Up to this position; else all of it.")] = None,
    json: Json = False,
) -> None:
    """Say what the log holds in one number: stores that hold the same have the same, of whatever kind they are."""
    from pipeline_engine.store import digest_store

    with progress("reading") as told:
        found = digest_store(settings().store, upto, told)
    if json:
        emit_json(asdict(found))
        return
    _show(found)


def create(
    name: Annotated[str, typer.Argument(help="Of the tenant and of its schema: small letters, digits and `_`.")],
    role: Annotated[str | None, typer.Option("--role", help="Else `<database>_<name>`.", metavar="ROLE")] = None,
    sql: Annotated[bool, typer.Option("--sql", help="Only print the statements, for whoever may run them.")] = False,
    json: Json = False,
) -> None:
    """Make a schema and a role that reaches nothing else in the database of --store; prints its URL, once."""
    from pipeline_engine.store import make_tenant, tenant_sql

    if sql:
        say(tenant_sql(name, settings().store, role))
        return
    made = make_tenant(name, settings().store, role)
    if json:
        emit_json({"tenant": made.name, "schema": made.schema, "role": made.role, "url": made.url})
        return
    say(
        f"tenant {made.name}: schema `{made.schema}`, role `{made.role}`; its store, told this once, password included:"
    )
    say(made.url)


def _show(found: "Digest") -> None:
    rows = [("events", f"{found.events:,} up to position {found.position:,}"), ("log", found.log)]
    if found.command_log is not None:
        rows += [("commands", f"{found.commands:,}"), ("command log", found.command_log)]
    table([("", "left"), ("", "left")], rows, indent=2)


def _told(made: "Backup") -> dict[str, Any]:
    return {"file": str(made.file), "bytes": made.bytes, **asdict(made.digest), "keys": made.header.get("keys")}


def _keys_of(made: "Backup") -> str:
    if made.header.get("keys") == "identity":
        return ""
    return "personal values in it are sealed: without the keys, which are backed up apart, they stay closed"


def _size(count: int) -> str:
    return f"{count / 1_000_000:,.1f} MB"
