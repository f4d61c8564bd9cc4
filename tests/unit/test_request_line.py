"""The rows that a line of the log tells."""

from typing import Any

import orjson
import pytest

from renche.server.request_line import rows_of


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        ({"a": None}, 0),
        ({"a": {"b": {"c": 1}}, "d": {"e": 2}}, 0),
        ({"a": [], "b": [1, 2], "c": ["x"]}, 0),
        ({"people": {"nodes": [{"id": "1"}, {"id": "2"}]}}, 2),
        ({"people": {"nodes": [{"clubs": {"nodes": [{"n": 1}, {"n": 2}]}}, {"clubs": {"nodes": []}}]}}, 4),
        ({"a": [None, {"b": [1, {"c": 1}]}]}, 2),
    ],
)
def test_rows_are_the_objects_in_lists(data: dict[str, Any], rows: int) -> None:
    """Whatever stands in a list, at any depth, counts one; what stands under a name counts nothing."""
    assert rows_of(orjson.dumps({"data": data})) == rows
