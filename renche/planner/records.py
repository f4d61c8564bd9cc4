"""Fields whose rows are made of several variables, and those that answer with a table."""

from collections.abc import Mapping
from dataclasses import replace

from graphql import GraphQLField, GraphQLObjectType, get_named_type

from renche.graph.listing import place
from renche.planner.bind import way_of
from renche.planner.compile import Block, Compiler, Group, Handler, Scope
from renche.planner.meaning import Column, Records, Table, Variable
from renche.planner.shape import Code, constant, each


def records(
    compiler: Compiler, meaning: Records, field_: GraphQLField, group: Group, scope: Scope, block: Block
) -> Code:
    """The rows and whether they are all; null when the thing they start at is not there."""
    given, prefix, times = compiler.given(group, scope)
    label = meaning.start[1]
    start = compiler.names.fresh(label.lower())
    chosen = way_of(meaning, given)
    way = place(chosen, compiler.names, start, times, prefix)
    outer = Block([f"MATCH ({start}:{label} {{id: ${prefix}start}})"])
    rows = Block([way.text()])
    binds = {old.variable: new for old, new in zip(chosen.binds, way.binds, strict=True)}
    answer = compiler.names.fresh(f"{start}_rows")
    column = outer.column(answer)
    type_ = get_named_type(field_.type)
    assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - what wraps the rows
    limit = f"given[{prefix + 'limit'!r}]"
    parts: list[tuple[str, Code]] = []
    for key, nodes in compiler.outline.fields(type_, group).items():
        name = nodes[0].name.value
        row_type = get_named_type(type_.fields[name].type) if name in type_.fields else None
        if isinstance(row_type, GraphQLObjectType):
            code = compiler.object_(row_type, nodes, Scope(times, binds=binds), rows)
            parts.append((key, _cut(column, limit, code)))
        elif name == "complete":
            parts.append((key, lambda row: f"(len({row}[{column}]) < {limit})"))
        else:
            parts.append((key, constant(type_.name)))
    rows.column("1")  # a row without a selection still counts
    outer.subquery(start, rows.rows(answer))
    whole = each(
        compiler.answer(start, "", outer, block),
        lambda row: "{" + ", ".join(f"{key!r}: {code(row)}" for key, code in parts) + "}",
    )
    return lambda row: f"one({whole(row)})"


def _cut(column: int, limit: str, code: Code) -> Code:
    return lambda row: f"[{code(row + 'r')} for {row}r in {row}[{column}][:{limit} - 1]]"


def variable(
    compiler: Compiler, meaning: Variable, field_: GraphQLField, group: Group, scope: Scope, block: Block
) -> Code:
    """A variable of a row: a value, a thing or a list of things."""
    found = scope.binds[meaning.variable]
    if found.label is None:
        column = block.column(found.variable)
        return lambda row: f"{row}[{column}]"
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


HANDLERS: Mapping[type, Handler] = {Records: records, Variable: variable, Table: table, Column: column}
