"""Roles: what a person is to a vehicle, a model, a club or a household, from when to when."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import strawberry

from renche.graph import words
from renche.graph.clock import Moment
from renche.loaders.batch import Edge
from renche.planner.meaning import End, Named, Property
from renche.resolvers.context import Info
from renche.resolvers.node import Money, money, node_of, prop

if TYPE_CHECKING:
    from renche.resolvers.club import Club
    from renche.resolvers.dealer import Dealer
    from renche.resolvers.household import Household
    from renche.resolvers.model import Model
    from renche.resolvers.person import Person, Registration
    from renche.resolvers.vehicle import Vehicle
else:
    Club = Annotated["Club", strawberry.lazy("renche.resolvers.club")]
    Dealer = Annotated["Dealer", strawberry.lazy("renche.resolvers.dealer")]
    Household = Annotated["Household", strawberry.lazy("renche.resolvers.household")]
    Model = Annotated["Model", strawberry.lazy("renche.resolvers.model")]
    Person = Annotated["Person", strawberry.lazy("renche.resolvers.person")]
    Registration = Annotated["Registration", strawberry.lazy("renche.resolvers.person")]
    Vehicle = Annotated["Vehicle", strawberry.lazy("renche.resolvers.vehicle")]


async def _end(root: Any, info: Info, label: str, id_: str) -> Any:
    """The thing at one end of a role, or another that it names."""
    data = await info.context.loaders.node(label, id_)
    return node_of(label, data, root.moment) if data else None


def _named(label: str, name: str, description: str) -> Any:
    """A field that leads to the thing whose id is the property `name`."""

    async def resolve(root: Any, info: Info) -> Any:
        id_ = root.data.get(name)
        return await _end(root, info, label, id_) if id_ else None

    return strawberry.field(resolver=resolve, description=description, metadata={"meaning": Named(label, name)})


def _start(label: str, description: str) -> Any:
    async def resolve(root: Any, info: Info) -> Any:
        return await _end(root, info, label, root.start)

    return strawberry.field(resolver=resolve, description=description, metadata={"meaning": End(label, start=True)})


def _finish(label: str, description: str) -> Any:
    async def resolve(root: Any, info: Info) -> Any:
        return await _end(root, info, label, root.end)

    return strawberry.field(resolver=resolve, description=description, metadata={"meaning": End(label, start=False)})


_TYPES: dict[str, type["Fact"]] = {}


@strawberry.interface(
    description="Something that holds from one day to another, and that renche knows since an instant."
)
class Fact:
    """`data`: the relationship's properties; `start` and `end`: the ids of the nodes at its ends."""

    data: strawberry.Private[Mapping[str, Any]]
    moment: strawberry.Private[Moment]
    start: strawberry.Private[str]
    end: strawberry.Private[str]
    relationship: ClassVar[str] = ""

    def __init_subclass__(cls, relationship: str = "") -> None:
        if relationship:
            _TYPES[relationship] = cls

    @strawberry.field(description="The id of the fact; a correction keeps it.", metadata={"meaning": Property("id")})
    def id(self) -> strawberry.ID:
        return strawberry.ID(self.data["id"])

    valid_from: date | None = prop("validFrom", "The first day on which it holds; null when nobody knows.")
    valid_to: date | None = prop("validTo", "The first day on which it holds no more; null while it holds.")
    recorded_at: datetime = prop("recordedAt", "Since when renche knows it, in UTC.")
    source: str = prop("source", "The system that said so.")


@strawberry.interface(description="What a person is to a thing: who, what, from when to when, and who says so.")
class Role(Fact):
    person: Person = _start("Person", "Who holds the role.")
    registration: Registration | None = _named(
        "Registration", "via", "The registration of the person through which the role came."
    )


@strawberry.type(description="A person's intent to buy a vehicle of a model (意向人).")
class Intent(Role, relationship="INTENDS_TO_BUY"):
    model: Model = _finish("Model", "The model wanted.")
    heat: words.Heat = prop("heat", "How near the person is to buying.", of=words.Heat)
    stage: words.IntentStage | None = prop("stage", "How far the intent has come.", of=words.IntentStage)
    dealer: Dealer | None = _named("Dealer", "dealerId", "The dealer the person is with.")
    dealer_id: strawberry.ID | None = prop("dealerId", "The id of the dealer the person is with (dea_…).")


@strawberry.type(description="A person's purchase of a vehicle, first-hand or used (购车人).")
class Purchase(Role, relationship="PURCHASED"):
    vehicle: Vehicle = _finish("Vehicle", "The vehicle bought.")
    condition: words.Condition | None = prop("condition", "Whether it was new or used.", of=words.Condition)
    motive: words.Motive | None = prop(
        "motive", "Whether it was the first vehicle, one more, or in the place of another.", of=words.Motive
    )
    price: Money | None = money("price", "What was paid.")
    dealer: Dealer | None = _named("Dealer", "dealerId", "The dealer who sold it.")
    dealer_id: strawberry.ID | None = prop("dealerId", "The id of the dealer who sold it (dea_…).")


@strawberry.type(description="A person's use of a vehicle (用车人); several people may drive one.")
class Drive(Role, relationship="DRIVES"):
    vehicle: Vehicle = _finish("Vehicle", "The vehicle driven.")


@strawberry.type(description="A person brings a vehicle to a workshop (维保人), since the first visit.")
class Service(Role, relationship="SERVICES"):
    vehicle: Vehicle = _finish("Vehicle", "The vehicle brought.")
    dealer: Dealer | None = _named("Dealer", "dealerId", "The dealer whose workshop it is.")
    dealer_id: strawberry.ID | None = prop("dealerId", "The id of the dealer whose workshop it is (dea_…).")


@strawberry.type(description="A person's membership in a club (车友会).")
class Membership(Role, relationship="MEMBER_OF"):
    club: Club = _finish("Club", "The club.")
    rank: words.ClubRank = prop("rank", "What the person is in the club.", of=words.ClubRank)


@strawberry.type(description="A person lives in a household (家庭).")
class Residence(Role, relationship="LIVES_IN"):
    household: Household = _finish("Household", "The household.")
    relation: words.HouseholdRelation | None = prop(
        "relation", "What the person is in the household.", of=words.HouseholdRelation
    )


@strawberry.type(description="A household keeps a vehicle, where only the household is known.")
class Keeping(Fact, relationship="KEEPS"):
    household: Household = _start("Household", "The household.")
    vehicle: Vehicle = _finish("Vehicle", "The vehicle kept.")


def role_of(edge: Edge, moment: Moment) -> Any:
    """The GraphQL object of a relationship."""
    return _TYPES[edge.type](data=edge.properties, moment=moment, start=edge.start, end=edge.end)


def shows(relationship: str) -> bool:
    """Whether the schema has a type for relationships of this type."""
    return relationship in _TYPES


def relationships() -> Mapping[str, str]:
    """For each type of relationship that the schema shows, the name of its GraphQL type."""
    return {relationship: type_.__name__ for relationship, type_ in _TYPES.items()}
