"""Bytes an event takes in the made-up year, with verdicts, against the bare library's default JSON without verdicts.

Counted is what is stored of an event itself: its name and its payload, as both put them into their tables. The store's
payload also says by which door a command came and how each rule judged it.
"""

import tempfile

from bench._library import application, lived
from bench._turns import copies, library_settings, made_up_year, opened


def main() -> None:
    """Print both and their ratio."""
    year = made_up_year()
    with tempfile.TemporaryDirectory() as folder:
        store = opened(f"sqlite:///{folder}/sales.db")
        parts = copies(year)
        store.append_many([next(parts) for _ in year])
        rows = store.rows(0, 10**6)
        ours = sum(len(row.name) + len(row.payload) for row in rows) / len(rows)
        store.close()
        app = application(library_settings(f"{folder}/bare.db"))
        app.save(*(lived(drafts) for drafts in year))
        stored = app.recorder.select_notifications(1, 10**6)
        bare = sum(len(each.topic) + len(each.state) for each in stored) / len(stored)
        app.close()
    assert len(rows) == len(stored)
    print(f"stored bytes an event, {len(rows):,} events: {ours:.0f}, bare library {bare:.0f}")
    print(f"  {ours / bare:.2f} of the bare library's (wanted: at most 1.00){'' if ours <= bare else '  ◄ short'}")
