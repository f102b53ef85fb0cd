"""`/v1/processes`: what is published, and how it changes. A name may say its version: `b2b-saas@2`."""

from typing import Annotated, Literal

from fastapi import Path, Query, Response
from pydantic import Field, StrictStr

from pipeline_engine.documents import (
    DiffDocument,
    LintDocument,
    MigrationDocument,
    ProcessDocument,
    PublishedDocument,
    VersionDocument,
    diff_document,
    lint_document,
    migration_document,
    process_document,
    published_document,
    version_documents,
)
from pipeline_engine.engine import Published
from pipeline_engine.errors import BadValue
from pipeline_engine.process import Process, diff, mermaid_of, svg_of
from pipeline_engine.service.api.resource import LONGEST_NAME, Body, Once, Resource, answer, get, post
from pipeline_engine.service.commands import Asked
from pipeline_engine.service.problems import SaidNo

Name = Annotated[str, Path(description="A published process.", max_length=LONGEST_NAME)]
Labelled = Annotated[str, Path(description="A process, or one version of it: `b2b-saas@2`.", max_length=LONGEST_NAME)]
Source = Annotated[StrictStr, Field(description="A process file in YAML, as text.", max_length=1_000_000)]
Why = Annotated[StrictStr | None, Field(description="Why; kept with the change.")]
_DRAWN = {"mermaid": "text/plain; charset=utf-8", "svg": "image/svg+xml"}


class SourceAsk(Body):
    """A process file."""

    source: Source


class PublishAsk(Asked):
    """A process file that is to be in force."""

    source: Source
    why: Why = None


class ConfirmAsk(Asked):
    """Agree to what somebody else proposed."""

    digest: Annotated[StrictStr | None, Field(description="Only if this is what is proposed, or how it begins.")] = None


class WhyAsk(Asked):
    """Why, perhaps."""

    why: Why = None


class RetireAsk(Asked):
    """Open no deal under the process any more."""

    why: Annotated[StrictStr, Field(description="Why; kept with the change.")]


class PlanAsk(Body):
    """A migration of the open deals of a process, to be looked at."""

    to: Annotated[StrictStr, Field(description="A version of it, `3`, or of another process, `b2b-emea@2`.")]
    mapping: Annotated[dict[str, StrictStr], Field(description="In which stage deals go on that stand in one.")] = {}
    limit: Annotated[int, Field(strict=True, ge=0, le=10_000, description="How many deals to list; 0 is all.")] = 20


class Processes(Resource):
    """Look at them, check one, change one."""

    @get("/processes", list[VersionDocument])
    def list_processes(self) -> Response:
        """The published processes with their versions."""
        return answer([row for each in self.engine.processes() for row in version_documents(each)])

    @get("/processes/{process}", ProcessDocument)
    def show_process(self, process: Labelled) -> Response:
        """A published process: its stages, every rule, its source text and its life."""
        found = self._named(process)
        whole = next(each for each in self.engine.processes() if each.name == found.name)
        return answer(process_document(whole, found))

    @get("/processes/{process}/graph", ("text/plain", "image/svg+xml"))
    def draw_process(
        self,
        process: Labelled,
        format: Annotated[Literal["mermaid", "svg"], Query()] = "mermaid",  # noqa: A002 - as it is called in the query
    ) -> Response:
        """The way of a deal as a picture, for Mermaid or as SVG."""
        found = self._named(process)
        return Response(svg_of(found) if format == "svg" else mermaid_of(found), media_type=_DRAWN[format])

    @get("/processes/{process}/diff", DiffDocument)
    def compare_processes(self, process: Labelled, to: Annotated[str, Query(max_length=LONGEST_NAME)]) -> Response:
        """What changes for deals, gate by gate, each difference with a deal that shows it."""
        return answer(diff_document(diff(self._named(process), self._named(to))))

    @post("/processes/lint", LintDocument)
    def lint_process(self, ask: SourceAsk) -> Response:
        """What keeps a process file from loading, and everything doubtful in it. Writes nothing."""
        return answer(lint_document("process", self.engine.lint_text(ask.source, "process")))

    @post("/processes", PublishedDocument)
    def publish_process(self, ask: PublishAsk, how: Once) -> Response:
        """Put a process file in force as the next version, or propose it where that takes two."""
        return _came_of(self.engine.publish_text(ask.source, "process", ask.why, **how.of(ask)), "publish")

    @post("/processes/{process}/confirm", PublishedDocument)
    def confirm_process(self, process: Name, ask: ConfirmAsk, how: Once) -> Response:
        """Put in force what somebody else proposed."""
        return _came_of(self.engine.confirm(process, ask.digest, **how.of(ask)), "confirm")

    @post("/processes/{process}/withdraw", PublishedDocument)
    def withdraw_process(self, process: Name, ask: WhyAsk, how: Once) -> Response:
        """Take a proposed version back."""
        return _came_of(self.engine.withdraw_proposal(process, ask.why, **how.of(ask)), "withdraw")

    @post("/processes/{process}/retire", PublishedDocument)
    def retire_process(self, process: Name, ask: RetireAsk, how: Once) -> Response:
        """Open no deal under a process any more. Those that are open go on."""
        return _came_of(self.engine.retire(process, ask.why, **how.of(ask)), "retire")

    @post("/processes/{process}/migration-plan", MigrationDocument)
    def plan_migration(self, process: Name, ask: PlanAsk) -> Response:
        """What a migration of the open deals would do, and whose next move would be refused. Writes nothing."""
        plan = self.engine.plan_migration(process, ask.to, ask.mapping)
        return answer(migration_document(plan, None, ask.limit or None))

    def _named(self, label: str) -> Process:
        name, at, version = label.partition("@")
        if at and not (version.isdecimal() and version.isascii() and len(version) < 10):
            raise BadValue("version", version, "a number, like b2b-saas@2")
        return self.engine.process(name, int(version) if version else None)


def _came_of(published: Published, tried: str) -> Response:
    told = published_document(published)
    if published.refused is not None:
        raise SaidNo(f"may not {tried} `{published.process.name}`: {published.refused}", told)
    return answer(told)
