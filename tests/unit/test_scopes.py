"""Which scopes the schema states, and who is refused for lack of one."""

import pytest
from graphql import GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, parse, value_from_ast_untyped
from graphql.language import InterfaceTypeDefinitionNode, ObjectTypeDefinitionNode

from renche.graph.caller import ROLES, Role, Scope
from renche.graph.errors import Forbidden
from renche.planner.plan import Planner, Refused
from renche.planner.scopes import scopes_of
from renche.resolvers.schema import build_schema
from tests.graphql_door import KEYED, planner
from tests.witnesses import MOMENT

SCHEMA = build_schema()
STATING = ("requiresScopes", "authenticated")
OPEN = ("Query.node", "Query.nodes")
"""Fields whose arguments say what they need."""


def test_no_field_is_silent() -> None:
    """Each field of each type states its scopes in the schema's text, as it is checked; inputs' are known too."""
    shown = {}
    for definition in parse(SCHEMA.as_str()).definitions:
        if isinstance(definition, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            for field in definition.fields or ():
                (stated,) = [each for each in field.directives or () if each.name.value in STATING]
                (lists,) = [value_from_ast_untyped(each.value) for each in stated.arguments or ()] or [[[]]]
                shown[definition.name.value, field.name.value] = lists
    checked = {}
    for type_ in SCHEMA._schema.type_map.values():
        if type_.name.startswith("__"):
            continue
        if isinstance(type_, GraphQLInputObjectType):
            assert all(isinstance(scopes_of(field), frozenset) for field in type_.fields.values())
        elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, each in type_.fields.items():
                checked[type_.name, name] = [sorted(scopes_of(each))]
    assert shown == checked


def test_what_leads_to_personal_things_needs_a_scope() -> None:
    """Every field of the query and the mutation does, but those whose arguments say which."""
    for root in ("Query", "Mutation"):
        type_ = SCHEMA._schema.type_map[root]
        assert isinstance(type_, GraphQLObjectType)
        for name, field in type_.fields.items():
            assert scopes_of(field) or f"{root}.{name}" in OPEN, name


SEARCH = {Scope.PEOPLE, Scope.VEHICLES, Scope.DEALERS, Scope.CLUBS}
DOCUMENTS = [
    ("{ people { totalCount } }", {Scope.PEOPLE}),
    ("{ vehicles { nodes { vin } } }", {Scope.VEHICLES, Scope.VIN}),
    ("{ vehicles { nodes { vinEnding } } }", {Scope.VEHICLES}),
    ('{ vehicles(filter: {vin: {startsWith: "L"}}) { totalCount } }', {Scope.VEHICLES, Scope.VIN}),
    ("{ vehicles(orderBy: [{vin: ASC}]) { totalCount } }", {Scope.VEHICLES, Scope.VIN}),
    ("{ people(filter: {referralsMade: {count: {gte: 1}}}) { totalCount } }", {Scope.PEOPLE, Scope.REFERRALS}),
    ("{ people(filter: {or: [{clubs: {some: {}}}]}) { totalCount } }", {Scope.PEOPLE, Scope.CLUBS}),
    ("{ people(orderBy: [{intents: {count: DESC}}]) { totalCount } }", {Scope.PEOPLE, Scope.INTENTS}),
    (
        "{ people { nodes { ...F } } } fragment F on Person { households { totalCount } }",
        {Scope.PEOPLE, Scope.HOUSEHOLDS},
    ),
    (
        "query ($no: Boolean = false) { people { nodes { clubs @include(if: $no) { totalCount } } } }",
        {Scope.PEOPLE, Scope.CLUBS},
    ),
    (f'{{ node(id: "hou_{"a" * 26}") {{ id }} }}', {Scope.HOUSEHOLDS}),
    (f'{{ nodes(ids: ["clu_{"a" * 26}", "dea_{"a" * 26}"]) {{ id }} }}', {Scope.CLUBS, Scope.DEALERS}),
    (
        '{ search(text: "13812341234") { complete } }',
        {Scope.PEOPLE, Scope.VEHICLES, Scope.DEALERS, Scope.CLUBS, Scope.LOOKUP},
    ),
    ('{ search(text: "Aurora") { complete } }', {Scope.PEOPLE, Scope.VEHICLES, Scope.DEALERS, Scope.CLUBS}),
    ("{ __schema { types { name } } }", set()),
]


def allowed(asks: Planner, text: str, scopes: set[Scope]) -> bool:
    try:
        document = asks.document(text, None)
        asks.allow(scopes, document, asks.ask(document, {}, MOMENT, KEYED))
    except Refused as refused:
        (error,) = refused.errors
        assert isinstance(error.original_error, Forbidden)
        return False
    return True


@pytest.mark.parametrize(("text", "needed"), DOCUMENTS)
def test_each_scope_is_needed_and_together_they_suffice(text: str, needed: set[Scope]) -> None:
    """With all of them the document is let through, without any one of them it is not."""
    asks = planner()
    assert allowed(asks, text, needed)
    for scope in needed:
        assert not allowed(asks, text, set(Scope) - {scope})


def test_the_refusal_names_scopes_and_place() -> None:
    """So that a developer knows which scope to ask for, and for what."""
    asks = planner()
    with pytest.raises(Refused) as refused:
        asks.allow({Scope.PEOPLE}, asks.document("{ people { nodes { clubs { totalCount } } } }", None), None)
    (error,) = refused.value.errors
    assert isinstance(error.original_error, Forbidden)
    assert "clubs:read" in error.original_error.message
    assert [(place.line, place.column) for place in error.locations or ()] == [(1, 20)]


def test_roles_hold_no_more_than_they_need() -> None:
    """Only operations reveal, erase and manage; only analysts write Cypher."""
    dangerous = {Scope.REVEAL, Scope.EXPORT, Scope.ERASE, Scope.TOKENS, Scope.AUDIT}
    for role in (Role.OWNER, Role.DEALER_STAFF, Role.ANALYST, Role.RESEARCHER):
        assert not ROLES[role] & dangerous
    assert [role for role in Role if Scope.CYPHER in ROLES[role]] == [Role.ANALYST]
    assert ROLES[Role.RESEARCHER] == {Scope.AGGREGATES}
