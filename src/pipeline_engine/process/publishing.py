"""Who may change a process, and how: the key `publishing` of the version in force governs the next one."""

from pipeline_engine.notation import Section
from pipeline_engine.process.declared import Declared, roles_of
from pipeline_engine.process.model import Publishing
from pipeline_engine.process.stages import inner_section

PUBLISHING_KEYS = ("by", "four_eyes")


def read_publishing(top: Section, declared: Declared) -> Publishing | None:
    """How the next change is to be made; None where the file says nothing of it."""
    section = inner_section(top, "publishing", PUBLISHING_KEYS)
    if section is None:
        return None
    by = roles_of(section, "by", declared.roles)
    return Publishing(by=by, four_eyes=section.word("four_eyes", ("true", "false"), "false") == "true")
