"""Saved queries: how their files are read, and what every shipped one must keep to."""

from datetime import date
from typing import Any

import pytest

from renche.graph.errors import InvalidArgument
from renche.graph.gate import examine
from renche.graph.named_queries import QueryFileError
from renche.graph.saved_queries import SavedQuery, read_saved, saved_queries, saved_query

TODAY = date(2026, 11, 1)
SOURCE = """\
// saved: one
// What it answers.
// parameters: city: text, day: day = "today", most: number = 10
RETURN $city AS city, $day AS day, $most AS most

// saved: two
// Another.
RETURN 1 AS one
"""


def test_a_file_is_read() -> None:
    """Name, sentence, parameters and text come from their places."""
    one, two = read_saved(SOURCE)
    assert (one.name, one.sentence, one.text) == (
        "one",
        "What it answers.",
        "RETURN $city AS city, $day AS day, $most AS most",
    )
    assert [(each.name, each.kind, each.default) for each in one.parameters] == [
        ("city", "text", None),
        ("day", "day", '"today"'),
        ("most", "number", "10"),
    ]
    assert (two.parameters, two.text) == ((), "RETURN 1 AS one")


@pytest.mark.parametrize(
    "source", ["// saved: One\n// X.\nRETURN 1", "// saved: a\n// X.\n// parameters: a: sort\nRETURN 1"]
)
def test_a_malformed_header_is_refused(source: str) -> None:
    """A mistake in a file of ours shows at once."""
    with pytest.raises(QueryFileError):
        read_saved(source)


def test_values_are_completed_and_checked() -> None:
    """Defaults stand in, `today` is the clock's day."""
    assert read_saved(SOURCE)[0].values({"city": "310000"}, TODAY) == {
        "city": "310000",
        "day": "2026-11-01",
        "most": 10,
    }


@pytest.mark.parametrize(
    "given", [{}, {"city": 1}, {"city": "x", "day": "soon"}, {"city": "x", "most": True}, {"city": "x", "other": 1}]
)
def test_wrong_values_are_refused(given: dict[str, Any]) -> None:
    """A missing, wrong or unknown parameter is named."""
    with pytest.raises(InvalidArgument):
        read_saved(SOURCE)[0].values(given, TODAY)


@pytest.mark.parametrize("query", saved_queries().values(), ids=lambda query: query.name)
def test_every_shipped_query_passes_the_gate(query: SavedQuery) -> None:
    """Its parameters are those of its header."""
    assert query.sentence.endswith(".")
    assert examine(query.text).parameters.keys() == {each.name for each in query.parameters}


def test_an_unknown_name_is_refused() -> None:
    """The names that there are come with the refusal."""
    with pytest.raises(InvalidArgument, match="fleet_by_age"):
        saved_query("nothing")
