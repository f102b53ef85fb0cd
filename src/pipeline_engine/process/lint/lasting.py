"""Facts that never become false again: an activity was logged, a document was attached.

Contacts are unlinked, items unticked, fields changed, and what is recent grows old, so nothing about them lasts.
"""

from pipeline_engine.process.rules import Node, walk

_LISTS = frozenset({"activities", "documents"})
_FIXED = frozenset({"opened_at"})  # beside the element itself, what may be read of a deal without it ever changing
_MORE = frozenset({"_>=_", "_>_"})


def lasting(check: Node) -> bool:
    """Whether a check that is true of a deal stays true of it."""
    if check.op == "calendar":
        return lasting(check.args[0])
    if check.op != "call":
        return _some(check)
    if check.value in ("_&&_", "_||_"):
        return all(lasting(arg) for arg in check.args)
    return check.value in _MORE and _number_of(check.args[0]) and check.args[1].op in ("const", "limit")


def _number_of(node: Node) -> bool:
    """Whether a number is one of elements that are only ever added."""
    if node.op != "call" or node.value != "size":
        return False
    counted = node.args[0]
    return _is_list(counted) or (counted.op == "macro" and counted.value[0] == "filter" and _chosen(counted))


def _some(node: Node) -> bool:
    return node.op == "macro" and node.value[0] == "exists" and _chosen(node)


def _chosen(macro: Node) -> bool:
    """Whether the elements are chosen by what they are, and by nothing that changes."""
    source, body = macro.args
    own = macro.value[1]
    inner = {step.value[1] for step in walk(body) if step.op == "macro"}
    paths = {str(step.value) for step in walk(body) if step.op in ("column", "has")}
    return _is_list(source) and all(path.partition(".")[0] in {own, *inner} or path in _FIXED for path in paths)


def _is_list(node: Node) -> bool:
    return node.op == "column" and node.value in _LISTS
