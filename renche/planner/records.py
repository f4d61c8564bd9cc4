"""Fields whose rows are made of several variables, and those that answer with a table."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from graphql import GraphQLField, GraphQLObjectType, get_named_type

from renche.graph.listing import place
from renche.graph.paths import Ends, path
from renche.planner.bind import way_of
from renche.planner.compile import Block, Compiler, Group, Handler, Scope
from renche.planner.meaning import Column, Path, Records, Search, Table, Variable
from renche.planner.shape import Code, each, formed


def records(
    compiler: Compiler, meaning: Records, field_: GraphQLField, group: Group, scope: Scope, block: Block
) -> Code:
    """The rows and whether they are all; null when the thing they start at is not there."""
    given, prefix, times = compiler.given(group, scope)
    chosen = way_of(meaning, given)
    start, outer = scope.node, block
    if meaning.start is not None:
        label = meaning.start[1]
        start = compiler.names.fresh(label.lower())
        outer = Block([f"MATCH ({start}:{label} {{id: ${prefix}start}})"])
    way = place(chosen, compiler.names, start, times, prefix)
    binds = {old.variable: new for old, new in zip(chosen.binds, way.binds, strict=True)}
    rows = Block([way.text()])
    code = _wrapper(compiler, field_, group, Scope(times, binds=binds), rows, f"given[{prefix + 'limit'!r}]")
    column = compiler.answer(start, start, rows, outer)
    if meaning.start is None:
        return lambda row: code(f"{row}[{column}]", row)
    whole = each(compiler.answer(start, "", outer, block), lambda row: code(f"{row}[{column}]", row))
    return lambda row: f"one({whole(row)})"


def search(compiler: Compiler, meaning: Search, field_: GraphQLField, group: Group, scope: Scope, block: Block) -> Code:
    """The rows that a text leads to, and whether they are all."""
    _, prefix, times = compiler.given(group, scope)
    way = place(meaning.traversal, compiler.names, None, times, prefix)
    binds = {old.variable: new for old, new in zip(meaning.traversal.binds, way.binds, strict=True)}
    rows = Block([way.text()])
    code = _wrapper(compiler, field_, group, Scope(times, binds=binds), rows, f"given[{prefix + 'limit'!r}]")
    column = compiler.answer("search", "", rows, block)
    return lambda row: code(f"{row}[{column}]", row)


def path_(compiler: Compiler, _: Path, field_: GraphQLField, group: Group, scope: Scope, block: Block) -> Code:
    """The hops of a shortest path; null when there is none."""
    given, prefix, times = compiler.given(group, scope)
    origin, goal = compiler.names.fresh("origin"), compiler.names.fresh("goal")
    ends = [
        f"({name}:{label} {{id: ${prefix}{end}}})"
        for name, label, end in zip((origin, goal), given.labels, ("from", "to"), strict=True)
    ]
    text, binds = path(Ends(origin, goal, (given.labels[0], given.labels[1])), given.text[0], compiler.names, times)
    rows = Block([f"MATCH {ends[0]}, {ends[1]}\n{text}"])
    code = _wrapper(compiler, field_, group, Scope(times, binds=binds), rows, None)
    column = compiler.answer("path", "", rows, block)
    return lambda row: f"({code(f'{row}[{column}]', row)} if {row}[{column}] else None)"


def _wrapper(
    compiler: Compiler, field_: GraphQLField, group: Group, scope: Scope, rows: Block, limit: str | None
) -> Callable[[str, str], str]:
    """The code of the object around the rows: given the text of the rows and of the variable they stand in."""
    type_ = get_named_type(field_.type)
    assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - what wraps the rows
    cut = f"[:{limit} - 1]" if limit else ""
    parts: list[tuple[str, Callable[[str, str], str]]] = []
    for key, nodes in compiler.outline.fields(type_, group).items():
        name = nodes[0].name.value
        row_type = get_named_type(type_.fields[name].type) if name in type_.fields else None
        if isinstance(row_type, GraphQLObjectType):
            parts.append((key, _list(compiler.object_(row_type, nodes, scope, rows), cut)))
        elif name == "__typename":
            parts.append((key, lambda _all, _row: repr(type_.name)))
        elif name == "complete":
            parts.append((key, lambda all_, _: f"(len({all_}) < {limit})"))
        else:
            parts.append((key, lambda all_, _: f"len({all_})"))
    rows.column("1")  # a row without a selection still counts
    return lambda all_, row: "{" + ", ".join(f"{key!r}: {code(all_, row)}" for key, code in parts) + "}"


def _list(code: Code, cut: str) -> Callable[[str, str], str]:
    return lambda all_, row: f"[{code(row + 'r')} for {row}r in {all_}{cut}]"


def variable(
    compiler: Compiler, meaning: Variable, field_: GraphQLField, group: Group, scope: Scope, block: Block
) -> Code:
    """A variable of a row: a value, a thing or a list of things."""
    found = scope.binds[meaning.variable]
    if found.relationship:
        return compiler.role(field_, group, Scope(scope.times, "", found.variable), block)
    if found.label is None:
        return formed(meaning.form, block.column(found.variable), required=False)
    if found.label == "*":
        return compiler.any_thing(field_, group, scope, block, found.variable)
    name = compiler.names.fresh(found.label.lower())
    inner = replace(scope, node=name)
    head = f"{'UNWIND' if found.many else 'WITH'} {found.variable} AS {name}"
    give = compiler.things if found.many else compiler.thing
    return give(field_, group, inner, block, found.variable, head)


def table(compiler: Compiler, meaning: Table, field_: GraphQLField, group: Group, scope: Scope, block: Block) -> Code:
    """A list that a whole statement answers with."""
    _, prefix, times = compiler.given(group, scope)
    way = place(meaning.traversal, compiler.names, None, times, prefix)
    block.subquery("", way.text())
    type_ = get_named_type(field_.type)
    assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - a row of the table
    code = compiler.object_(type_, group, Scope(times), Block())
    return each(block.column(way.end.variable), code)


def column(_: Compiler, meaning: Column, *__: object) -> Code:
    """A column of a table's row."""
    return lambda row: f"{row}[{meaning.place}]"


HANDLERS: Mapping[type, Handler] = {
    Records: records,
    Path: path_,
    Search: search,
    Variable: variable,
    Table: table,
    Column: column,
}
