"""What a text names: who or what rang in."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

import strawberry
from graphql import GraphQLArgument, GraphQLInt, GraphQLNonNull, GraphQLString

from renche.graph.caller import Scope
from renche.graph.errors import InvalidArgument
from renche.graph.page import DEFAULT_PAGE, MAXIMUM_PAGE
from renche.graph.traversal import traversal
from renche.loaders.batch import read_found
from renche.planner.bind import Given
from renche.planner.meaning import Search
from renche.resolvers.context import Info
from renche.resolvers.node import Node, bound, bound_of, moment_of, node_of

SEARCH: Final = traversal("search")


@strawberry.enum(description="What a text was found as.")
class SearchKey(Enum):
    VIN = strawberry.enum_value("VIN", description="A vehicle's whole VIN.")
    VIN_ENDING = strawberry.enum_value(
        "VIN_ENDING", description="The last characters of a vehicle's VIN, at least six."
    )
    PHONE = strawberry.enum_value("PHONE", description="A person's phone number, exactly.")
    PLATE = strawberry.enum_value("PLATE", description="A plate, exactly.")
    NAME = strawberry.enum_value("NAME", description="A part of the name of a dealer, a club or a model.")


@strawberry.type(description="Something that the text names.")
class SearchHit:
    matched: SearchKey = bound("matched", "What the text was found as.")
    node: Node = bound("found", "The thing.")


@strawberry.type(description="What a text names, the surest first.")
class SearchHits:
    hits: list[SearchHit] = strawberry.field(description="The things found, the surest first.")
    complete: bool = strawberry.field(description="Whether nothing was left out because of `first`.")


def _check(arguments: Mapping[str, Any]) -> None:
    if not 0 <= arguments["first"] <= MAXIMUM_PAGE:
        raise InvalidArgument(f"first: ask for 0 to {MAXIMUM_PAGE} things, not {arguments['first']}.")


async def _search(info: Info) -> SearchHits:
    given = bound_of(info)
    assert isinstance(given, Given)  # noqa: S101 - the field is no list
    moment, values = moment_of(info, given), dict(given.values)
    rows = await read_found(info.context.database, SEARCH, values, moment)
    most = values["limit"] - 1
    hits = [
        SearchHit(matched=SearchKey(row["matched"]), node=node_of(row["found"][0], row["found"][1], moment))
        for row in rows[:most]
    ]
    return SearchHits(hits=hits, complete=len(rows) <= most)


@strawberry.type
class SearchQueries:
    search: SearchHits = strawberry.field(
        resolver=_search,
        description="What a text names: a VIN or its last six or more characters, a phone or a plate (exactly as it is,"
        " whatever its separators), a part of the name of a dealer, a club or a model.",
        metadata={
            "scopes": {Scope.PEOPLE, Scope.VEHICLES, Scope.DEALERS, Scope.CLUBS},
            "meaning": Search(SEARCH),
            "arguments": {
                "text": GraphQLArgument(GraphQLNonNull(GraphQLString), description="The text, at least 2 characters."),
                "first": GraphQLArgument(
                    GraphQLNonNull(GraphQLInt),
                    default_value=DEFAULT_PAGE,
                    description=f"How many things to give, up to {MAXIMUM_PAGE}.",
                ),
            },
            "check": _check,
        },
    )
