"""What the database did for a statement: its plan, the rows and what they cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Operator:
    """A step of a plan: its name, and how many rows it gave, None where the engine does not count."""

    name: str
    rows: int | None


@dataclass(frozen=True)
class Profile:
    """A statement's plan as it ran.

    `text`: the database's own drawing of it. `operators`: its steps, the last one first. `rows`: how many rows came
    back. `db_hits`: how often the store was touched, None where the engine does not count.
    """

    text: str
    operators: tuple[Operator, ...]
    rows: int
    db_hits: int | None


def read_profile(found: Mapping[str, Any], rows: int) -> Profile:
    """The profile in a summary of the driver."""
    operators = tuple(_operators(found))
    # The embedded engine says what it did as text only, and counts no hits.
    counted = any("@" in each.name or each.name == "ProduceResults" for each in operators)
    return Profile(found["args"]["string-representation"], operators, rows, _hits(found) if counted else None)


def _operators(found: Mapping[str, Any]) -> list[Operator]:
    below = [each for child in found.get("children", ()) for each in _operators(child)]
    return [Operator(str(found["operatorType"]), found.get("rows")), *below]


def _hits(found: Mapping[str, Any]) -> int:
    return int(found.get("dbHits", 0)) + sum(_hits(child) for child in found.get("children", ()))
