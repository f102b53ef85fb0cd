"""The documentation is true: its blocks run, its reference is made from the code, its links lead somewhere."""

import re
from pathlib import Path

import pytest
from tools import reference, reference_command_line

from pipeline_engine import errors
from pipeline_engine.engine import EVENTS
from tests.pages import LANGUAGES, ROOT, Reader, Unlike, blocks, compare

pytestmark = pytest.mark.slow

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
GUIDES = [page for page in PAGES if DOCS / "reference" not in page.parents and DOCS / "decisions" not in page.parents]
LINK = re.compile(r"\[[^\]]*\]\((?P<to>[^)\s]+)\)")
HEADING = re.compile(r"^#+ (?P<text>.+)$", re.MULTILINE)
# Only in a page about PostgreSQL; the test puts a real one in its place.
POSTGRES = "postgresql://sales@localhost/sales"
# Likewise of a page about a bus.
NATS = "nats://localhost:4222"
FOREIGN = {
    "another folder": re.compile(r"\.\./shared"),
    "a path of one machine": re.compile(r"(?<![\w.])/(?:work|home|root|Users|tmp)/"),
}


def name_of(page: Path) -> str:
    """A page's path below the project."""
    return str(page.relative_to(ROOT))


def data_sets() -> Path | None:
    """The folder of real data sets beside the project, where it is there."""
    folder = ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


def follow(page: Path, folder: Path, request: pytest.FixtureRequest, slow: bool) -> None:
    """Do what a page says, against a real PostgreSQL or NATS where it names one."""
    instead = {}
    if POSTGRES in page.read_text(encoding="utf-8"):
        instead[POSTGRES] = request.getfixturevalue("postgres_database")
    if NATS in page.read_text(encoding="utf-8") and any(block.language == "python" for block in blocks(page)):
        instead[NATS] = request.getfixturevalue("nats_url")
    Reader(folder, instead).follow(page, data_sets(), slow)


@pytest.mark.parametrize("page", GUIDES, ids=name_of)
def test_what_a_page_shows_is_what_happens(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Python, YAML and commands of a page do what the page says, one after the other."""
    follow(page, tmp_path, request, slow=False)


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in GUIDES if any(b.slow for b in blocks(page))], ids=name_of)
def test_what_a_page_shows_is_what_happens_in_full(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """The same, with the blocks that take their time: the demo, a large history."""
    follow(page, tmp_path, request, slow=True)


def test_a_page_that_shows_something_else_is_found(tmp_path: Path) -> None:
    """The control: a wrong output, a wrong process and a failing block are each found."""
    wrong = (
        "```python\nprint(1)\n```\n\n```text\n2\n```\n",
        "```yaml\nprocess: p\nstages: []\n```\n",
        "```console\n$ echo one\ntwo\n```\n",
    )
    for number, text in enumerate(wrong):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "page.md").write_text(text)
        with pytest.raises(Unlike, match=r"page\.md:\d+"):
            Reader(folder).follow(folder / "page.md", None, slow=True)


def test_an_ellipsis_stands_for_anything_and_nothing_else_does() -> None:
    """A line of its own for any lines, inside a line for any text."""
    compare("one\n…\nfour … six\n", "one\ntwo\nthree\nfour five six\n")
    with pytest.raises(Unlike):
        compare("one\n…\nfive\n", "one\ntwo\n", "a command")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_block_says_what_language_it_is_in(page: Path) -> None:
    """A block of an unknown language would be run by nobody."""
    assert [b.line for b in blocks(page) if b.language not in LANGUAGES] == []


def test_the_reference_is_what_the_code_makes() -> None:
    """`make docs` would change nothing."""
    assert reference.stale() == []


def text_of_all() -> str:
    """All documentation in one."""
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def test_everything_public_is_named() -> None:
    """Every event, every error and every command stands in the documentation."""
    text = text_of_all()
    kinds = [name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, Exception)]
    wanted = [*EVENTS, *kinds, *reference_command_line.command_names()]
    assert [name for name in wanted if not re.search(rf"\b{re.escape(name)}\b", text)] == []


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    heads = (found["text"].lower() for found in HEADING.finditer(text))
    return {re.sub(r"[^\w\- ]", "", head).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Every link between pages names a file that is there, and a heading that it has."""
    lost = []
    for found in LINK.finditer(page.read_text(encoding="utf-8")):
        path, _, anchor = found["to"].partition("#")
        target = (page.parent / path).resolve() if path else page
        if path.startswith("http"):
            continue
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            lost.append(found["to"])
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_names_nothing_of_one_machine(page: Path) -> None:
    """No path of a machine and no folder beside the project; test_architecture.py looks for registries."""
    text = page.read_text(encoding="utf-8")
    assert [what for what, pattern in FOREIGN.items() if pattern.search(text)] == []
