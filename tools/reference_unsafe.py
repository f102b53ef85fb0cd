"""The page about settings with which a store is not opened."""

from tools.markdown import page, table

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


def unsafe_page() -> str:
    """docs/reference/unsafe-settings.md."""
    rows = [(each.where, _sentence(each.found), each.why, each.instead) for each in UNSAFE.values()]
    return page(
        "Unsafe settings", INTRO, table(("where", "the store …", "what could happen", "instead"), rows), OVERRULED
    )


def _sentence(found: str) -> str:
    return found.replace("{found}", "…")
