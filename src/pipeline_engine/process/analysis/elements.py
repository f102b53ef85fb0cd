"""Elements for a list of the deal: new ones, or where their number is limited, those that are there already.

Elements that nothing limits are made anew for each need, all alike: if any list fits, then so does one in which every
need has elements of its own. Where a list may hold so many at most, an element may serve several needs; under several
limits each element is looked at by itself.
"""

from dataclasses import replace

from pipeline_engine.process.analysis.branches import Branch
from pipeline_engine.process.analysis.claims import ELEMENT, AtLeast, Claim, Verdict, counting
from pipeline_engine.process.analysis.facts import Group, Listing
from pipeline_engine.process.analysis.terms import put

MOST_SINGLE = 6
_ALIKE = 2  # so many needs may share elements that are all alike; more can overlap in pairs


def ways_to_have(branch: Branch) -> list[Branch] | None:
    """The branches in which the next need is met; None where there is none left."""
    if not branch.needs:
        return None
    # The largest first, so that what is there for it may do for the others.
    need = branch.needs.pop(max(range(len(branch.needs)), key=lambda place: (branch.needs[place].count, -place)))
    listing = branch.facts.listing(need.path)
    if any(_met(branch, need, group) for group in listing.groups):
        return [branch]
    if not need.apart:
        listing.needs += 1
    found = [_anew(branch, need, 1 if _singly(branch, need, listing) else need.count)]
    if listing.at_most:
        groups = [group for group in listing.groups if group.element not in need.apart]
        found += [_shared(branch, need, group) for group in groups]
    return found


def _met(branch: Branch, need: AtLeast, group: Group) -> bool:
    """Whether enough elements are there already of which the condition is certain."""
    if group.element in need.apart or group.count < need.count:
        return False
    return branch.holds(_claim(need, group.element))


def _singly(branch: Branch, need: AtLeast, listing: Listing) -> bool:
    """Whether each element is looked at by itself."""
    several = len(listing.at_most) > 1 or listing.needs > _ALIKE
    if not listing.at_most or not several:
        return False
    if need.count > MOST_SINGLE or any(group.count > 1 for group in listing.groups):
        branch.facts.doubt(f"{need.count} {need.path} under several limits")
    return 1 < need.count <= MOST_SINGLE


def _claim(need: AtLeast, element: str) -> tuple[Claim, ...]:
    return (Verdict(put(need.body, ELEMENT, element), need.verdict),)


def _anew(branch: Branch, need: AtLeast, count: int) -> Branch:
    group = Group(f"{need.path}#{len(branch.facts.listing(need.path).groups) + 1}", count)
    new = branch.copy(_claim(need, group.element))
    listing = new.facts.listing(need.path)
    listing.groups = (*listing.groups, group)
    new.claims += [Verdict(put(each.body, ELEMENT, group.element), each.verdicts) for each in listing.every]
    new.choices += [counting(limit, group.element, count) for limit in listing.at_most]
    return _with_rest(new, need, group)


def _shared(branch: Branch, need: AtLeast, group: Group) -> Branch:
    """Elements that are there already serve the need too."""
    return _with_rest(branch.copy(_claim(need, group.element)), need, group)


def _with_rest(branch: Branch, need: AtLeast, group: Group) -> Branch:
    if need.count > group.count:
        rest = replace(need, count=need.count - group.count, apart=(*need.apart, group.element))
        branch.needs.insert(0, rest)
    return branch
