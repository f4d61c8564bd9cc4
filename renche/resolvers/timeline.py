"""What happened with a person or a vehicle, in the order of time."""

from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Final

import strawberry
from graphql import GraphQLArgument, GraphQLInt, GraphQLNonNull

from renche.graph.caller import READS, Scope
from renche.graph.errors import InvalidArgument
from renche.graph.traversal import traversal
from renche.loaders.batch import Edge, read_records
from renche.planner.bind import Given
from renche.planner.meaning import Records
from renche.resolvers.context import Info
from renche.resolvers.node import Node, bound, bound_of, node_of

if TYPE_CHECKING:
    from renche.resolvers.role import Fact
else:
    Fact = Annotated["Fact", strawberry.lazy("renche.resolvers.role")]

MAXIMUM_EVENTS: Final = 1_000


@strawberry.enum(description="What happened.")
class TimelineKind(Enum):
    ROLE_BEGAN = strawberry.enum_value("ROLE_BEGAN", description="A role began.")
    ROLE_ENDED = strawberry.enum_value("ROLE_ENDED", description="A role ended: the first day without it.")
    REFERRAL_MADE = strawberry.enum_value("REFERRAL_MADE", description="The person recommended the brand to a friend.")
    REFERRAL_RECEIVED = strawberry.enum_value("REFERRAL_RECEIVED", description="The person was recommended the brand.")
    VISIT = strawberry.enum_value("VISIT", description="A vehicle was at a workshop.")


@strawberry.type(description="Something that happened on a day.")
class TimelineEvent:
    day: date = bound("day", "The day.")
    kind: TimelineKind = bound("kind", "What happened.")
    role: Fact | None = bound("role", "The role that began or ended.")
    thing: Node = bound("thing", "What it was about: the other end of the role, the referral or the visit.")


@strawberry.type(description="What happened, the latest first.")
class Timeline:
    events: list[TimelineEvent] = strawberry.field(
        description="The events, the latest first; what has no known day is left out."
    )
    complete: bool = strawberry.field(description="Whether no event was left out because of `first`.")


def _check(arguments: Mapping[str, Any]) -> None:
    if not 0 <= arguments["first"] <= MAXIMUM_EVENTS:
        raise InvalidArgument(f"first: ask for 0 to {MAXIMUM_EVENTS} events, not {arguments['first']}.")


_FIRST = GraphQLArgument(
    GraphQLNonNull(GraphQLInt),
    default_value=100,
    description=f"How many events to give, up to {MAXIMUM_EVENTS}.",
)


def timeline(name: str) -> Any:
    """A field with what happened to the thing it stands on."""
    way = traversal(name)

    async def resolve(root: Node, info: Info) -> Timeline:
        from renche.resolvers.role import role_of  # the circle that lazy types allow

        given = bound_of(info)
        assert isinstance(given, Given)  # noqa: S101 - the field is no list
        moment = root.moment.at(given.as_of, given.as_known_at)
        values = dict(given.values)
        parameters = values | {"start": root.data["id"]}
        rows = await read_records(info.context.database, way, root.label, parameters, moment) or []
        most = values["limit"] - 1
        events = [
            TimelineEvent(
                day=row["day"],
                kind=TimelineKind(row["kind"]),
                role=role_of(Edge(*row["role"]), moment) if row["role"] else None,
                thing=node_of(row["thing"][0], row["thing"][1], moment),
            )
            for row in rows[:most]
        ]
        return Timeline(events=events, complete=len(rows) <= most)

    metadata = {
        # A timeline tells of things of every kind.
        "scopes": READS - {Scope.IDENTIFIERS, Scope.DEALERS},
        "meaning": Records((("", way),)),
        "arguments": {"first": _FIRST},
        "between": True,
        "check": _check,
    }
    return strawberry.field(resolver=resolve, description=way.sentence, metadata=metadata)
