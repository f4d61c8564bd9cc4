"""The documents say what is: their links lead somewhere and their questions are valid."""

import re
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from renche.graph.migrate import expected_indexes
from renche.resolvers.schema import build_schema as build

ROOT = Path(__file__).parents[2]
FIRST = [ROOT / "README.md", ROOT / "SECURITY.md"]
DOCUMENTS = [*FIRST, *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files(document: Path) -> None:
    """A relative link in a document names a file or folder of the repository."""
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_graphql_in_documents_is_valid(document: Path) -> None:
    """Each GraphQL document that a reader may copy is valid against the schema."""
    schema = build_schema(build().as_str())
    for text in re.findall(r"```graphql\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL):
        assert validate(schema, parse(text)) == []


@pytest.mark.parametrize("file", sorted((ROOT / "examples" / "queries").glob("*.graphql")), ids=lambda path: path.stem)
def test_example_documents_are_valid(file: Path) -> None:
    """Each example document is valid, and begins with a sentence that says what it asks."""
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert validate(build_schema(build().as_str()), parse(text)) == []


def test_every_label_and_relationship_is_on_the_analysts_map() -> None:
    """docs/graph.md names whatever the migrations give an index."""
    text = (ROOT / "docs" / "graph.md").read_text(encoding="utf-8")
    missing = {index.target for index in expected_indexes() if index.target not in text}
    assert missing == set()
