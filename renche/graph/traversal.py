"""A traversal: a named pattern with its start, its end and its edge, defined once in `renche/cypher/`.

    // name: person.purchases (read) scope: vehicles:read
    // Vehicles this person bought, each with the purchase.
    // from: (person:Person)  to: (vehicle:Vehicle)  edge: purchase
    MATCH (person)-[purchase:PURCHASED]->(vehicle:Vehicle)

Header lines of a traversal:

- `from`: the node it starts at; none for a root list.
- `to`: the node it leads to.
- `edge`: the relationship between them: one row for each, valid at the moment asked, in the order of its id.
- `edges`: the same, but gathered: one row for each node, with all its edges in a list.
- `one: yes`: it leads to one node at most.
- `filters`: properties of the end that a root list may be narrowed by.
- `order`: what rows are sorted by, before the id; without it the id alone.

The text is clauses that bind those names, and may end in a `WHERE` at the start of a line. What a reader
needs around it (keys, time, filter, order, page) is added by the loaders and by the planner, so nothing of
it is written here.
"""

import re
from dataclasses import dataclass
from functools import cache

from renche.graph.named_queries import Definition, QueryFileError, definition

_NODE = re.compile(r"^\((\w+):(\w+)\)$")


@dataclass(frozen=True)
class Node:
    """A node of a pattern: its variable and its label."""

    variable: str
    label: str


@dataclass(frozen=True)
class Traversal:
    """A named pattern, taken apart so that others can build a statement around it."""

    name: str
    sentence: str
    scope: str | None
    start: Node | None
    end: Node
    edge: str | None
    gathers: bool
    one: bool
    filters: tuple[str, ...]
    order: str | None
    pattern: str
    condition: str | None

    @property
    def key(self) -> str:
        """What identifies a row: the edge's id where a row is an edge, otherwise the end's."""
        return f"{self.edge if self.edge and not self.gathers else self.end.variable}.id"

    def text(self, *conditions: str) -> str:
        """The pattern and its own condition, with further conditions that rows must meet."""
        every = [condition for condition in (self.condition, *conditions) if condition]
        where = "\nWHERE " + "\n  AND ".join(f"({condition})" for condition in every) if every else ""
        return self.pattern + where


@cache
def traversal(name: str) -> Traversal:
    """The traversal with this name; raises QueryFileError when no file defines it, or not as a traversal."""
    return _read(definition(name))


def _read(found: Definition) -> Traversal:
    attributes = found.attributes
    if "to" not in attributes:
        raise QueryFileError(f"{found.name!r} is no traversal: it has no 'to:' line.")
    pattern, where, condition = _last_where(found.text)
    return Traversal(
        name=found.name,
        sentence=found.sentence,
        scope=found.scope,
        start=_node(attributes["from"]) if "from" in attributes else None,
        end=_node(attributes["to"]),
        edge=attributes.get("edge") or attributes.get("edges"),
        gathers="edges" in attributes,
        one=attributes.get("one") == "yes",
        filters=tuple(re.findall(r"\w+", attributes.get("filters", ""))),
        order=attributes.get("order"),
        pattern=pattern.strip(),
        condition=condition.strip() if where else None,
    )


def _last_where(text: str) -> tuple[str, str, str]:
    """Splits at the last WHERE that stands at the start of a line, when only its condition follows."""
    before, where, after = text.rpartition("\nWHERE ")
    if not where or re.search(r"^(OPTIONAL )?MATCH |^CALL |^WITH ", after, re.MULTILINE):
        return text, "", ""
    return before, where, after


def _node(written: str) -> Node:
    match = _NODE.match(written.strip())
    if match is None:
        raise QueryFileError(f"{written!r} is no node of the form (name:Label).")
    return Node(match[1], match[2])
