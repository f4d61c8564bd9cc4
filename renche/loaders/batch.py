"""Builds the statement that reads one traversal for many keys, and aligns its rows with the keys.

The clauses are those of `graph/listing.py`, which the planner builds with too. One record comes back, a list of
lists, since the driver pays for each record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from renche.graph.clock import Moment
from renche.graph.database import native
from renche.graph.groups import GroupKey, Measure, grouped
from renche.graph.listing import Listing, Names, Times, place
from renche.graph.named_queries import Statement
from renche.graph.page import Page, PageShape
from renche.graph.paths import Ends, path
from renche.graph.reader import Reader
from renche.graph.traversal import Bind, Traversal

_KEPT: Final = 1_000  # statements, of the endless many that filters can make


@dataclass(frozen=True)
class Edge:
    """A relationship as it came from the graph: its type, its properties, the ids of its two ends."""

    type: str
    properties: Mapping[str, Any]
    start: str
    end: str


@dataclass(frozen=True)
class Grouping:
    """What rows are grouped by, what is measured, and how many groups are wanted."""

    keys: tuple[GroupKey, ...]
    measures: tuple[Measure, ...]
    most: int


@dataclass(frozen=True)
class Row:
    """One row: the keys it is sorted by, its id last, the end's properties, the edges that lead there."""

    keys: tuple[Any, ...]
    node: Mapping[str, Any]
    edges: tuple[Edge, ...]


async def read_pages(
    database: Reader, traversal: Traversal, keys: Sequence[str], page: Page, moment: Moment
) -> list[list[Row]]:
    """For each key the page's rows and, where there are more, one row beyond it; in the order of reading."""
    statement = _pages(traversal, page.shape)
    found = dict(native(await database.read_value(statement, _parameters(page, moment) | {"keys": list(keys)})))
    return [[_row(*row) for row in found.get(key, ())] for key in keys]


async def read_root(database: Reader, traversal: Traversal, page: Page, moment: Moment) -> list[Row]:
    """The page's rows of a root list and, where there are more, one row beyond it; in the order of reading."""
    rows = await database.read_value(_root_page(traversal, page.shape), _parameters(page, moment))
    return [_row(*row) for row in native(rows)]


async def count(database: Reader, traversal: Traversal, keys: Sequence[str], page: Page, moment: Moment) -> list[int]:
    """For each key how many rows there are on all pages together."""
    statement = _counts(traversal, page.shape)
    found = dict(await database.read_value(statement, _parameters(page, moment) | {"keys": list(keys)}))
    return [found.get(key, 0) for key in keys]


async def count_root(database: Reader, traversal: Traversal, page: Page, moment: Moment) -> int:
    """How many rows a root list has on all pages together."""
    return int(await database.read_value(_root_count(traversal, page.shape), _parameters(page, moment)))


async def read_groups(
    database: Reader, traversal: Traversal, keys: Sequence[str], page: Page, grouping: Grouping, moment: Moment
) -> list[list[list[Any]]]:
    """For each key the groups of the rows on all pages: [keys, count, figures ...] each."""
    statement = _for_each_key(traversal, "groups", _grouped(traversal, page.shape, grouping))
    parameters = _parameters(page, moment) | {"groups": grouping.most, "keys": list(keys)}
    found = dict(native(await database.read_value(statement, parameters)))
    return [found.get(key, []) for key in keys]


async def read_root_groups(
    database: Reader, traversal: Traversal, page: Page, grouping: Grouping, moment: Moment
) -> list[list[Any]]:
    """The groups of a root list's rows."""
    name = f"{traversal.name}.groups"
    statement = Statement(name, f"// {name}\n{_grouped(traversal, page.shape, grouping)}")
    parameters = _parameters(page, moment) | {"groups": grouping.most}
    found: list[list[Any]] = native(await database.read_value(statement, parameters))
    return found


async def read_values(database: Reader, traversal: Traversal, keys: Sequence[str], moment: Moment) -> list[Any]:
    """For each key the value that a traversal of the form `value:` finds; None where the thing is not there."""
    found = dict(native(await database.read_value(_values(traversal), moment.parameters | {"keys": list(keys)})))
    return [found.get(key) for key in keys]


async def read_records(
    database: Reader, traversal: Traversal, label: str, parameters: Mapping[str, Any], moment: Moment
) -> list[dict[str, Any]] | None:
    """The rows of a traversal of the form `binds:` from the node with the id `$start` and this label.

    Each row has the variables by name: a value, a node as its label and properties, a relationship as `Edge` takes it,
    or a list of nodes' properties; None without the start.
    """
    rows = native(await database.read_value(_records(traversal, label), moment.parameters | dict(parameters)))
    return None if rows is None else _by_name(traversal.binds, rows)


async def read_found(
    database: Reader, traversal: Traversal, parameters: Mapping[str, Any], moment: Moment
) -> list[dict[str, Any]]:
    """The rows of a traversal of the form `binds:` without a start."""
    text = f"// {traversal.name}\n{traversal.pattern}\nRETURN {_shown(traversal.binds)} AS found"
    rows = await database.read_value(Statement(traversal.name, text), moment.parameters | dict(parameters))
    return _by_name(traversal.binds, native(rows))


async def read_path(
    database: Reader, ends: tuple[tuple[str, str], tuple[str, str]], hops: int, moment: Moment
) -> list[dict[str, Any]]:
    """The hops of a shortest path between two things, each given by its label and its id; none without a path."""
    statement, binds = _path(ends[0][0], ends[1][0], hops)
    parameters = moment.parameters | {"from": ends[0][1], "to": ends[1][1]}
    return _by_name(binds, native(await database.read_value(statement, parameters)))


