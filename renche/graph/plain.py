"""A value of the database as what JSON can say; our own forms, the same from both engines."""

from datetime import date, datetime, time, timedelta
from typing import Any

from neo4j.graph import Node, Path, Relationship
from neo4j.spatial import Point
from neo4j.time import Date, DateTime, Duration, Time

LARGEST = 2**53
"""Whole numbers from here on become text: JSON's readers would round them."""


def plain(value: Any) -> Any:
    """The value in JSON's types: times as ISO 8601, nodes and relationships as objects, ids of the engine left out."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if -LARGEST < value < LARGEST else str(value)
    if isinstance(value, float):
        # JSON has no NaN and no infinity.
        return value if value - value == 0 else str(value)
    if isinstance(value, list | tuple) and not isinstance(value, Point | Duration):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Node):
        return {"labels": sorted(value.labels), "properties": plain(dict(value.items()))}
    if isinstance(value, Relationship):
        return {"type": value.type, "properties": plain(dict(value.items()))}
    if isinstance(value, Path):
        return {"nodes": plain(list(value.nodes)), "relationships": plain(list(value.relationships))}
    if isinstance(value, Date | DateTime | Time | Duration):
        return value.iso_format()
    if isinstance(value, Point):
        return {"srid": value.srid, "coordinates": [plain(each) for each in value]}
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex()
    return str(value)
