"""Approvals that nobody could give: four eyes mean that the owner may not."""

from collections.abc import Iterator, Mapping

from pipeline_engine.process.approvals import with_skills
from pipeline_engine.process.findings import Finding
from pipeline_engine.process.lint.beside import Standing
from pipeline_engine.process.lint.subject import Subject
from pipeline_engine.process.model import OWNER, OWNERS_MANAGER
from pipeline_engine.process.rules import Node

_SHOWN = 3


def people(subject: Subject, register: Mapping[str, Standing]) -> Iterator[Finding]:
    """Findings about who may approve; where there is no register, those that hold for any."""
    for number in range(len(subject.rules)):
        if subject.own(number) and any(_by_owner(tree, {}) for tree in subject.rules[number].trees):
            message = "wants an approval by the deal's owner, which is never counted: four eyes are needed"
            yield subject.about_rule("approval-only-owner", message, number)
        role = subject.rule(number).approval
        skills = subject.rule(number).skills
        message = _nobody(role, skills, register) if role and register else ""
        if message:
            yield subject.about_rule("approval-only-owner", message, number, role or "")


def _by_owner(node: Node, variables: Mapping[str, str]) -> bool:
    if node.op == "macro" and node.args[0].op == "column":
        variables = {**variables, node.value[1]: str(node.args[0].value)}
    if node.op == "call" and node.value == "_==_":
        paths = {_path(str(arg.value), variables) for arg in node.args if arg.op == "column"}
        return paths == {"approvals.by", OWNER}
    return any(_by_owner(arg, variables) for arg in node.args)


def _path(path: str, variables: Mapping[str, str]) -> str:
    head, dot, rest = path.partition(".")
    return f"{variables.get(head, head)}{dot}{rest}"


def _nobody(role: str, skills: tuple[str, ...], register: Mapping[str, Standing]) -> str:
    if role == OWNERS_MANAGER:
        stranded = sorted(who for who, each in register.items() if each.owns and each.manager in (None, who))
        return f"can be approved by nobody where {_listed(stranded)} owns the deal: no manager" if stranded else ""
    holders = sorted(who for who, each in register.items() if role in each.roles and each.skills.issuperset(skills))
    wanted = f"holds the role `{role}`{with_skills(skills)}"
    if not holders:
        return f"can be approved by nobody: no person {wanted}"
    if len(holders) == 1 and register[holders[0]].owns:
        return f"can be approved by nobody where `{holders[0]}` owns the deal: nobody else {wanted}"
    return ""


def _listed(who: list[str]) -> str:
    return " or ".join(f"`{each}`" for each in who[:_SHOWN]) + (" …" if len(who) > _SHOWN else "")
