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
- `indexed`: properties of the end with an index together with its id, so that a page of those that have one value is
  read in order. Every property can be filtered by without it.
- `order`: what rows are sorted by, before the id; without it the id alone.
- `value`: in the place of `to`: it leads to no node, but to one value, which its text returns.
- `binds`: in the place of `to`: each row is made of several variables that its text binds in the order of the list,
  at most `$limit` of them: `depth` a plain value, `(person:Person)` a node, `(thing:*)` one with any label,
  `[path:Person]` a list of nodes, `[role]` a relationship.

The text is clauses that bind those names, and may end in a `WHERE` at the start of a line. What a reader
needs around it (keys, time, filter, order, page) is added by the loaders and by the planner, so nothing of
it is written here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from renche.graph.named_queries import Definition, QueryFileError, definition, renaming

_NODE = re.compile(r"^\((\w+):(\w+)\)$")
# What stands in a pattern or a list, `(person:Person`, `[made:MADE`, `[r IN`, or gets its name by AS.
_VARIABLE = re.compile(r"[(\[]([a-z]\w*)(?=[:)\]\s])|\bAS ([a-z]\w*)")
_PARAMETER = re.compile(r"\$([a-zA-Z]\w*)")


@dataclass(frozen=True)
class Node:
    """A node of a pattern: its variable and its label."""

    variable: str
    label: str


@dataclass(frozen=True)
class Bind:
    """A variable of a row: a value, with a label a node (`*`: any), with `many` a list of nodes, or a relationship."""

    variable: str
    label: str | None = None
    many: bool = False
    relationship: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Traversal:
    """A named pattern, taken apart so that others can build a statement around it; there is one of each name."""

    name: str
    sentence: str
    scope: str | None
    start: Node | None
    end: Node
    edge: str | None
    gathers: bool
    one: bool
    indexed: tuple[str, ...]
    order: str | None
    pattern: str
    condition: str | None
    binds: tuple[Bind, ...] = ()

    def __repr__(self) -> str:
        return self.name

    @property
    def row(self) -> str:
        """The variable that tells rows apart: the edge where a row is an edge, otherwise the end."""
        return self.edge if self.edge and not self.gathers else self.end.variable

    @property
    def relationships(self) -> tuple[str, ...]:
        """The types its edge may have; none when it has no edge."""
        found = re.search(rf"\[{self.edge}:([A-Z_|]+)", self.pattern) if self.edge else None
        return tuple(found[1].split("|")) if found else ()

    @property
    def states_time(self) -> bool:
        """Whether its own text says when its edges must hold, as that of who owns a vehicle does."""
        return "validFrom" in f"{self.pattern}{self.condition or ''}"

    @property
    def variables(self) -> tuple[str, ...]:
        """Every variable that its text binds, its start among them."""
        bound = variables_of(f"{self.pattern}\n{self.condition or ''}")
        return tuple(sorted({*bound, *([self.start.variable] if self.start else [])}))

    @property
    def parameters(self) -> frozenset[str]:
        """The names of its own parameters, those of the moment left out."""
        found = _PARAMETER.findall(f"{self.pattern} {self.condition or ''}")
        return frozenset(found) - {"asOf", "asKnownAt"}

    def text(self, *conditions: str) -> str:
        """The pattern and its own condition, with further conditions that rows must meet."""
        own = [self.condition] if self.condition else []
        every = [f"({each})" if " OR " in each and each[0] != "(" else each for each in (*own, *conditions)]
        where = "\nWHERE " + "\n  AND ".join(every) if every else ""
        return self.pattern + where

    def repeated(self, times: int) -> "Traversal":
        """The same with a pattern that may repeat up to six times, `{1,6}`, held to fewer."""
        return replace(self, pattern=self.pattern.replace("{1,6}", f"{{1,{times}}}"))

    def renamed(self, names: Mapping[str, str], parameters: Mapping[str, str]) -> "Traversal":
        """The same pattern with other names for its variables and parameters."""

        def rename(text: str) -> str:
            return with_names(text, names, parameters)

        return replace(
            self,
            start=Node(names[self.start.variable], self.start.label) if self.start else None,
            end=Node(names.get(self.end.variable, self.end.variable), self.end.label),
            edge=names[self.edge] if self.edge else None,
            order=rename(self.order) if self.order else None,
            pattern=rename(self.pattern),
            condition=rename(self.condition) if self.condition else None,
            binds=tuple(replace(each, variable=names[each.variable]) for each in self.binds),
        )


@cache
def traversal(name: str) -> Traversal:
    """The traversal with this name; raises QueryFileError when no file defines it, or not as a traversal."""
    return _read(definition(name))


def _read(found: Definition) -> Traversal:
    attributes = found.attributes
    if not attributes.keys() & {"to", "value", "binds"}:
        raise QueryFileError(f"{found.name!r} is no traversal: it has no line 'to:', 'value:' or 'binds:'.")
    whole = "to" not in attributes
    text = re.sub(r"\s*//.*$", "", found.text, flags=re.MULTILINE)
    pattern, where, condition = (text, "", "") if whole else _last_where(text)
    return Traversal(
        name=found.name,
        sentence=found.sentence,
        scope=found.scope,
        start=_node(attributes["from"]) if "from" in attributes else None,
        end=Node(attributes.get("value", ""), "") if whole else _node(attributes["to"]),
        edge=attributes.get("edge") or attributes.get("edges"),
        gathers="edges" in attributes,
        one=attributes.get("one") == "yes",
        indexed=tuple(re.findall(r"\w+", attributes.get("indexed", ""))),
        order=attributes.get("order"),
        pattern=pattern.strip(),
        condition=condition.strip() if where else None,
        binds=_binds(attributes.get("binds", "")),
    )


def _binds(written: str) -> tuple[Bind, ...]:
    found = re.findall(r"([(\[]?)(\w+)(?::(\w+|\*))?[)\]]?", written)
    return tuple(
        Bind(name, label or None, opening == "[" and label != "", opening == "[" and label == "")
        for opening, name, label in found
    )


def _last_where(text: str) -> tuple[str, str, str]:
    """Splits at the last WHERE that stands at the start of a line, when only its condition follows."""
    before, where, after = text.rpartition("\nWHERE ")
    if not where or re.search(r"^(OPTIONAL )?MATCH |^CALL |^WITH ", after, re.MULTILINE):
        return text, "", ""
    return before, where, after


def variables_of(text: str) -> tuple[str, ...]:
    """The variables that a text of ours binds in patterns, lists and aliases, in the order of the alphabet."""
    return tuple(sorted({one or other for one, other in _VARIABLE.findall(text)} - {"true", "false", "null"}))


def with_names(text: str, names: Mapping[str, str], parameters: Mapping[str, str]) -> str:
    """The text with other names for variables and parameters; what is not named stays."""
    if names:
        text = renaming(tuple(names)).sub(lambda match: names[match[1]] if match[1] else match[0], text)
    return _PARAMETER.sub(lambda match: "$" + parameters.get(match[1], match[1]), text)


def _node(written: str) -> Node:
    match = _NODE.match(written.strip())
    if match is None:
        raise QueryFileError(f"{written!r} is no node of the form (name:Label).")
    return Node(match[1], match[2])
