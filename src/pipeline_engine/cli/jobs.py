"""`job list · show · result · cancel · work`: long work that was asked for over HTTP, and doing it."""

import signal
import sys
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import Column, emit_json, note, say, table
from pipeline_engine.cli.session import By, CommandId, Json, asked, opened

if TYPE_CHECKING:
    from pipeline_engine.engine import JobLook

commands = typer.Typer(
    help="Long work that was asked for over HTTP: imports, backtests, rebuilds, migrations.", no_args_is_help=True
)
JobId = Annotated[str, typer.Argument(metavar="JOB", help="A job, as `job list` names it.")]
SECONDS_BETWEEN_LOOKS = 1.0
MOST = 100_000


@commands.command("list", epilog=epilog("job list"))
def list_jobs(
    limit: Annotated[int, typer.Option("--limit", min=0, max=MOST, help="At most so many; 0 is all.")] = 20,
    json: Json = False,
) -> None:
    """The jobs, the newest first, and how each stands."""
    from pipeline_engine.documents import job_page_document

    with opened() as engine:
        found = engine.jobs((limit or MOST) + 1)
    if json:
        emit_json(job_page_document(found, limit or MOST))
        return
    shown = found[: limit or MOST]
    heads = ("job", "what", "about", "asked by", "asked (UTC)", "state")
    columns: list[Column] = [(head, "left") for head in heads]
    rows = [
        (e.job.id, e.job.kind, e.job.about, e.job.by, words.moment(e.job.asked_at), _state(e)) for e in shown
    ]  # fmt: skip
    table(columns, rows) if rows else say("no jobs yet: `POST /v1/imports` and its like ask for them")


@commands.command(epilog=epilog("job show"))
def show(job: JobId, json: Json = False) -> None:
    """How a job stands, how far it is, and why it failed where it did."""
    with opened() as engine:
        found = engine.job(job)
    _show(found, json)


@commands.command(epilog=epilog("job result"))
def result(
    job: JobId,
    rejects: Annotated[bool, typer.Option("--rejects", help="The rows that an import did not take, as CSV.")] = False,
) -> None:
    """What a job answered, as one JSON document on standard output; kept for a week, or until the next erasure."""
    with opened() as engine:
        for piece in engine.job_rejects(job) if rejects else engine.job_result(job):
            sys.stdout.buffer.write(piece)
    if not rejects:
        sys.stdout.buffer.write(b"\n")
    sys.stdout.flush()


@commands.command(epilog=epilog("job cancel"))
def cancel(job: JobId, by: By = None, command_id: CommandId = None, json: Json = False) -> None:
    """Stop a job. What it did by then stays done; one that has ended stays as it is."""
    with opened() as engine:
        found = engine.cancel_job(job, **asked(by, None, command_id))
    _show(found, json)


@commands.command(epilog=epilog("job work"))
def work(
    at_once: Annotated[int, typer.Option("--at-once", min=1, max=16, help="So many jobs at once.")] = 1,
    once: Annotated[bool, typer.Option("--once", help="Leave when no job is open.")] = False,
) -> None:
    """Do jobs until this is stopped (Ctrl-C), which puts the one at hand back; several processes may.

    `serve` does them too, unless PIPELINE_ENGINE_SERVE_JOBS=no says that it leaves them to processes like this one.
    """
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    said: str | None = None
    with opened() as engine, engine.working(at_once) as workers:
        note("doing jobs; Ctrl+C puts the one at hand back")
        while not stop.wait(SECONDS_BETWEEN_LOOKS):
            why = workers.health().why
            if why != said and (said is None) != (why is None):
                note(f"jobs: {why or 'gets on again'}")
            said = why
            if once and not engine.waiting_jobs():
                return


def _state(look: "JobLook") -> str:
    if look.progress is not None:
        of = f" of {look.progress.total:,}" if look.progress.total else ""
        return f"{look.job.state}, {look.progress.done:,}{of} done"
    return f"{look.job.state}: {look.job.why}" if look.job.why else look.job.state


def _show(look: "JobLook", json: bool) -> None:
    from pipeline_engine.documents import job_document

    if json:
        emit_json(job_document(look))
        return
    job = look.job
    say(f"{job.kind} {job.about}: {_state(look)}")
    if look.failure is not None:
        say(f"  {look.failure.detail}")
    rows = [
        ("asked", f"{words.moment(job.asked_at)} by {job.by}"), ("begun", words.moment(job.begun_at)),
        ("ended", words.moment(job.ended_at)), ("tries", f"{job.attempt}"),
    ]  # fmt: skip
    table([("", "left"), ("", "left")], rows, indent=2)
    if look.result:
        say(f"`job result {job.id}` prints what it answered")
    if look.rejects:
        say(f"`job result {job.id} --rejects` prints the rows that were not taken")
