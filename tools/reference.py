"""Writes docs/reference/ from the code: `python -m tools.reference`; with `--check` names the pages that are stale.

Meanings that the code does not hold stand in tools/reference_data/; every name the code knows must have one there, and
none that it does not know. Examples are loaded, and verdicts computed, each time. The page that is made from CEL's
conformance vectors is left as it is where they are not beside the project.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.reference_bus import asyncapi_document
from tools.reference_cases import cases_page
from tools.reference_command_line import commands_page, json_page
from tools.reference_doors import doors_page
from tools.reference_entries import entries_page
from tools.reference_lint import lint_page
from tools.reference_process import process_page
from tools.reference_rules import rules_page
from tools.reference_stored import errors_page, events_page, facts_page
from tools.reference_unsafe import unsafe_page

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
PAGES: Mapping[str, Callable[[], str]] = {
    "process-file.md": process_page,
    "gate-entries.md": entries_page,
    "lint.md": lint_page,
    "cases-file.md": cases_page,
    "rules.md": rules_page,
    "events.md": events_page,
    "errors.md": errors_page,
    "facts.md": facts_page,
    "commands.md": commands_page,
    "json.md": json_page,
    "doors.md": doors_page,
    "unsafe-settings.md": unsafe_page,
    "asyncapi.json": asyncapi_document,
}


def stale(folder: Path = FOLDER) -> list[str]:
    """The pages that are not what the code would make now."""
    return [name for name, make in PAGES.items() if not _same(folder / name, make())]


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def main(arguments: list[str]) -> int:
    """Write the pages, or only check them."""
    if "--check" in arguments:
        found = stale()
        print("\n".join(f"docs/reference/{name} is out of date: `make docs`" for name in found), end="\n" * bool(found))
        return 1 if found else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    # All are made before one is written: a page that cannot be made leaves the others as they were.
    for name, text in {name: make() for name, make in PAGES.items()}.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
