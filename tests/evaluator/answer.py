"""An operation's answer: selections merged, each field worked out, in the order of the document."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    build_schema,
    get_argument_values,
    get_directive_values,
    get_named_type,
    get_variable_values,
    is_list_type,
    specified_directives,
)
from graphql.execution.values import VariableValues

from tests.evaluator import show
from tests.evaluator.conditions import Conditions
from tests.evaluator.facts import within
from tests.evaluator.graph import Graph, Link, Thing, When
from tests.evaluator.groups import Group as Grouped
from tests.evaluator.groups import Groups
from tests.evaluator.lists import Cursor, Page, page_of
from tests.evaluator.rows import EACH, LEADS, ONE, ROOTS, Row, root_rows, rows_of
from tests.evaluator.search import search
from tests.evaluator.special import IDS, chain, funnel
from tests.evaluator.stories import path, timeline
from tests.evaluator.values import amount_of, money, shown, type_name, value_of

Group: TypeAlias = list[FieldNode]
_SKIP, _INCLUDE = (next(each for each in specified_directives if each.name == name) for name in ("skip", "include"))


def sdl_schema() -> GraphQLSchema:
    """The questions about the graph by the schema's text alone; days and instants of arguments become Python's own."""
    text = (Path(__file__).parents[2] / "schema.graphql").read_text(encoding="utf-8")
    schema = build_schema(text)
    assert schema.query_type is not None
    for name in ("token", "tokens", "consents"):  # what is said and kept beside the graph's things
        del schema.query_type.fields[name]
    for name, parse in (("Date", date.fromisoformat), ("DateTime", _instant)):
        scalar: Any = schema.type_map[name]
        scalar.coerce_input_value = scalar.parse_value = parse
        scalar.coerce_input_literal = lambda node, parse=parse: parse(node.value)
        scalar.parse_literal = lambda node, _=None, parse=parse: parse(node.value)
    return schema


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Evaluator:
    """Answers the query operations of documents on one graph.

    `present`: the moment of a question that states none. `opened`: what a cursor holds.
    """

    def __init__(self, schema: GraphQLSchema, graph: Graph, present: When, opened: Callable[[str], Cursor]) -> None:
        self.schema = schema
        self.graph = graph
        self.present = present
        self.opened = opened

    def answer(self, document: DocumentNode, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The answer's data, with a Cursor wherever it shows a cursor."""
        operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        (operation,) = operations
        fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        values = get_variable_values(self.schema, operation.variable_definitions or (), dict(variables))
        assert isinstance(values, VariableValues), values
        return _Operation(self, fragments, values).root(operation)


