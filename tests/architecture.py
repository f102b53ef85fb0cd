"""The limits that ruff, mypy and import-linter cannot see: checks over source text, each with complaints.

A check takes source as a value and returns sentences, so test_architecture.py can show each a bad example.
"""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGE = "pipeline_engine"
MODULE_LINES = 400
FUNCTION_LINES = 25
PURE_ROOMS = {"process", "deal", "team", "privacy", "views", "replay", "simulation"}
HOMES = {
    "eventsourcing": "store",
    "psycopg": "store",
    "psycopg_pool": "store",
    "cryptography": "store",
    "faststream": "service.bus",
    "cel_expr_python": "process",
    "google.protobuf": "process",
    "re2": "process",
    "typer": "cli",
    "click": "cli",
    "rich": "cli",
    "lxml": "exchange",
}
# What a pure room may not even name: the clock, identity, the environment, a database, the network.
WORLD = {
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today"),
    *("time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.sleep"),
    *("uuid.uuid1", "uuid.uuid4", "secrets", "os.urandom", "os.environ", "os.getenv"),
    *("sqlite3", "socket", "urllib.request", "http.client"),
}
SEEDED = {"random.Random", "numpy.random.default_rng", "numpy.random.PCG64", "numpy.random.SeedSequence"}
TYPES_OF_CHANCE = {"numpy.random.Generator", "numpy.random.BitGenerator"}
# Who may use the front door, as anybody outside does.
GUESTS = {"", "cli", "service", "__main__"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Import = tuple[str, str | None, int]


@dataclass(frozen=True)
class Module:
    """A source file: its dotted name below the package (`deal.events`; a room's face is `deal`), its text."""

    name: str
    source: str

    @classmethod
    def read(cls, path: Path, package: Path) -> "Module":
        """The module at a path inside the package's folder."""
        parts = path.relative_to(package).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        return cls(name, path.read_text(encoding="utf-8"))

    @property
    def room(self) -> str:
        """The first step of its name; empty for the front door."""
        return self.name.split(".")[0]

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.source)

    @cached_property
    def comments(self) -> list[tuple[int, str]]:
        """Every comment with its line."""
        tokens = tokenize.generate_tokens(io.StringIO(self.source).readline)
        return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]

    def imports(self) -> Iterator[Import]:
        """Every import: what it is taken from, the name taken (None for a plain import), the line."""
        for node in ast.walk(self.tree):
            yield from _imported(node)

    def lazy_imports(self) -> Iterator[Import]:
        """The imports that run inside a function."""
        functions = [node for node in ast.walk(self.tree) if isinstance(node, FUNCTIONS)]
        for node in {node for function in functions for node in ast.walk(function)}:
            yield from _imported(node)


def too_long(module: Module) -> Iterator[str]:
    """Past 400 lines a module is two."""
    lines = module.source.count("\n")
    if lines > MODULE_LINES:
        yield f"{module.name} has {lines} lines, at most {MODULE_LINES}: it is two modules"


def long_functions(module: Module) -> Iterator[str]:
    """A function's body is at most 25 lines of code; docstring, comments and blank lines are not counted."""
    written = _lines_of_code(module.source)
    for node in ast.walk(module.tree):
        if isinstance(node, FUNCTIONS):
            body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
            lines = {line for line in written if body and body[0].lineno <= line <= (node.end_lineno or 0)}
            if len(lines) > FUNCTION_LINES:
                where = f"{module.name}:{node.lineno} `{node.name}`"
                yield f"{where} has {len(lines)} lines of code, at most {FUNCTION_LINES}"


def no_door_sign(module: Module) -> Iterator[str]:
    """A module opens with a sentence that tells a stranger whether to walk in."""
    sign = (ast.get_docstring(module.tree) or "").split("\n\n")[0].strip()
    if not sign:
        yield f"{module.name or PACKAGE} has no docstring"
    elif sign[-1] not in ".?!:":
        yield f"{module.name or PACKAGE}: its docstring does not open with a whole sentence"


def hidden_imports(module: Module) -> Iterator[str]:
    """Our own rooms are imported at the top; only cli waits, so that --help stays quick."""
    for source, _, line in module.lazy_imports() if module.room != "cli" else ():
        if source.split(".")[0] == PACKAGE:
            yield f"{module.name}:{line} imports `{source}` inside a function"


def back_rooms(module: Module, hidden: set[str]) -> Iterator[str]:
    """
    A room is imported by its face, and nobody inside goes through the front door.

    Args:
        module: The importing module.
        hidden: Every module behind a face, as `deal.events`; what the face itself offers is not.
    """
    for source, name, line in sorted(module.imports(), key=lambda found: found[2]):
        full = f"{source}.{name}"
        steps = (full if full.removeprefix(f"{PACKAGE}.") in hidden else source).split(".")
        if steps == [PACKAGE] and module.room not in GUESTS:
            yield f"{module.name}:{line} imports `{name}` from the front door; name the room"
        if steps[0] == PACKAGE and len(steps) > 2 and steps[1] != module.room:
            yield f"{module.name}:{line} imports `{'.'.join(steps)}` past the face of `{steps[1]}`"


def hidden_names(modules: list[Module]) -> set[str]:
    """The dotted names of all modules, but for those whose name the face of their room offers."""
    faces = [module for module in modules if "." not in module.name]
    offered = {f"{face.name}.{name}" for face in faces for _, name, _ in face.imports()}
    return {module.name for module in modules} - offered


