"""A judgement on a terminal: what was asked, how each rule answered, what it saw, and what to type next."""

from collections.abc import Sequence

from pipeline_engine.cli import words
from pipeline_engine.cli.output import prose, say
from pipeline_engine.deal import Deal, Judged
from pipeline_engine.process import either

MARKS = {"pass": "✓", "fail": "✗", "unknown": "?", "waived": "~", "not asked": "·"}
_QUIET = ("stage.id", "move.from", "move.to", "move.steps", "actor.id")
_LISTS = ("approvals",)
MOST_SHOWN = 5


def show(judged: Sequence[Judged], indent: int = 2, waivers: int | None = None, waivable: bool = True) -> None:
    """The rules that were asked, those that stand in the way first, each with what it saw and what would meet it.

    `waivers` is how many were given before, where somebody counted; nothing is `waivable` of a deal that is not there.
    """
    order = {"fail": 0, "unknown": 1, "waived": 2, "pass": 3, "not asked": 4}
    asked = [each for each in judged if each.verdict != "not asked" and not _dull(each)]
    widest = max((len(each.rule) for each in asked), default=0)
    for each in sorted(asked, key=lambda each: order[each.verdict]):
        say(f"{' ' * indent}{_mark(each)} {each.rule:<{widest}}  {_told(each)}".rstrip(), under=indent + widest + 4)
        if each.verdict in ("fail", "unknown") and (help_ := _help(each)):
            say(f"{' ' * (indent + 2)}{'':<{widest}}  → {help_}", under=indent + widest + 6)
    way = way_round(judged, waivers) if waivable else ""
    if way:
        prose(way, indent, 3)


def _mark(judged: Judged) -> str:
    unmet = judged.verdict in ("fail", "unknown")
    return "!" if unmet and judged.severity != "block" else MARKS[judged.verdict]


def _dull(judged: Judged) -> bool:
    """A rule of the way itself that passes tells nobody anything."""
    return judged.verdict == "pass" and judged.rule.partition(":")[0] in ("moves", "open", "won", "lost", "reopen")


def _told(judged: Judged) -> str:
    """Why it does not pass, or who waived it; what it saw, where it passes."""
    if judged.verdict == "waived":
        by = "; ".join(part.text for part in judged.because)
        return f"{by}: {judged.says}" if judged.says and by else by or judged.says
    return seen(judged) if judged.verdict == "pass" else judged.why


def seen(judged: Judged) -> str:
    """What the rule looked at, in words; of approvals there is nothing to say beside that."""
    shown = [(path, found) for path, found in judged.facts if path not in _QUIET and path not in _LISTS]
    return ", ".join(f"{_name(path)} {words.value(found)}" for path, found in shown)


def _name(path: str) -> str:
    return path.removeprefix("deal.").replace("_", " ").replace("stage.", "").replace("move.", "")


def _help(judged: Judged) -> str:
    """What would meet the rule, and who could approve it."""
    if judged.approval is None or judged.verdict == "unknown":
        return judged.fix
    who = _approvers(judged)
    return f"{judged.fix}   ({who})" if judged.fix and who else judged.fix or who


def _approvers(judged: Judged) -> str:
    if not judged.roles_bind:
        return "anybody but the owner and who asks can approve it: nobody is registered, so roles bind nobody"
    if not judged.can_approve:
        return "nobody who may approve it is registered"
    return f"{some(judged.can_approve)} can approve it"


def some(people: Sequence[str]) -> str:
    """`manager-1, manager-2 or 4 more`."""
    shown, more = list(people[:MOST_SHOWN]), len(people) - MOST_SHOWN
    return either([*shown, f"{more:,} more"] if more > 0 else shown)


def way_round(judged: Sequence[Judged], waivers: int | None = None) -> str:
    """Who may waive what stands in the way; empty where nothing does, or where nobody may waive any of it."""
    unmet = [each for each in judged if each.unmet]
    roles = " or ".join(f"a {role}'s" for role in sorted({role for each in unmet for role in each.waivable_by}))
    if not roles:
        return ""
    given = f" ({waivers:,} so far)" if waivers is not None else ""
    given += _waivers(unmet)
    if all(each.waivable_by for each in unmet):
        return f"the only way round: {roles} waiver, with a reason{given}"
    fixed = ", ".join(each.rule for each in unmet if not each.waivable_by)
    return f"no way round {fixed}; the rest: {roles} waiver, with a reason{given}"


def _waivers(unmet: Sequence[Judged]) -> str:
    """Who could waive all of it that may be waived at all."""
    waivable = [each for each in unmet if each.waivable_by]
    if not all(each.roles_bind for each in waivable):
        return ""
    able = [who for who in waivable[0].can_waive if all(who in each.can_waive for each in waivable)]
    return f"; {some(able)} can give it" if able else ""


def headline(word: str, deal: Deal, value: str, what: str) -> None:
    """`REFUSED  D-0417, 62,000 EUR, stays in proposal`."""
    worth = f", {value}" if value != words.NOTHING else ""
    say(f"{word}  {deal.id}{worth}, {what}", style="bold red" if "REFUSED" in word else "bold green")
