"""Which scopes each field needs: derived from what it means, and shown in the schema's text.

A field of a thing or a role needs that thing's scope, a field that leads along a traversal the traversal's, and what a
resolver states in its metadata comes before both. What only wraps other fields asks for no more than a good token.
"""

from collections.abc import Iterable
from typing import Final

import strawberry
from graphql import GraphQLField, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema
from strawberry.schema_directive import Location

from renche.graph.caller import READ_BY, Scope
from renche.graph.named_queries import QueryFileError
from renche.graph.traversal import Traversal
from renche.planner.meaning import (
    ById,
    ByVin,
    Comparison,
    End,
    Form,
    Named,
    Property,
    Records,
    Value,
    meaning_of,
)
from renche.planner.scopes import give_scopes
from renche.resolvers.costs import add_directive

# Types that wrap the things and values of others, whose fields need no more than the one that leads there: by the end
# of their names pages, rows, groups and payloads, and these; where a `node` begins, its id says what it needs.
_WRAPPING: Final = ("Connection", "Edge", "Group", "GroupKey", "Distinct", "Min", "Max", "Avg", "Sum", "Payload")
_WRAPPERS: Final = frozenset(
    {
        *("Node", "Fact", "Role", "Money", "PageInfo", "Timeline", "TimelineEvent", "Path", "PathHop"),
        *("ReferralChain", "ReferralChainLink", "ReferralFunnelStep", "SearchHits", "SearchHit"),
        *("UserError", "TokenRestriction", "RevealedPerson", "RevealedValue", "ErasureProof", "ErasedCount"),
    }
)
_BY_ARGUMENTS: Final = frozenset({"node", "nodes"})


@strawberry.schema_directive(
    name="requiresScopes",
    locations=[Location.FIELD_DEFINITION],
    description="The scopes that a caller must have for this field: all of one of the lists.",
)
class RequiresScopes:
    scopes: list[list[str]] = strawberry.directive_field(name="scopes")


@strawberry.schema_directive(
    name="authenticated",
    locations=[Location.FIELD_DEFINITION],
    description="Every caller with a good token may ask for this field; what it leads to may need scopes.",
)
class Authenticated:
    pass


def state_scopes(schema: GraphQLSchema) -> None:
    """Gives each field the scopes that it needs, for the planner and for the schema's text."""
    for type_ in schema.type_map.values():
        if type_.name.startswith("__"):
            continue
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                needed = _needed(name, field, type_)
                give_scopes(field, needed)
                add_directive(field, RequiresScopes(scopes=[sorted(needed)]) if needed else Authenticated())
        elif isinstance(type_, GraphQLInputObjectType):
            for each in type_.fields.values():
                give_scopes(each, _compared(meaning_of(each)))


def _needed(name: str, field: GraphQLField, type_: GraphQLObjectType | GraphQLInterfaceType) -> frozenset[Scope]:
    definition = field.extensions.get("strawberry-definition")
    metadata = definition.metadata if definition is not None else {}
    if "scopes" in metadata:
        return frozenset(metadata["scopes"])
    meaning = meaning_of(field) or metadata.get("meaning")
    if isinstance(meaning, Records):
        return frozenset(_of(way for _, way in meaning.ways))
    if isinstance(way := getattr(meaning, "traversal", None), Traversal):
        return frozenset(_of([way]))
    if isinstance(meaning, ById | End | Named):
        return frozenset({READ_BY[meaning.label]} if meaning.label else ())
    if isinstance(meaning, ByVin):
        return frozenset({Scope.VEHICLES})
    if isinstance(meaning, Property) and meaning.name == "vin" and meaning.form is Form.PLAIN:
        return frozenset({Scope.VIN})
    if type_.name in READ_BY:
        return frozenset({READ_BY[type_.name]})
    if type_.name not in _WRAPPERS and not type_.name.endswith(_WRAPPING) and name not in _BY_ARGUMENTS:
        raise QueryFileError(f"{type_.name}.{name} states no scope.")
    return frozenset()


def _compared(meaning: object) -> frozenset[Scope]:
    """What a condition or a key of an order needs, beside what the list needs whose rows it is about."""
    if not isinstance(meaning, Comparison):
        return frozenset()
    if isinstance(meaning.of, Property):
        return frozenset({Scope.VIN}) if meaning.of.name == "vin" else frozenset()
    return frozenset(_of([meaning.of.traversal if isinstance(meaning.of, Value) else meaning.of]))


def _of(ways: Iterable[Traversal]) -> Iterable[Scope]:
    for way in ways:
        if way.scope is None:
            raise QueryFileError(f"{way.name} states no scope.")
        yield Scope(way.scope)
