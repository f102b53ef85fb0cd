"""What is asked of whoever owns the deal: how many open deals a person may carry, and what the person can do."""

from dataclasses import replace

from pipeline_engine.notation import Node, Text, scalar
from pipeline_engine.process import scalars
from pipeline_engine.process.drafts import Draft, Entry, in_words
from pipeline_engine.process.vocabulary import vocabulary_of

OWN = "own"  # the gate that says who may own a deal
OWNED = "has(owner.id)"  # a deal that nobody owns is not asked who owns it; it goes without saying
OPEN_DEALS, DEALS_IN_STAGE = "owner.open_deals", "owner.deals_in_stage"
COUNTS = (OPEN_DEALS, DEALS_IN_STAGE)
OF_THE_OWNER = ("limit", "skill")  # the kinds of rules that a stage asks again when a deal in it changes hands
_ALL_OPEN = (OWN, "open", "reopen")
_NO_STAGE = ("won", "lost", "moves")


def owner_deals_at_most(entry: Entry) -> list[Draft]:
    """`owner_deals_at_most: 5`: of a stage so many open deals of one owner in it; elsewhere in the whole process."""
    node = entry.value("owner_deals_at_most")
    if entry.gate in _NO_STAGE or ":" in entry.gate:
        wanted = "it where a deal comes in: `enter` of a stage, `opening`, `owning` or `reopen`"
        entry.complaints.add(node, "`owner_deals_at_most` where a deal leaves", wanted)
        return []
    most = _most(entry, node)
    if most is None:
        return []
    whole = entry.gate in _ALL_OPEN
    made = entry.draft(
        f"owner_deals_at_most:{most}", "limit", f"{OPEN_DEALS if whole else DEALS_IN_STAGE} < {most}", node.place
    )
    deals = "open deal" if most == "1" else "open deals"
    says = f"nobody owns more than {most} {deals}{'' if whole else f' in {entry.gate}'} at once"
    fix = "close or hand over one of them first, or name another owner"
    return [replace(made, says=says, fix=fix if entry.gate == OWN else f"{fix}: deal assign {{deal}} --to WHO")]


def _most(entry: Entry, node: Node) -> str | None:
    if not (isinstance(node, Text) and node.value.startswith("limits.")):
        number = scalar(node, scalars.count, entry.complaints, "owner_deals_at_most")
        return None if number is None else str(number)
    limits, name = vocabulary_of(entry.declared), node.value.removeprefix("limits.")
    if name not in limits.limit_names:
        if entry.declared.sound:
            known = [f"limits.{each}" for each in limits.limit_names]
            entry.complaints.unknown(node, "limit", node.value, known)
        return None
    if not limits.is_whole(name):
        entry.complaints.add(node, f"`{node.value}` is no whole number of deals", "a limit like `5`")
        return None
    return node.value


def owner_skills(entry: Entry) -> list[Draft]:
    """`owner_skills: [enterprise]`: what the deal's owner must be able to do, one rule for each."""
    drafts = []
    for each in entry.section.names("owner_skills"):
        text = f"'{each.value}' in owner.skills"
        made = entry.draft(f"owner_skills:{each.value}", "skill", text, each.place)
        fix = f"name an owner who has the skill {in_words(each.value)}"
        fix = fix if entry.gate == OWN else f"{fix}: deal assign {{deal}} --to WHO"
        drafts.append(replace(made, says=f"the owner lacks the skill {in_words(each.value)}", fix=fix))
    return drafts
