"""How two things are connected."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from graphql import GraphQLArgument, GraphQLID, GraphQLInt, GraphQLNonNull

from renche.graph.caller import READS, Scope
from renche.graph.errors import InvalidArgument
from renche.graph.paths import MAXIMUM_HOPS
from renche.loaders.batch import Edge, read_path
from renche.planner.bind import Given
from renche.planner.meaning import Path as PathMeaning
from renche.resolvers.context import Info
from renche.resolvers.node import Node, bound, bound_of, moment_of, node_of

if TYPE_CHECKING:
    from renche.resolvers.role import Fact
else:
    Fact = Annotated["Fact", strawberry.lazy("renche.resolvers.role")]


@strawberry.type(description="One step of a path.")
class PathHop:
    kind: str = bound("kind", "The relationship's type in the graph, for example PURCHASED, LIVES_IN or MADE.")
    role: Fact | None = bound("role", "The role, where the relationship is one.")
    node: Node = bound("node", "The thing that the step leads to.")


@strawberry.type(description="A shortest way from one thing to another.")
class Path:
    length: int = strawberry.field(description="How many steps it has.")
    hops: list[PathHop] = strawberry.field(description="The steps, from the first thing on.")


def _check(arguments: Mapping[str, Any]) -> None:
    if not 1 <= arguments["maxHops"] <= MAXIMUM_HOPS:
        raise InvalidArgument(f"maxHops: ask for 1 to {MAXIMUM_HOPS}, not {arguments['maxHops']}.")


async def _path(info: Info) -> Path | None:
    from renche.resolvers.role import role_of, shows  # the circle that lazy types allow

    given = bound_of(info)
    assert isinstance(given, Given)  # noqa: S101 - the field is no list
    moment = moment_of(info, given)
    ids = dict(given.values)
    ends = ((given.labels[0], ids["from"]), (given.labels[1], ids["to"]))
    rows = await read_path(info.context.database, ends, given.text[0], moment)
    hops = [
        PathHop(
            kind=row["kind"],
            role=role_of(Edge(*row["role"]), moment) if shows(row["kind"]) else None,
            node=node_of(row["node"][0], row["node"][1], moment),
        )
        for row in rows
    ]
    return Path(length=len(hops), hops=hops) if hops else None


_ID = GraphQLNonNull(GraphQLID)


@strawberry.type
class PathQueries:
    connection: Path | None = strawberry.field(
        resolver=_path,
        description="How two things are connected: a shortest path over relationships that hold, the one with the"
        " smallest ids when there are several; null when there is none so short. It may end at a model or a dealer but"
        " leads through none, since nearly everything is connected there.",
        metadata={
            # A path tells of whatever lies on it.
            "scopes": READS - {Scope.IDENTIFIERS},
            "meaning": PathMeaning(),
            "arguments": {
                "from": GraphQLArgument(_ID, description="The id of the thing it begins at."),
                "to": GraphQLArgument(_ID, description="The id of the thing it leads to."),
                "maxHops": GraphQLArgument(
                    GraphQLNonNull(GraphQLInt),
                    default_value=4,
                    description=f"How many steps it may have, 1 to {MAXIMUM_HOPS}.",
                ),
            },
            "check": _check,
        },
    )
