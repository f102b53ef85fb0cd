"""The page about settings with which a store is not opened, and the service not started."""

from tools.markdown import page, table

from pipeline_engine.service import UNSAFE_SERVICE
from pipeline_engine.store import UNSAFE

INTRO = """
With one of these a store could lose or change what it holds, so it is not opened: exit code 2, and one line that says
what was found, what could be lost and what to do instead. What is only worth a look is said by
`pipeline-engine doctor`; see [look after a store](../how-to/look-after-a-store.md).
"""
OVERRULED = """
## Overruled, not refused

On PostgreSQL `synchronous_commit` is switched on where it is off, and transactions are `read committed` whatever the
server, the database, the role or the URL say: the engine sets both on each of its connections.
"""

SERVICE = """
## The service

`pipeline-engine serve` is not started with one of these: exit code 2, and one line as above. Each comes from an option
of the command, from `ServiceSettings`, or from the environment as `PIPELINE_ENGINE_SERVE_` and its name in capitals.
"""


def unsafe_page() -> str:
    """docs/reference/unsafe-settings.md."""
    rows = [(each.where, _sentence(each.found), each.why, each.instead) for each in UNSAFE.values()]
    return page(
        "Unsafe settings", INTRO, table(("where", "the store …", "what could happen", "instead"), rows), OVERRULED,
        SERVICE, table(("setting", "which …", "what could happen", "instead"), _of_the_service()),
    )  # fmt: skip


def _of_the_service() -> list[tuple[str, ...]]:
    return [(f"`{each.setting}`", _sentence(each.found), each.why, each.instead) for each in UNSAFE_SERVICE.values()]


def _sentence(found: str) -> str:
    return found.replace("{found}", "…")
