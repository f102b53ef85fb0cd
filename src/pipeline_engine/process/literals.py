"""Texts in a rule that nothing declared: `a.kind == 'meting'` is no error, and never true."""

from collections.abc import Iterable, Iterator, Mapping

from pipeline_engine.errors import nearest, quoted, quoted_some, shown
from pipeline_engine.process.model import OWNERS_MANAGER, Process
from pipeline_engine.process.rules import Node, walk

Known = Mapping[str, tuple[str, tuple[str, ...]]]
_COMPARES = frozenset({"_==_", "_!=_", "@in"})
_TARGETS = ("won", "lost", "reopen")


def doubtful_literals(trees: Iterable[Node], process: Process) -> Iterator[str]:
    """One sentence for each text compared with something that can never be that text."""
    known = _known(process)
    for tree in trees:
        yield from _within(tree, known, {})


def _known(process: Process) -> Known:
    stages, rules = process.stage_ids, process.rule_ids
    roles = (*process.roles, OWNERS_MANAGER) if process.roles else ()
    known: dict[str, tuple[str, tuple[str, ...]]] = {
        "stage.id": ("stage", stages),
        "move.from": ("stage", stages),
        "move.to": ("stage or outcome", (*stages, *_TARGETS)),
        "activities.kind": ("activity", process.activities),
        "contacts.role": ("contact role", process.contact_roles),
        "approvals.rule": ("rule", rules),
        "approvals.role": ("role", roles),
        "approvals.target": ("stage or outcome", (*stages, *_TARGETS)),
        "owner.roles": ("role", process.roles),
        "actor.roles": ("role", process.roles),
    }
    for field in process.fields.values():
        if field.kind == "choice":
            known[f"deal.{field.name}"] = (f"choice of `{field.name}`", field.of)
    return known


def _within(node: Node, known: Known, variables: Mapping[str, str]) -> Iterator[str]:
    if node.op == "macro":
        source = node.args[0]
        if source.op == "column":
            variables = {**variables, node.value[1]: source.value}
    if node.op == "call" and node.value in _COMPARES:
        yield from _compared(node, known, variables)
    for arg in node.args:
        yield from _within(arg, known, variables)


def _compared(node: Node, known: Known, variables: Mapping[str, str]) -> Iterator[str]:
    columns = [_path(arg.value, variables) for arg in node.args if arg.op == "column"]
    what, names = known.get(columns[0], ("", ())) if len(columns) == 1 else ("", ())
    if not names:
        return
    for literal in (step for arg in node.args for step in walk(arg) if step.op == "const"):
        if isinstance(literal.value, str) and literal.value not in names:
            near = nearest(literal.value, names)
            hint = f"did you mean {quoted(near)}?" if near else f"there is {quoted_some(names)}"
            yield f"there is no {what} `{shown(literal.value)}`; {hint}"


def _path(column: str, variables: Mapping[str, str]) -> str:
    head, dot, rest = column.partition(".")
    return f"{variables[head]}{dot}{rest}" if head in variables else column
