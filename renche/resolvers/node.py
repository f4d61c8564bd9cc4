"""Things with an id, and the fields that are a property of one."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

import strawberry
from graphql import GraphQLArgument, GraphQLID, GraphQLList, GraphQLNonNull, get_argument_values
from graphql.execution.values import VariableValues

from renche.graph.clock import Moment
from renche.graph.errors import InvalidArgument
from renche.graph.ids import label_of
from renche.graph.money import DECIMALS
from renche.graph.page import MAXIMUM_PAGE
from renche.planner.bind import Bound, Given, bind
from renche.planner.meaning import ById, ByIds, Column, Form, Property, Variable
from renche.planner.scopes import refusal
from renche.resolvers.context import Info

_TYPES: dict[str, type["Node"]] = {}


@strawberry.interface(description="A thing with an id that is opaque and stable for ever.")
class Node:
    """`data` holds the node's properties; `moment` is what its relationships are read at."""

    data: strawberry.Private[Mapping[str, Any]]
    moment: strawberry.Private[Moment]
    label: ClassVar[str] = ""

    def __init_subclass__(cls, label: str | None = None) -> None:
        cls.label = label or cls.__name__
        _TYPES[cls.label] = cls

    @strawberry.field(
        description="The id: the kind of thing, an underscore and 26 letters or digits.",
        metadata={"meaning": Property("id")},
    )
    def id(self) -> strawberry.ID:
        return strawberry.ID(self.data["id"])


def node_of(label: str, data: Mapping[str, Any], moment: Moment) -> Node:
    """The GraphQL object of a node with this label."""
    return _TYPES[label](data=data, moment=moment)


async def find(info: Info, label: str, id_: str, moment: Moment) -> Any:
    """The thing of this kind with this id, None when there is none."""
    data = await info.context.loaders.node(label, id_)
    return node_of(label, data, moment) if data else None


def bound_of(info: Info) -> Bound:
    """What this field's arguments ask for, as the planner reads them."""
    raw = info._raw_info
    field = raw.parent_type.fields[raw.field_name]
    coerced: Any = raw.variable_values  # Strawberry hands on the values without their sources
    arguments = get_argument_values(field, raw.field_nodes[0], VariableValues({}, coerced))
    found = bind(field, arguments, info.context.keyed)
    if missing := found.needs - info.context.caller.scopes:
        raise refusal(missing)
    return found


def moment_of(info: Info, bound: Bound) -> Moment:
    """The moment of a root field: the present, but for the times that its arguments state."""
    assert isinstance(bound, Given)  # noqa: S101 - the field is no list
    return info.context.present.at(bound.as_of, bound.as_known_at)


def prop(
    name: str, description: str, *, of: type[StrEnum] | None = None, form: Form = Form.PLAIN, masked: bool = False
) -> Any:
    """A field that shows the property `name`.

    `of` is the closed set its word belongs to; what is `masked` cannot be asked for in filters.
    """

    def resolve(root: Any) -> Any:
        value = root.data.get(name)
        if form is Form.ENDING:
            return value and value[-6:]
        return of(value) if of and value is not None else value

    return strawberry.field(
        resolver=resolve, description=description, metadata={"meaning": Property(name, form, masked=masked)}
    )


@strawberry.type(description="An amount of money.")
class Money:
    amount: Decimal = strawberry.field(description='The amount as a decimal string, for example "128800.00".')
    currency: str = strawberry.field(description="The currency by its ISO 4217 code, for example CNY.")


def money_of(units: Decimal, currency: str) -> Money:
    """An amount in minor units of a currency."""
    return Money(amount=units.scaleb(-DECIMALS[currency]), currency=currency)


def money(name: str, description: str) -> Any:
    """A field that shows the property `name`, minor units of the property `currency`, as Money."""

    def resolve(root: Any) -> Money | None:
        units, currency = root.data.get(name), root.data.get("currency") or "CNY"
        return None if units is None else money_of(Decimal(units), currency)

    return strawberry.field(resolver=resolve, description=description, metadata={"meaning": Property(name, Form.MONEY)})


def by_id(label: str, description: str, argument: str, *, example: str) -> Any:
    """A root field with the thing of this label whose id `argument` gives."""

    async def resolve(info: Info) -> Any:
        bound = bound_of(info)
        return await find(info, label, bound.values[0][1], moment_of(info, bound))  # type: ignore[union-attr]

    given = GraphQLArgument(GraphQLNonNull(GraphQLID), description=f"The {argument}'s id ({example}).")
    return strawberry.field(
        resolver=resolve,
        description=description,
        metadata={"meaning": ById(label), "arguments": {"id": given}},
    )


def bound(variable: str, description: str) -> Any:
    """A field that shows a variable of a row of Records."""
    return strawberry.field(description=description, metadata={"meaning": Variable(variable)})


def column(place: int, description: str) -> Any:
    """A field that shows a column of a Table's row."""
    return strawberry.field(description=description, metadata={"meaning": Column(place)})


async def _node(info: Info) -> Any:
    bound = bound_of(info)
    assert isinstance(bound, Given)  # noqa: S101
    return await find(info, bound.labels[0], bound.values[0][1], moment_of(info, bound))


async def _nodes(info: Info) -> list[Any]:
    bound = bound_of(info)
    assert isinstance(bound, Given)  # noqa: S101
    moment = moment_of(info, bound)
    return list(await asyncio.gather(*(find(info, label_of(id_), id_, moment) for id_ in bound.values[0][1])))


def _few(arguments: Mapping[str, Any]) -> None:
    if len(arguments["ids"]) > MAXIMUM_PAGE:
        raise InvalidArgument(f"ids: ask for at most {MAXIMUM_PAGE} things, not {len(arguments['ids'])}.")


_IDS = GraphQLNonNull(GraphQLList(GraphQLNonNull(GraphQLID)))


@strawberry.type
class NodeQueries:
    node: Node | None = strawberry.field(
        resolver=_node,
        description="The thing with this id, whatever kind it is of; null when there is none.",
        metadata={
            "meaning": ById(None),
            "arguments": {"id": GraphQLArgument(GraphQLNonNull(GraphQLID), description="The thing's id.")},
        },
    )
    nodes: list[Node | None] = strawberry.field(
        resolver=_nodes,
        description="The things with these ids, in their order; null where there is none.",
        metadata={
            "meaning": ByIds(),
            "arguments": {"ids": GraphQLArgument(_IDS, description=f"The ids, at most {MAXIMUM_PAGE}.")},
            "check": _few,
        },
    )
