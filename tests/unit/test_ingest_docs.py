"""docs/ingest.md describes every kind and column as the models define them, and its examples load."""

import csv
import re
from datetime import date
from pathlib import Path

import pytest

from renche.ingest.checks import Checks
from renche.ingest.rows import KINDS, Row, parse

DOCS = Path(__file__).parents[2] / "docs" / "ingest.md"


def column_table(kind: str) -> str:
    """The table of a kind's columns, as the documentation has it."""
    lines = ["| column | | holds |", "|---|---|---|"]
    for name, column in KINDS[kind].model_fields.items():
        note = "**required**" if column.is_required() else f"`{column.default.lower()}`" if column.default else ""
        if name == "currency":
            note = f"`{column.default}`"
        lines.append(f"| `{name}` | {note} | {column.description} |")
    return "\n".join(lines)


def _section(kind: str) -> str:
    text = DOCS.read_text(encoding="utf-8")
    found = re.search(rf"^### {kind}\n(.*?)(?=^##)", text, re.MULTILINE | re.DOTALL)
    assert found, f"docs/ingest.md has no section on {kind}"
    return found[1]


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_is_documented(kind: str) -> None:
    """The section of each kind has its summary and a table of its columns, word for word as in the models."""
    section = _section(kind)
    assert KINDS[kind].SUMMARY in section
    for line in column_table(kind).splitlines():
        assert line in section.splitlines()
    assert section.count("\n| `") == len(KINDS[kind].model_fields)


@pytest.mark.parametrize("kind", KINDS)
def test_every_example_loads(kind: str) -> None:
    """The example of each kind holds rows that pass the checks."""
    example = re.search(r"```csv\n(.*?)```", _section(kind), re.DOTALL)
    assert example
    rows = list(csv.DictReader(example[1].splitlines()))
    assert rows
    for row in rows:
        assert isinstance(parse(kind, row, Checks.build(date(2024, 6, 1))), Row)
