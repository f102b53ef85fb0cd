"""What an import adds to a deal that is there already: exactly what is new, and never in silence what
differs. Pure.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline_engine.deal import Deal, DealOpened, fold
from pipeline_engine.envelope import Envelope, Event, Recorded
from pipeline_engine.exchange.drafts import Plan, Story, envelope_of, told
from pipeline_engine.exchange.row import Row
from pipeline_engine.store import Draft

STAGE_KINDS = ("opened", "stage", "status", "noted", "reopened")
NO_OPENING = "nothing in the file opens this deal: no stage or outcome row"
OLDER = "rows of deals whose opening the file does not hold, older than what was imported; left out"
Ref = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A row that says something else than what was imported before, or comes where nothing can be put any
    more.
    """

    deal_id: str
    line: int | None
    what: str


@dataclass(frozen=True, slots=True)
class Merged:
    """What the rows of one deal come to: drafts to append, conflicts, rejected rows with the reason, counted
    notes.

    `foreign` says that the deal is not this source's at all.
    """

    drafts: tuple[Draft, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    rejected: tuple[tuple[Row, str], ...] = ()
    notes: Counter[str] | None = None
    foreign: bool = False


def merge(deal_id: str, rows: Sequence[Row], plan: Plan, stored: Sequence[Recorded]) -> Merged:
    """What to append to a deal's stream of `stored` events so that it holds what the rows say."""
    numbered = list(enumerate(rows))
    deal = fold(stored)
    if deal is None:
        return _fresh(told(deal_id, numbered, plan))
    if deal.source != plan.source:
        owner = f"came from source `{deal.source}`" if deal.source else "was opened here"
        return Merged(rejected=((rows[0], f"the deal {owner}; give this one an `id_prefix`"),), foreign=True)
    return _Again(deal_id, rows, plan, stored, deal).merged()


def _fresh(story: Story) -> Merged:
    rejected = tuple((row, NO_OPENING) for _, row in story.waiting)
    return Merged(tuple(draft for _, draft in story.drafts), (), rejected, story.notes)


class _Again:
    """One deal imported once more: known rows are compared, new ones put behind what is stored."""

    def __init__(self, deal_id: str, rows: Sequence[Row], plan: Plan, stored: Sequence[Recorded], deal: Deal) -> None:
        self._deal_id, self._rows, self._deal = deal_id, rows, deal
        # The version a deal is pinned to is ours, not the source's: a later publication is no difference.
        self._plan = replace(plan, process=deal.process, version=deal.process_version)
        self._known = {ref: recorded for recorded in stored if (ref := _ref(recorded, plan.source))}
        self._scratch = told(deal_id, enumerate(rows), self._plan)
        self._by_row: dict[int, list[Draft]] = {}
        for number, draft in self._scratch.drafts:
            self._by_row.setdefault(number, []).append(draft)
        self._conflicts: list[Conflict] = []
        self._rejected: list[tuple[Row, str]] = []

    def merged(self) -> Merged:
        whole = self._begins_where_the_store_begins()
        late: list[Draft] = []
        last = max((n for n, _ in enumerate(self._rows) if self._is_known(n)), default=-1)
        tail: list[tuple[int, Row]] = []
        for number, row in enumerate(self._rows):
            if self._is_known(number):
                self._compare(number, row, whole)
            elif not whole and self._says_nothing_new(row):
                self._scratch.notes[OLDER] += 1
            elif number > last and (not whole or number in self._by_row):
                tail.append((number, row))
            elif number in self._by_row or not whole:
                late += self._late(number, row)
        story = told(self._deal_id, self._admitted(tail), self._plan, self._deal)
        drafts = (*late, *(draft for _, draft in story.drafts))
        return Merged(drafts, tuple(self._conflicts), tuple(self._rejected), self._scratch.notes)

    def _begins_where_the_store_begins(self) -> bool:
        first = self._known.get(_key(self._scratch.drafts[0][1])) if self._scratch.drafts else None
        return first is not None and isinstance(first.event, DealOpened)

    def _says_nothing_new(self, row: Row) -> bool:
        """
        Whether a row of a file that does not hold the deal's opening is older than what is in, and may be in.

        A value that changed nothing left no event to be known by, so such a row cannot be told from a new
        one; what it says was overtaken either way.
        """
        if row.kind not in ("field", "noted"):
            return False
        times = [recorded.envelope.at for recorded in self._known.values() if recorded.envelope.at]
        return row.when.at is None or any(row.when.at <= at for at in times)

    def _is_known(self, number: int) -> bool:
        row = self._rows[number]
        return (row.kind, row.key) in self._known or any(_key(d) in self._known for d in self._by_row.get(number, ()))

    def _compare(self, number: int, row: Row, whole: bool) -> None:
        if not whole:
            stored = self._known.get((row.kind, row.key))
            if stored and not _same_row(stored.envelope, envelope_of(row, self._plan, row.kind)):
                self._differs(row, "it was imported with another time or actor")
            return
        for draft in self._by_row.get(number, ()):
            stored = self._known.get(_key(draft))
            if stored is None:
                self._differs(row, f"it now adds {type(draft.event).__name__} to what was imported")
            elif not _same_row(stored.envelope, draft.envelope) or not _same(stored.event, draft.event):
                self._differs(row, _difference(draft, stored))

    def _late(self, number: int, row: Row) -> list[Draft]:
        if row.kind == "activity":
            # Its values may be older than those that are known by now; that it was done is true all the same.
            bare = replace(row, values={}, owner=None)
            return [draft for _, draft in told(self._deal_id, [(number, bare)], self._plan, self._deal).drafts]
        self._differs(row, "it stands before rows that were imported already")
        return []

    def _admitted(self, tail: Sequence[tuple[int, Row]]) -> list[tuple[int, Row]]:
        return [(number, row) for number, row in tail if row.kind not in STAGE_KINDS or self._fits(row)]

    def _fits(self, row: Row) -> bool:
        if self._deal.gated:
            self._rejected.append((row, "the gate has moved this deal; an import may not move it any more"))
            return False
        here = {(other.kind, other.key) for other in self._rows} | {_key(d) for _, d in self._scratch.drafts}
        unseen = any(kind in STAGE_KINDS and (kind, key) not in here for kind, key in self._known)
        last = self._deal.last_stage_at
        if unseen and (row.when.at is None or (last is not None and row.when.at < last)):
            self._differs(row, "it is undated, or older than the deal's last stage row that was imported")
            return False
        return True

    def _differs(self, row: Row, why: str) -> None:
        self._conflicts.append(
            Conflict(self._deal_id, row.line, f"{row.kind} {row.new or row.key}".strip() + f": {why}")
        )


def _ref(recorded: Recorded, source: str) -> Ref | None:
    ref = recorded.envelope.source_ref
    return (ref.kind, ref.key) if ref and ref.source == source else None


def _key(draft: Draft) -> Ref:
    ref = draft.envelope.source_ref
    return (ref.kind, ref.key) if ref else ("", "")


def _same_row(stored: Envelope, drafted: Envelope) -> bool:
    """Whether both are of one row: what was observed as it happened came by another door, and from another hand."""
    return stored == drafted or (stored.via != "import" and stored.at == drafted.at)


def _same(stored: Event, drafted: Event) -> bool:
    # The stage a deal came from is ours to know, not something its row says.
    return stored == drafted or (
        type(stored) is type(drafted)
        and stored.model_dump(exclude={"from_stage"}) == drafted.model_dump(exclude={"from_stage"})
    )


def _difference(draft: Draft, stored: Recorded) -> str:
    now, before = (
        {**e.envelope.model_dump(), **e.event.model_dump(), "event": type(e.event).__name__} for e in (draft, stored)
    )
    names = [name for name in now if now[name] != before.get(name)] or ["its event"]
    # Only the names: values may be about people, and conflicts are printed.
    return f"it differs from what was imported in {', '.join(f'`{name}`' for name in names[:4])}"