class _Operation:
    def __init__(
        self, evaluator: Evaluator, fragments: Mapping[str, FragmentDefinitionNode], values: VariableValues
    ) -> None:
        self._schema = evaluator.schema
        self.graph = evaluator.graph
        self._present = evaluator.present
        self._opened = evaluator.opened
        self._fragments = fragments
        self._values = values

    def root(self, operation: OperationDefinitionNode) -> dict[str, Any]:
        found: dict[str, Group] = {}
        self._collect("Query", operation, found, set())
        return {key: self._root_field(group) for key, group in found.items()}

    # Selections

    def _collect(self, type_: str, parent: Any, found: dict[str, Group], spread: set[str]) -> None:
        """Puts the fields that a node selects from an object of this type under their keys."""
        for node in parent.selection_set.selections:
            skip = get_directive_values(_SKIP, node, self._values)
            include = get_directive_values(_INCLUDE, node, self._values)
            if (skip and skip["if"]) or (include and not include["if"]):
                continue
            if isinstance(node, FieldNode):
                found.setdefault((node.alias or node.name).value, []).append(node)
                continue
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in spread:
                    continue
                spread.add(node.name.value)
                node = self._fragments[node.name.value]
            assert isinstance(node, InlineFragmentNode | FragmentDefinitionNode)
            if node.type_condition is None or self._is(type_, node.type_condition.name.value):
                self._collect(type_, node, found, spread)

    def _is(self, type_: str, wanted: str) -> bool:
        condition, own = self._schema.type_map[wanted], self._schema.type_map[type_]
        return type_ == wanted or (isinstance(condition, GraphQLInterfaceType) and condition in own.interfaces)  # type: ignore[attr-defined]

    def object_(self, type_: str, group: Group, field: Callable[[str, Group], Any]) -> dict[str, Any]:
        """An object of which `field` gives the fields."""
        found: dict[str, Group] = {}
        spread: set[str] = set()
        for node in group:
            self._collect(type_, node, found, spread)
        return {
            key: type_ if nodes[0].name.value == "__typename" else field(nodes[0].name.value, nodes)
            for key, nodes in found.items()
        }

    def _arguments(self, type_: str, group: Group) -> dict[str, Any]:
        owner = self._schema.type_map[type_]
        assert isinstance(owner, GraphQLObjectType)
        return get_argument_values(owner.fields[group[0].name.value], group[0], self._values)

    # Fields

    def _root_field(self, group: Group) -> Any:
        name = group[0].name.value
        if name == "__typename":
            return "Query"
        arguments = self._arguments("Query", group)
        when = self._present.at(arguments.get("asOf"), arguments.get("asKnownAt"))
        if name in ROOTS:
            return self._list("Query", group, self._present, lambda at, _: root_rows(self.graph, name, at, arguments))
        match name:
            case "householdFleet":
                start = self.graph.thing("Household", arguments["household"])
                return None if start is None else self._rows("Household.fleet", "Query", start, group, self._present)
            case "nodes":
                return [self._thing_or_null(IDS[id_[:3]], id_, group, when) for id_ in arguments["ids"]]
            case "referralFunnel":
                return [
                    self.object_("ReferralFunnelStep", group, lambda field, _, row=row: row[field])
                    for row in funnel(self.graph, when, arguments)
                ]
            case "search":
                return show.hits(self, search(self.graph, arguments["text"], when), arguments["first"], group, when)
            case "connection":
                ends = [self.graph.thing(IDS[arguments[name][:3]], arguments[name]) for name in ("from", "to")]
                steps = path(self.graph, *ends, arguments["maxHops"], when)
                return show.steps(self, steps, group, when)
            case "referralChain":
                found = chain(self.graph, when, arguments)
                return None if found is None else show.chained(self, found, arguments["first"], group, when)
            case "vehicle" if arguments.get("id") is None:
                vin = arguments["vin"].strip().upper()
                named = [each for each in self.graph.all("Vehicle") if each.properties.get("vin") == vin]
                return self.thing(named[0], group, when) if named else None
        return self._thing_or_null(IDS[arguments["id"][:3]], arguments["id"], group, when)

    def _thing_or_null(self, label: str, id_: str | None, group: Group, when: When) -> Any:
        found = self.graph.thing(label, id_)
        return None if found is None else self.thing(found, group, when)

    def thing(self, thing: Thing, group: Group, when: When, role: Link | None = None) -> dict[str, Any]:
        """A thing; `role` is the one that leads to it, where its fields may show it."""
        return self.object_(thing.label, group, partial(self._field_of_thing, thing, when, role))

    def _field_of_thing(self, thing: Thing, when: When, role: Link | None, name: str, group: Group) -> Any:
        field = f"{thing.label}.{name}"
        owner: Any = self._schema.type_map[thing.label]
        if field in ONE:
            ids = sorted(row.thing.id for row in rows_of(self.graph, field, thing, when))
            return (
                self._thing_or_null(get_named_type(owner.fields[name].type).name, ids[0], group, when) if ids else None
            )
        if name == "timeline":
            arguments = self._arguments(thing.label, group)
            at = when.at(arguments.get("asOf"), arguments.get("asKnownAt"))
            events = timeline(self.graph, thing, at, arguments.get("between") or {})
            return show.events(self, events, arguments["first"], group, at)
        if field in LEADS and is_list_type(_bare(owner.fields[name].type)):
            rows = sorted(rows_of(self.graph, field, thing, when), key=_place)
            return [self.thing(row.thing, group, when, row.roles[0] if row.roles else None) for row in rows[:100]]
        if field in LEADS:
            return self._rows(field, thing.label, thing, group, when)
        if thing.label == "Identifier" and name in ("validFrom", "validTo"):
            assert role is not None
            return shown(role.properties.get(name))
        return self._plain(thing, name, group, when)

    def _plain(self, holder: Thing | Link, name: str, group: Group, when: When) -> Any:
        if name in ("price", "amount"):
            return self._money(amount_of(holder, name), group)
        return shown(value_of(self.graph, holder, name, when))

    def _money(self, amount: tuple[int, str] | None, group: Group) -> Any:
        parts = money(amount)
        return None if parts is None else self.object_("Money", group, lambda field, _: parts[field])

    def role(self, role: Link, group: Group, when: When) -> dict[str, Any]:
        """A role; the things that it names are read at the same moment."""

        def field(name: str, nodes: Group) -> Any:
            owner: Any = self._schema.type_map[type_name(role)]
            label = get_named_type(owner.fields[name].type).name
            match name:
                case "registration":
                    return self._thing_or_null(label, role.properties.get("via"), nodes, when)
                case "dealer":
                    return self._thing_or_null(label, role.properties.get("dealerId"), nodes, when)
                case "person":
                    return self._thing_or_null(label, role.start, nodes, when)
                case "household" if role.type == "KEEPS":
                    return self._thing_or_null(label, role.start, nodes, when)
                case "model" | "vehicle" | "club" | "household":
                    return self._thing_or_null(label, role.end, nodes, when)
            return self._plain(role, name, nodes, when)

        return self.object_(type_name(role), group, field)

    # Lists

    def _rows(self, lead: str, owner: str, start: Thing, group: Group, when: When) -> dict[str, Any]:
        """A connection of what a thing leads to."""

        def rows(at: When, arguments: Mapping[str, Any]) -> list[Row]:
            between = arguments.get("between")
            holds = None
            if between is not None:
                holds = partial(within, when=at, start=between.get("from"), end=between.get("to"))
            return rows_of(self.graph, lead, start, at, holds)

        return self._list(owner, group, when, rows, roled=lead in EACH)

    def _list(
        self,
        owner: str,
        group: Group,
        when: When,
        rows: Callable[[When, Mapping[str, Any]], list[Row]],
        *,
        roled: bool = False,
    ) -> dict[str, Any]:
        arguments = self._arguments(owner, group) | {"roled": roled}
        mark = arguments.get("before") or arguments.get("after")
        cursor = self.opened_at(mark)
        at = when.at(arguments.get("asOf"), arguments.get("asKnownAt"))
        if cursor is not None:  # a list stays at the moment of its first page
            at = When(cursor.day, cursor.instant)
        page = page_of(rows(at, arguments), arguments, Conditions(self.graph, at), cursor)
        fields: Any = self._schema.type_map[owner]
        type_ = get_named_type(fields.fields[group[0].name.value].type).name
        return self.object_(type_, group, partial(self._field_of_list, type_, page, at))

    def opened_at(self, mark: str | None) -> Cursor | None:
        return None if mark is None else self._opened(mark)

    def _field_of_list(self, type_: str, page: Page, when: When, name: str, group: Group) -> Any:
        cursors = [Cursor(keys, when.day, when.instant) for _, keys in page.rows]
        match name:
            case "totalCount":
                return len(page.all)
            case "aggregate":
                return self._groups(type_, page, when, group)
            case "nodes":
                return [self.thing(row.thing, group, when) for row, _ in page.rows]
            case "pageInfo":
                info = {
                    "hasNextPage": page.has_next,
                    "hasPreviousPage": page.has_previous,
                    "startCursor": cursors[0] if cursors else None,
                    "endCursor": cursors[-1] if cursors else None,
                }
                return self.object_("PageInfo", group, lambda field, _: info[field])
        edge = type_.removesuffix("Connection") + "Edge"
        return [
            self.object_(edge, group, partial(self._field_of_edge, row, cursor, when))
            for (row, _), cursor in zip(page.rows, cursors, strict=True)
        ]

    def _groups(self, owner: str, page: Page, when: When, group: Group) -> list[Any]:
        arguments = self._arguments(owner, group)
        groups = Groups(self.graph, self._schema, when)
        name = owner.removesuffix("Connection")

        def field(one: Grouped, part: str, nodes: Group) -> Any:
            if part == "count":
                return len(one.rows)
            if part == "key":
                return self.object_(f"{name}GroupKey", nodes, lambda key, _: one.key.get(key))
            return self.object_(f"{name}{part.capitalize()}", nodes, lambda of, inner: figure(one, part, of, inner))

        def figure(one: Grouped, part: str, of: str, nodes: Group) -> Any:
            found = groups.figure(one, part, of)
            return self._money(found, nodes) if of in ("amount", "rolePrice") else shown(found)

        found = groups.of(page.all, arguments["by"], arguments["first"])
        return [self.object_(f"{name}Group", group, partial(field, one)) for one in found]

    def _field_of_edge(self, row: Row, cursor: Cursor, when: When, name: str, group: Group) -> Any:
        match name:
            case "cursor":
                return cursor
            case "node":
                return self.thing(row.thing, group, when)
            case "role":
                return self.role(row.roles[0], group, when)
        return [self.role(role, group, when) for role in row.roles]


def _place(row: Row) -> tuple[Any, ...]:
    """Where a row stands in a plain list: by its id, but the steps of a referral by their days first."""
    return (row.thing.properties["reachedOn"], row.id) if row.thing.label == "ReferralStep" else (row.id,)


def _bare(type_: Any) -> Any:
    """A type without its outer `!`."""
    return getattr(type_, "of_type", type_) if not is_list_type(type_) else type_
