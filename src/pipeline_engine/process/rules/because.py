"""Why a rule does not pass on one row: the smallest parts that stand in the way, with what they found, in plain words.

Nothing is worked out anew: every answer is read off the evaluator's trace, so the explanation cannot disagree with
the verdict. Of what is false only the false parts are told, of what is unknown only what is missing.
"""

from collections.abc import Callable, Mapping

from pipeline_engine.process.rules import gathered
from pipeline_engine.process.rules.compared import compared, matched, member
from pipeline_engine.process.rules.frame import Frame
from pipeline_engine.process.rules.look import Look
from pipeline_engine.process.rules.missing import missing
from pipeline_engine.process.rules.naming import named
from pipeline_engine.process.rules.parts import Part, alternatives, distinct
from pipeline_engine.process.rules.text import to_text
from pipeline_engine.process.rules.tree import Node
from pipeline_engine.process.rules.wording import Wording

_RELATIONS = frozenset(f"_{sign}_" for sign in ("<", "<=", ">", ">=", "==", "!="))
_TEXTS = frozenset({"contains", "startsWith", "endsWith", "matches"})


def because(node: Node, frame: Frame, wording: Wording, row: int = 0) -> tuple[Part, ...]:
    """The smallest parts that make a rule not pass on a row; none where it passes."""
    return distinct(why(Look(node, frame, wording, row=row), node, True))


def why(look: Look, node: Node, want: bool) -> tuple[Part, ...]:
    """Why a condition is not what is wanted; none where it is."""
    if node.op in ("rates", "calendar"):
        return why(look.under(node), node.args[0], want)
    outcome = look.outcome(node)
    if outcome is want:
        return ()
    if node.op == "call" and node.value in _CALLS:
        return _CALLS[str(node.value)](look, node, want)
    if node.op == "macro":
        return gathered.why(look, node, want, why)
    if outcome is None:
        return missing(look, node, why)
    return (_plain(look, node, want),)


def _plain(look: Look, node: Node, want: bool) -> Part:
    """A condition that is one word: a yes-or-no field, whether something is recorded, a literal."""
    if node.op == "column":
        name, path = named(look, node), str(node.value)
        found = look.value(node)
        wanted = "yes" if want else "no"
        return Part("flag", path, found, wanted, f"{name}: {'no' if want else 'yes'}, must be {wanted}")
    if node.op == "has" or node.value == "known":
        inner = node if node.op == "has" else node.args[0]
        path = str(inner.value) if inner.op in ("has", "column") else ""
        if want:
            return Part("missing", path, None, "recorded", look.wording.not_known(path))
        return Part("flag", path, look.at(path), "not recorded", f"{look.wording.name(path)} is recorded, must not be")
    if node.op == "const":
        return Part("never", "", None, "", "it never passes" if want else "it always holds")
    return Part("other", "", None, "", f"`{to_text(node)}` {'does not hold' if want else 'holds'}")


def _conjunction(look: Look, node: Node, want: bool) -> tuple[Part, ...]:
    return _all_of(look, node, want) if want else _one_of(look, node, want)


def _disjunction(look: Look, node: Node, want: bool) -> tuple[Part, ...]:
    return _one_of(look, node, want) if want else _all_of(look, node, want)


def _all_of(look: Look, node: Node, want: bool) -> tuple[Part, ...]:
    """Every operand has to be as wanted: those that are plainly not, else those that nobody knows."""
    wrong = [arg for arg in node.args if look.outcome(arg) is (not want)]
    unknown = [arg for arg in node.args if look.outcome(arg) is None]
    return tuple(part for arg in wrong or unknown for part in why(look, arg, want))


def _one_of(look: Look, node: Node, want: bool) -> tuple[Part, ...]:
    """One operand as wanted would do: what nobody knows might, else each of them is a way."""
    unknown = [arg for arg in node.args if look.outcome(arg) is None]
    return alternatives([why(look, arg, want) for arg in unknown or node.args])


def _negation(look: Look, node: Node, want: bool) -> tuple[Part, ...]:
    return why(look, node.args[0], not want)


def _choice(look: Look, node: Node, want: bool) -> tuple[Part, ...]:
    condition, then, otherwise = node.args
    decided = look.outcome(condition)
    if decided is None:
        return why(look, condition, True)
    return why(look, then if decided else otherwise, want)


def _related(look: Look, node: Node, want: bool) -> tuple[Part, ...]:
    return gathered.count(look, node, want) or _compared(look, node, want)


def _compared(look: Look, node: Node, want: bool) -> tuple[Part, ...]:
    return missing(look, node, why) if look.outcome(node) is None else (compared(look, node, want),)


def _member(look: Look, node: Node, want: bool) -> tuple[Part, ...]:
    return missing(look, node, why) if look.outcome(node) is None else (member(look, node, want),)


def _matched(look: Look, node: Node, want: bool) -> tuple[Part, ...]:
    return missing(look, node, why) if look.outcome(node) is None else (matched(look, node, want),)


_CALLS: Mapping[str, Callable[[Look, Node, bool], tuple[Part, ...]]] = {
    "_&&_": _conjunction, "_||_": _disjunction, "!_": _negation, "_?_:_": _choice, "@in": _member,
    **dict.fromkeys(_TEXTS, _matched),
    **dict.fromkeys(_RELATIONS, _related),
}  # fmt: skip
