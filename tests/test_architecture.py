"""The shape of the code: who may import whom, where Cypher may stand, how long a module may be."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "renche"

# What each room may import directly; what those may import, it may too.
ARROWS: dict[str, set[str]] = {
    "server": {"resolvers", "privacy", "ingest", "demo", "generate"},
    "privacy": {"loaders", "ingest"},
    "resolvers": {"planner", "loaders", "identity", "privacy", "vault"},
    "planner": {"graph"},
    "loaders": {"graph"},
    "ingest": {"identity", "vault"},
    "identity": {"graph", "vault"},
    "demo": {"generate", "ingest"},
    "generate": {"graph"},
    "graph": {"cypher"},
    "vault": set(),
    "cypher": set(),
}
# Packages that only one room may know.
KEPT_TO: dict[str, str] = {"neo4j": "graph", "arcadedb_embedded": "graph", "jpype": "graph"}
CYPHER_STANDS_IN = ("graph/", "cypher/", "planner/", "loaders/batch.py")
CYPHER = re.compile(r"\b(?:MATCH|MERGE|UNWIND)\s+\S")
LONGEST = 400

DEFINED = re.compile(r"^// (?:name: ([\w.]+) |predicate: (\w+)\()", re.MULTILINE)
# The functions that look a definition up by its name.
LOOKUPS = {"named_query", "traversal", "definition", "condition"}


@dataclass(frozen=True)
class Module:
    """One Python file of the package."""

    path: str
    source: str

    @property
    def room(self) -> str:
        """The folder it stands in; empty for a file beside the rooms."""
        return self.path.partition("/")[0] if "/" in self.path else ""

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @property
    def imports(self) -> Iterator[str]:
        """The full dotted names of what it imports."""
        package = [PACKAGE, *self.path.split("/")[:-1]]
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                above = package[: len(package) - node.level + 1] if node.level else []
                base = ".".join([*above, *([node.module] if node.module else [])])
                yield from (f"{base}.{alias.name}" for alias in node.names)

    @property
    def strings(self) -> Iterator[tuple[int, str]]:
        """Its string literals with their lines; no docstrings; `{}` for what an f-string puts in."""
        skipped: set[int] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                skipped.add(id(node.value))
            elif isinstance(node, ast.JoinedStr):
                skipped.update(map(id, node.values))
                parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
                yield node.lineno, "".join(map(str, parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
                yield node.lineno, node.value

    @property
    def lookups(self) -> Iterator[tuple[int, str]]:
        """The names of definitions that it looks up, with their lines."""
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in LOOKUPS and isinstance(node.args[0], ast.Constant):
                yield node.lineno, str(node.args[0].value)


def modules(root: Path = ROOT) -> list[Module]:
    """Every Python file of the package under this root."""
    base = root / PACKAGE
    return [
        Module(file.relative_to(base).as_posix(), file.read_text(encoding="utf-8"))
        for file in sorted(base.rglob("*.py"))
    ]


def reach(room: str) -> set[str]:
    """Every room that this one may import, itself among them."""
    found = {room}
    waiting = [room]
    while waiting:
        fresh = ARROWS.get(waiting.pop(), set()) - found
        found |= fresh
        waiting.extend(fresh)
    return found


def wrong_directions(found: list[Module]) -> list[str]:
    """Imports that go against the arrows, and rooms without a place among them."""
    wrong = [f"{module.path}: no such room" for module in found if module.room not in {"", *ARROWS}]
    for module in found:
        for name in module.imports:
            parts = name.split(".")
            if parts[0] == PACKAGE and len(parts) > 1 and parts[1] in ARROWS and parts[1] not in reach(module.room):
                wrong.append(f"{module.path}: imports {name}")
    return wrong


def wrong_packages(found: list[Module]) -> list[str]:
    """Imports of a package that another room keeps to itself."""
    return [
        f"{module.path}: imports {name}"
        for module in found
        for name in module.imports
        if module.room != KEPT_TO.get(name.partition(".")[0], module.room)
    ]


def stray_cypher(found: list[Module]) -> list[str]:
    """Query text outside the places that may hold it."""
    return [
        f"{module.path}:{line}: {text.strip()[:60]}"
        for module in found
        if not module.path.startswith(CYPHER_STANDS_IN)
        for line, text in module.strings
        if CYPHER.search(text)
    ]


def cypher_files(root: Path = ROOT) -> str:
    """The text of every file of named queries, one after another."""
    files = sorted((root / PACKAGE / "cypher").rglob("*.cypher"))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def unknown_names(found: list[Module], texts: str) -> list[str]:
    """Names that Python looks up and no file defines."""
    defined = {name for pair in DEFINED.findall(texts) for name in pair}
    return [f"{module.path}:{line}: {name}" for module in found for line, name in module.lookups if name not in defined]


def unused_names(found: list[Module], texts: str) -> list[str]:
    """Queries that no Python names, and predicates that neither Python nor a query names."""
    named = {text for module in found for _, text in module.strings}
    bodies = "\n".join(line for line in texts.splitlines() if not line.startswith("//"))
    unused = []
    for query, predicate in DEFINED.findall(texts):
        if query and query not in named:
            unused.append(query)
        if predicate and predicate not in named and not re.search(rf"\b{predicate}\(", bodies):
            unused.append(predicate)
    return unused


def test_imports_point_one_way() -> None:
    """A room imports only what the arrows allow, and every room has its place among them."""
    assert wrong_directions(modules()) == []


def test_the_graph_and_the_vault_know_nothing_of_each_other() -> None:
    """What holds the pseudonyms and what holds the values never meet below the rooms that may use both."""
    assert "vault" not in reach("graph")
    assert "graph" not in reach("vault")


def test_only_the_graph_talks_to_its_engines() -> None:
    """The driver and the embedded engine are imported in one room."""
    assert wrong_packages(modules()) == []


def test_cypher_stands_in_its_places() -> None:
    """No query text hides in other Python code."""
    assert stray_cypher(modules()) == []


def test_every_name_that_is_looked_up_is_defined() -> None:
    """A query, traversal or predicate that Python asks for exists."""
    assert unknown_names(modules(), cypher_files()) == []


def test_every_definition_is_used() -> None:
    """No query, traversal or predicate lies unused in a file."""
    assert unused_names(modules(), cypher_files()) == []


def test_modules_are_short() -> None:
    """A module that grows too long for one noun is to be divided."""
    lengths = {module.path: len(module.source.splitlines()) for module in modules()}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}


def test_every_module_says_what_it_is_for() -> None:
    """A module opens with a docstring, unless it is an empty `__init__.py`."""
    assert [m.path for m in modules() if m.source.strip() and not ast.get_docstring(m.tree)] == []


@pytest.mark.parametrize(
    ("path", "source", "rule"),
    [
        ("graph/person.py", "from renche.vault import keys", wrong_directions),
        ("graph/person.py", "from ..vault import keys", wrong_directions),
        ("vault/store.py", "import renche.graph.ids", wrong_directions),
        ("loaders/person.py", "from renche.resolvers.person import Person", wrong_directions),
        ("resolvers/person.py", "from renche.server.settings import Settings", wrong_directions),
        ("resolvers/person.py", "from renche import demo", wrong_directions),
        ("ingest/load.py", "def late():\n    from renche.demo import run", wrong_directions),
        ("helpers/person.py", "", wrong_directions),
        ("server/app.py", "import neo4j", wrong_packages),
        ("loaders/person.py", "from neo4j.time import Date", wrong_packages),
        ("server/cli.py", "import arcadedb_embedded as engine", wrong_packages),
        ("resolvers/person.py", "TEXT = 'MATCH (person:Person) RETURN person'", stray_cypher),
        ("loaders/person.py", "text = f'MATCH {pattern} RETURN 1'", stray_cypher),
        ("ingest/load.py", "text = '''\nUNWIND $rows AS row\nMERGE (n)'''", stray_cypher),
    ],
)
def test_a_breach_is_noticed(path: str, source: str, rule: object) -> None:
    """Each rule finds a breach of it, written in one of the ways Python allows."""
    assert callable(rule)
    assert len(rule([Module(path, source)])) == 1


@pytest.mark.parametrize(
    ("path", "source", "rule"),
    [
        ("server/app.py", "from renche.vault import keys", wrong_directions),
        ("resolvers/person.py", "from renche.graph.ids import Kind", wrong_directions),
        ("ingest/rows/person.py", "from .row import Row", wrong_directions),
        ("graph/database.py", "import neo4j", wrong_packages),
        ("loaders/batch.py", "text = 'UNWIND $keys AS key'", stray_cypher),
        ("planner/records.py", "head = f'UNWIND {found} AS {name}'", stray_cypher),
        ("server/analyst.py", "WRITES = ('MERGE', 'DELETE')", stray_cypher),
        ("resolvers/person.py", "'''Says MATCH (p) in its docstring.'''", stray_cypher),
    ],
)
def test_what_is_allowed_passes(path: str, source: str, rule: object) -> None:
    """No rule refuses what the layout asks for."""
    assert callable(rule)
    assert rule([Module(path, source)]) == []


def test_unused_and_unknown_names_are_told_apart() -> None:
    """A definition without a user and a use without a definition are both found."""
    texts = (
        "// name: club.by_id (read)\nMATCH (c) WHERE known(c)\n"
        "// name: club.old (write)\nMERGE (c)\n// predicate: known(c)\nc.a\n"
    )
    found = [Module("loaders/club.py", "A = named_query('club.by_id')\nB = traversal('club.members')")]
    assert unused_names(found, texts) == ["club.old"]
    assert unknown_names(found, texts) == ["loaders/club.py:2: club.members"]