def _by_name(binds: Sequence[Bind], rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip((bind.variable for bind in binds), row, strict=True)) for row in rows]


async def read_table(
    database: Reader, traversal: Traversal, parameters: Mapping[str, Any], moment: Moment
) -> list[list[Any]]:
    """What a traversal of the form `value:` without a start answers with."""
    statement = Statement(traversal.name, f"// {traversal.name}\n{traversal.pattern}")
    found: list[list[Any]] = native(await database.read_value(statement, moment.parameters | dict(parameters)))
    return found


async def read_nodes(database: Reader, label: str, keys: Sequence[str]) -> list[Mapping[str, Any] | None]:
    """The properties of the nodes with these ids, None where there is none."""
    nodes = native(await database.read_value(_nodes(label), {"keys": list(keys)}))
    found = {node["id"]: node for node in nodes}
    return [found.get(key) for key in keys]


def _parameters(page: Page, moment: Moment) -> dict[str, Any]:
    return page.parameters("") | moment.parameters


def _row(keys: list[Any], node: dict[str, Any], edges: list[list[Any]]) -> Row:
    return Row(tuple(keys), node, tuple(Edge(*edge) for edge in edges))


@lru_cache(_KEPT)
def _nodes(label: str) -> Statement:
    name = f"{label.lower()}.by_ids"
    text = f"UNWIND $keys AS key\nMATCH (node:{label} {{id: key}})\nRETURN collect(properties(node)) AS nodes"
    return Statement(name, f"// {name}\n{text}")


@lru_cache(_KEPT)
def _pages(traversal: Traversal, shape: PageShape) -> Statement:
    return _for_each_key(traversal, "page", _page(_listing(traversal, shape)))


@lru_cache(_KEPT)
def _counts(traversal: Traversal, shape: PageShape) -> Statement:
    return _for_each_key(traversal, "count", f"{_listing(traversal, shape).count()} AS count")


@lru_cache(_KEPT)
def _root_page(traversal: Traversal, shape: PageShape) -> Statement:
    return Statement(traversal.name, f"// {traversal.name}\n{_page(_listing(traversal, shape))}")


@lru_cache(_KEPT)
def _root_count(traversal: Traversal, shape: PageShape) -> Statement:
    name = f"{traversal.name}.count"
    return Statement(name, f"// {name}\n{_listing(traversal, shape).count()} AS count")


@lru_cache(_KEPT)
def _values(traversal: Traversal) -> Statement:
    return _for_each_key(traversal, traversal.end.variable, traversal.pattern)


def _records(traversal: Traversal, label: str) -> Statement:
    start = traversal.start
    assert start is not None  # noqa: S101 - such a traversal has one
    indented = "\n".join("  " + line for line in traversal.pattern.splitlines())
    text = (
        f"// {traversal.name}\nMATCH ({start.variable}:{label} {{id: $start}})\n"
        f"CALL ({start.variable}) {{\n{indented}\n  RETURN {_shown(traversal.binds)} AS found\n}}\nRETURN found"
    )
    return Statement(traversal.name, text)


@lru_cache(_KEPT)
def _path(label: str, other: str, hops: int) -> tuple[Statement, tuple[Bind, ...]]:
    text, binds = path(Ends("origin", "goal", (label, other)), hops, Names(), Times())
    head = f"MATCH (origin:{label} {{id: $from}}), (goal:{other} {{id: $to}})"
    named = tuple(replace(bind, variable=name) for name, bind in binds.items())
    found = Statement("path", f"// path\n{head}\n{text}\nRETURN {_shown(tuple(binds.values()))} AS found")
    return found, named


def _shown(binds: Sequence[Bind]) -> str:
    """The rows as a list: nodes with their label, relationships with their ends."""
    shown = []
    for bind in binds:
        name = bind.variable
        if bind.relationship:
            shown.append(f"CASE WHEN {name} IS NULL THEN null ELSE {_edge(name)} END")
        elif bind.many:
            shown.append(f"[each IN {name} | properties(each)]")
        else:
            shown.append(f"[head(labels({name})), properties({name})]" if bind.label else name)
    return f"collect([{', '.join(shown)}])"


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


def _listing(traversal: Traversal, shape: PageShape) -> Listing:
    """The traversal under its own names; its own times are parameters like its parent's."""
    names = Names()
    start = names.fresh(traversal.start.variable) if traversal.start else None
    times = Times()  # the moment is worked out before, whoever states it
    return Listing(place(traversal, names, start, times), shape, names, times)


def _grouped(traversal: Traversal, shape: PageShape, grouping: Grouping) -> str:
    listing = _listing(traversal, shape)
    return grouped(listing, grouping.keys, grouping.measures, limit="groups", answer="groups")


def _page(listing: Listing) -> str:
    """The clauses that end in `RETURN ... AS page`: [keys, properties, edges] for each row."""
    edge = listing.way.edge
    page = listing.page()
    keys = ", ".join([*listing.sorts, listing.key])
    edges = "[]"
    if edge and listing.way.gathers:
        edges = f"[{edge} IN {listing.edges} | {_edge(edge)}]"
    elif edge:
        edges = f"[{_edge(edge)}]"
    return f"{page}\nRETURN collect([[{keys}], properties({listing.end}), {edges}]) AS page"


def _edge(edge: str) -> str:
    return f"[type({edge}), properties({edge}), startNode({edge}).id, endNode({edge}).id]"
