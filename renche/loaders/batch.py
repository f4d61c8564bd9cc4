"""Builds the statement that reads one traversal for many keys, and aligns its rows with the keys.

Text is composed of named pieces only, never of input; every value is a parameter. One record comes back,
a list of lists, since the driver pays for each record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from renche.graph.database import Database, native
from renche.graph.named_queries import Statement, condition
from renche.graph.page import Page
from renche.graph.traversal import Traversal


@dataclass(frozen=True)
class Edge:
    """A relationship as it came from the graph: its type, its properties, the ids of its two ends."""

    type: str
    properties: Mapping[str, Any]
    start: str
    end: str


@dataclass(frozen=True)
class Row:
    """One row of a traversal: the id it is sorted by, the end's properties, the edges that lead there."""

    id: str
    node: Mapping[str, Any]
    edges: tuple[Edge, ...]


async def read_pages(database: Database, traversal: Traversal, keys: Sequence[str], page: Page) -> list[list[Row]]:
    """For each key the page's rows and, where there are more, one row beyond it."""
    statement = _pages(traversal, page.after is not None)
    found = dict(native(await database.read_value(statement, _parameters(page) | {"keys": list(keys)})))
    return [[_row(*row) for row in found.get(key, ())] for key in keys]


async def read_root(database: Database, traversal: Traversal, page: Page, arguments: Mapping[str, Any]) -> list[Row]:
    """The page's rows of a root list and, where there are more, one row beyond it."""
    statement = _root_page(traversal, page.after is not None, tuple(name for name, _ in page.filters))
    rows = await database.read_value(statement, _parameters(page) | dict(arguments))
    return [_row(*row) for row in native(rows)]


async def count(database: Database, traversal: Traversal, keys: Sequence[str], page: Page) -> list[int]:
    """For each key how many rows there are on all pages together."""
    counted = await database.read_value(_counts(traversal), _parameters(page) | {"keys": list(keys)})
    found = dict(counted)
    return [found.get(key, 0) for key in keys]


async def count_root(database: Database, traversal: Traversal, page: Page, arguments: Mapping[str, Any]) -> int:
    """How many rows a root list has on all pages together."""
    statement = _root_count(traversal, tuple(name for name, _ in page.filters))
    return int(await database.read_value(statement, _parameters(page) | dict(arguments)))


async def read_nodes(database: Database, label: str, keys: Sequence[str]) -> list[Mapping[str, Any] | None]:
    """The properties of the nodes with these ids, None where there is none."""
    nodes = native(await database.read_value(_nodes(label), {"keys": list(keys)}))
    found = {node["id"]: node for node in nodes}
    return [found.get(key) for key in keys]


@cache
def repeated(statement: Statement, times: int) -> Statement:
    """A statement whose pattern may repeat up to six times, `{1,6}`, held to fewer."""
    return Statement(f"{statement.name}.{times}", statement.text.replace("{1,6}", f"{{1,{times}}}"))


def _parameters(page: Page) -> dict[str, Any]:
    return {
        "asOf": page.moment.as_of,
        "asKnownAt": page.moment.as_known_at,
        "limit": page.first + 1,
        "after": page.after,
        **dict(page.filters),
    }


def _row(id_: str, node: dict[str, Any], edges: list[list[Any]]) -> Row:
    return Row(id_, node, tuple(Edge(*edge) for edge in edges))


@cache
def _nodes(label: str) -> Statement:
    name = f"{label.lower()}.by_ids"
    text = f"UNWIND $keys AS key\nMATCH (node:{label} {{id: key}})\nRETURN collect(properties(node)) AS nodes"
    return Statement(name, f"// {name}\n{text}")


@cache
def _pages(traversal: Traversal, after: bool) -> Statement:
    return _for_each_key(traversal, "page", _page(traversal, after, ()))


@cache
def _counts(traversal: Traversal) -> Statement:
    return _for_each_key(traversal, "count", _count(traversal, ()))


@cache
def _root_page(traversal: Traversal, after: bool, filters: tuple[str, ...]) -> Statement:
    return Statement(traversal.name, f"// {traversal.name}\n{_page(traversal, after, filters)}")


@cache
def _root_count(traversal: Traversal, filters: tuple[str, ...]) -> Statement:
    name = f"{traversal.name}.count"
    return Statement(name, f"// {name}\n{_count(traversal, filters)}")


def _for_each_key(traversal: Traversal, answer: str, inner: str) -> Statement:
    start = traversal.start
    assert start is not None, f"{traversal.name} is a root list"  # noqa: S101  a bug of ours, not input
    name = f"{traversal.name}.by_{start.variable}.{answer}"
    indented = "\n".join("  " + line for line in inner.splitlines())
    text = (
        f"// {name}\nUNWIND $keys AS key\nMATCH ({start.variable}:{start.label} {{id: key}})\n"
        f"CALL ({start.variable}) {{\n{indented}\n}}\nRETURN collect([key, {answer}]) AS answers"
    )
    return Statement(name, text)


def _page(traversal: Traversal, after: bool, filters: tuple[str, ...]) -> str:
    """The clauses that end in `RETURN ... AS page`: [id, properties, edges] for each row."""
    end, edge = traversal.end.variable, traversal.edge
    beyond = f"{traversal.key} > $after" if after else None
    # An equality in front of the order lets the database take the order from a composite index.
    constant = [f"{end}.{name}" for name in filters[:1]]
    order = ", ".join([*constant, *([traversal.order] if traversal.order else []), traversal.key])
    tuple_ = f"[type({edge}), properties({edge}), startNode({edge}).id, endNode({edge}).id]"
    if traversal.gathers:
        where = f" WHERE {beyond}" if beyond else ""
        return (
            f"{_matched(traversal, filters)}\n"
            f"WITH {end}, {edge} ORDER BY {edge}.id\n"
            f"WITH {end}, collect(CASE WHEN {edge} IS NULL THEN null ELSE {tuple_} END) AS edges{where}\n"
            f"ORDER BY {order} LIMIT $limit\n"
            f"RETURN collect([{traversal.key}, properties({end}), edges]) AS page"
        )
    bound = f"{end}, {edge}" if edge else end
    edges = f"[{tuple_}]" if edge else "[]"
    return (
        f"{_matched(traversal, filters, beyond)}\n"
        f"WITH {bound} ORDER BY {order} LIMIT $limit\n"
        f"RETURN collect([{traversal.key}, properties({end}), {edges}]) AS page"
    )


def _count(traversal: Traversal, filters: tuple[str, ...]) -> str:
    rows = f"DISTINCT {traversal.end.variable}" if traversal.gathers else "*"
    return f"{_matched(traversal, filters)}\nRETURN count({rows}) AS count"


def _matched(traversal: Traversal, filters: tuple[str, ...], beyond: str | None = None) -> str:
    """The pattern with the time of its edge, the filters, and where the page begins."""
    conditions = [f"{traversal.end.variable}.{name} = ${name}" for name in filters]
    if traversal.edge:
        conditions.append(condition("valid", traversal.edge))
    if beyond:
        conditions.append(beyond)
    return traversal.text(*conditions)
