"""Names that are not there, with the nearest ones that are."""

from collections.abc import Sequence

from pipeline_engine.errors.base import Rejected
from pipeline_engine.naming import nearest, quoted, quoted_some, shown


class UnknownName(Rejected):
    """A name that is not there."""

    what = "name"
    remedy = ""

    def __init__(self, name: str, known: Sequence[str] = (), where: str = "", remedy: str = "") -> None:
        near, remedy = nearest(shown(name, 200), known), remedy or self.remedy
        hint = f"; did you mean {quoted(near)}?" if near else f"; there is {quoted_some(known)}" if known else ""
        remedy = f"; {remedy}" if remedy and not near else ""
        super().__init__(f"{where + ' has ' if where else 'there is '}no {self.what} `{shown(name)}`{hint}{remedy}")
        self.name, self.known, self.near = name, tuple(known), near


class UnknownDeal(UnknownName):
    """No such deal in this store."""

    what = "deal"


class UnknownProcess(UnknownName):
    """No such process, or no such version of it, in this store."""

    what = "process"
    remedy = "`process publish FILE` puts one in force"


class UnknownStage(UnknownName):
    """The process has no such stage."""

    what = "stage"

    def __init__(self, name: str, known: Sequence[str] = (), where: str = "") -> None:
        ends = {"won": "`deal win` closes a deal as won", "lost": "`deal lose` closes a deal as lost"}
        self.remedy = ends.get(name, "")
        super().__init__(name, known, where)


class UnknownField(UnknownName):
    """The process declares no such field."""

    what = "field"


class UnknownPerson(UnknownName):
    """The register has no such person."""

    what = "person"
    remedy = "`team apply FILE` puts people in"


class UnknownRule(UnknownName):
    """The process has no such rule, or it does not apply to that target."""

    what = "rule"


class UnknownReason(UnknownName):
    """The process knows no such reason for losing."""

    what = "lost reason"


class UnknownKind(UnknownName):
    """The process declares no such activity, document or contact role."""

    what = "kind"


class UnknownItem(UnknownName):
    """No checklist of the process and not its plan has such an item to tick."""

    what = "item"


class UnknownJob(UnknownName):
    """No job has this id."""

    what = "job"
    remedy = "`job list` shows them"