def far_from_home(module: Module) -> Iterator[str]:
    """A third-party library has one home."""
    for source, name, line in module.imports():
        for library, home in HOMES.items():
            full = f"{source}.{name}" if name else source
            if _inside(full, library) and not _inside(module.name, home):
                yield f"{module.name}:{line} imports `{full}`, whose home is `{home}`"


def meets_the_world(module: Module) -> Iterator[str]:
    """A pure room knows no clock, no chance without a seed, no environment and no database."""
    if module.room not in PURE_ROOMS:
        return
    names = _names(module)
    for node in ast.walk(module.tree):
        for said in (_dotted(node, names), *_taken(node)):
            if any(_inside(said, word) for word in WORLD) or _is_chance(said):
                yield f"{module.name}:{getattr(node, 'lineno', 0)} uses `{said}` in a pure room"
        if isinstance(node, ast.Call) and not [*node.args, *node.keywords] and _dotted(node.func, names) in SEEDED:
            yield f"{module.name}:{node.lineno} draws chance without a seed"


EXCEPTION = re.compile(r"#\s*(?P<kind>type:\s*ignore|noqa|pragma:|mypy:|ruff:)(?P<rest>.*)")
REASONED = {
    "type: ignore": r"\[[\w, -]+\]\s*#?\s*\S+\s+\S+",
    "noqa": r":\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*\W+\w+\s+\S+",
}


def unreasoned(module: Module) -> Iterator[str]:
    """A lint exception names what it excepts, and its reason stands beside it."""
    for line, comment in module.comments:
        found = EXCEPTION.match(comment)
        if found is None:
            continue
        kind = re.sub(r":\s*", ": ", found["kind"]).strip()
        if not re.match(REASONED.get(kind, r".*\s+\w+\s+\w+"), found["rest"].strip()):
            yield f"{module.name}:{line} `{comment}` lacks its code or its reason"


WORKPLACE = re.compile(r"\.\./shared\b|(?<![\w./-])/work(?=/|\b(?![-\w]))")
# Put together from halves, so that this file does not hold what it looks for.
REGISTRIES = re.compile(
    "|".join(
        [
            *("py" + r"pi\.org", "python" + r"hosted\.", "npm" + r"js\.", "deb" + r"ian\.org"),
            *("index" + r"-url\b", "--find" + r"-links\b", "/opt/" + r"(?:pypi|wheels)\b"),
        ]
    )
)


def names_the_workplace(where: str, text: str) -> Iterator[str]:
    """Nothing but the tests knows what lies beside the project."""
    for number, line in enumerate(text.splitlines(), 1):
        if found := WORKPLACE.search(line):
            yield f"{where}:{number} names `{found[0]}`"


def names_a_registry(where: str, text: str) -> Iterator[str]:
    """Which registry serves a package is the machine's own affair."""
    for number, line in enumerate(text.splitlines(), 1):
        if found := REGISTRIES.search(line):
            yield f"{where}:{number} names `{found[0]}`"


def unlocked(wanted: list[str], lock: str) -> Iterator[str]:
    """Every requirement of pyproject.toml stands in the lock."""
    pinned = {_normal(line.split("==")[0]) for line in lock.splitlines() if "==" in line}
    for requirement in wanted:
        name = re.match(r"[\w.-]+", requirement)
        if name is None or _normal(name[0]) not in pinned:
            yield f"`{requirement}` is not in the lock; run tools/lock.sh"


CHECKS: list[Callable[[Module], Iterator[str]]] = [
    *(too_long, long_functions, no_door_sign, hidden_imports, far_from_home, meets_the_world, unreasoned)
]


def _imported(node: ast.AST) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from ((alias.name, None, node.lineno) for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        yield from ((node.module or "", alias.name, node.lineno) for alias in node.names)


def _inside(name: str, home: str) -> bool:
    return name == home or name.startswith(f"{home}.")


def _names(module: Module) -> dict[str, str]:
    # What each imported name stands for, so that `from datetime import datetime as dt` hides nothing.
    names = {}
    for node in ast.walk(module.tree):
        for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
            origin = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            short = alias.asname or alias.name.split(".")[0]
            names[short] = f"{origin}{alias.name}" if alias.asname or origin else short
    return names


def _dotted(node: ast.AST, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute) and (front := _dotted(node.value, names)):
        return f"{front}.{node.attr}"
    return ""


def _taken(node: ast.AST) -> Iterator[str]:
    for source, name, _ in _imported(node):
        yield f"{source}.{name}" if name else source


def _is_chance(said: str) -> bool:
    drawn = _inside(said, "random") or _inside(said, "numpy.random")
    modules = {"random", "numpy.random", "numpy"}
    return drawn and said not in modules and not any(_inside(said, fine) for fine in SEEDED | TYPES_OF_CHANCE)


def _lines_of_code(source: str) -> set[int]:
    silent = {"COMMENT", "NL", "NEWLINE", "INDENT", "DEDENT", "ENDMARKER"}
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    spoken = [token for token in tokens if tokenize.tok_name[token.type] not in silent]
    return {line for token in spoken for line in range(token.start[0], token.end[0] + 1)}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.split("[")[0].strip()).lower()
