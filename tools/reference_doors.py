"""The page that says which operation of the API does what a command does; a command without one has its reason."""

from pathlib import Path
from typing import Any

import yaml
from tools.markdown import code, page, table
from tools.reference_command_line import command_names
from tools.reference_process import same_names

from pipeline_engine import Engine

DATA = Path(__file__).resolve().parent / "reference_data" / "doors.yaml"
INTRO = """
What the command line does, the API does too, by the same verbs of the engine. `…` stands for `/v1`; what each takes
is in the OpenAPI document, at `/openapi.json` of whatever serves.
"""


def doors_page() -> str:
    """docs/reference/doors.md."""
    data: dict[str, Any] = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    operations, named = _operations(), {name for names in data["asked"].values() for name in names}
    same_names("commands behind doors", set(command_names()), {*data["asked"], *data["on_the_machine"]})
    same_names("operations of the API", set(operations), named | set(data["only_over_http"]))
    asked = [(code(name), "<br>".join(operations[each] for each in by)) for name, by in data["asked"].items()]
    machine = [(code(name), why) for name, why in data["on_the_machine"].items()]
    beside = [(operations[name], why) for name, why in data["only_over_http"].items()]
    return page(
        "Commands over HTTP", INTRO, table(("command", "operation"), asked), "## Only on the machine",
        table(("command", "why: it …"), machine), "## Only over HTTP", table(("operation", "what: it …"), beside),
    )  # fmt: skip


def _operations() -> dict[str, str]:
    with Engine.open("memory://") as engine:
        paths: dict[str, dict[str, Any]] = engine.app().openapi()["paths"]
    return {
        operation["operationId"]: code(f"{method.upper()} {path.replace('/v1', '…', 1)}")
        for path, methods in paths.items()
        for method, operation in methods.items()
        if path.startswith("/v1")
    }
