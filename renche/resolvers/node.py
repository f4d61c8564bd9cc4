"""Things with an id, and the fields that are a property of one."""

import asyncio
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeAlias

import strawberry

from renche.graph.clock import Moment
from renche.graph.database import native
from renche.graph.errors import InvalidArgument, InvalidId
from renche.graph.ids import Kind, kind_of
from renche.graph.money import DECIMALS
from renche.graph.page import MAXIMUM_PAGE
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

    @strawberry.field(description="The id: the kind of thing, an underscore and 26 letters or digits.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(self.data["id"])


def node_of(label: str, data: Mapping[str, Any], moment: Moment) -> Node:
    """The GraphQL object of a node with this label."""
    return _TYPES[label](data=data, moment=moment)


async def find(info: Info, label: str, id_: str, as_of: date | None, as_known_at: datetime | None) -> Any:
    """The thing of this kind with this id, None when there is none; raises InvalidId for what is no id."""
    context = info.context
    if label_of(id_) != label:
        raise InvalidId(f"id: this is the id of a {label_of(id_)}, not of a {label}.")
    data = await context.loaders.node(label, id_)
    return node_of(label, data, context.present.at(as_of, as_known_at)) if data else None


def native_node(info: Info, label: str, data: Any, as_of: date | None, as_known_at: datetime | None) -> Any:
    """The thing with these properties as they came from the database; None for none."""
    if data is None:
        return None
    return node_of(label, native(data), info.context.present.at(as_of, as_known_at))


_LABELS = {
    Kind.PERSON: "Person",
    Kind.REGISTRATION: "Registration",
    Kind.VEHICLE: "Vehicle",
    Kind.MODEL: "Model",
    Kind.DEALER: "Dealer",
    Kind.CLUB: "Club",
    Kind.HOUSEHOLD: "Household",
    Kind.VISIT: "ServiceVisit",
    Kind.REFERRAL: "Referral",
}


def label_of(id_: str) -> str:
    """The label of the thing an id names; raises InvalidId for what names no thing that can be asked for."""
    label = _LABELS.get(kind_of(id_))
    if label is None:
        raise InvalidId("id: this names a relationship or a part of a thing; ask for the thing itself.")
    return label


def prop(name: str, description: str, *, of: type[StrEnum] | None = None) -> Any:
    """A field that shows the property `name`; `of` is the closed set its word belongs to."""

    def resolve(root: Any) -> Any:
        value = root.data.get(name)
        return of(value) if of and value is not None else value

    return strawberry.field(resolver=resolve, description=description, metadata={"property": name})


@strawberry.type(description="An amount of money.")
class Money:
    amount: Decimal = strawberry.field(description='The amount as a decimal string, for example "128800.00".')
    currency: str = strawberry.field(description="The currency by its ISO 4217 code, for example CNY.")


def money(name: str, description: str) -> Any:
    """A field that shows the property `name`, minor units of the property `currency`, as Money."""

    def resolve(root: Any) -> Money | None:
        units, currency = root.data.get(name), root.data.get("currency") or "CNY"
        if units is None:
            return None
        return Money(amount=Decimal(units).scaleb(-DECIMALS[currency]), currency=currency)

    return strawberry.field(resolver=resolve, description=description, metadata={"property": name})


AsOf: TypeAlias = Annotated[
    date | None,
    strawberry.argument(
        description="The day on which relationships shall hold; without it, the parent's, at first today."
    ),
]
AsKnownAt: TypeAlias = Annotated[
    datetime | None,
    strawberry.argument(
        description="The instant whose knowledge counts: what was recorded later is left out. Without it, the"
        " parent's, at first now."
    ),
]


@strawberry.type
class NodeQueries:
    @strawberry.field(description="The thing with this id, whatever kind it is of; null when there is none.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The thing's id.")],  # noqa: A002
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> Node | None:
        found: Node | None = await find(info, label_of(id), id, as_of, as_known_at)
        return found

    @strawberry.field(description="The things with these ids, in their order; null where there is none.")
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description=f"The ids, at most {MAXIMUM_PAGE}.")],
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> list[Node | None]:
        if len(ids) > MAXIMUM_PAGE:
            raise InvalidArgument(f"ids: ask for at most {MAXIMUM_PAGE} things, not {len(ids)}.")
        return list(await asyncio.gather(*(find(info, label_of(id_), id_, as_of, as_known_at) for id_ in ids)))
