"""The schema is reviewed as text, and says what everything means."""

from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
)

from renche.resolvers.schema import build_schema as build

COMMITTED = Path(__file__).parents[2] / "schema.graphql"


def test_the_committed_schema_is_the_schema() -> None:
    """schema.graphql is what `renche schema` prints; its diff is the review of the API."""
    assert COMMITTED.read_text(encoding="utf-8") == build().as_str() + "\n"


def test_everything_has_a_description() -> None:
    """Each type, field, argument and enum value tells a front-end developer what it means."""
    silent = []
    for name, kind in build_schema(build().as_str()).type_map.items():
        if is_introspection_type(kind) or is_specified_scalar_type(kind):
            continue
        if not kind.description:
            silent.append(name)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in kind.fields.items():
                if not field.description:
                    silent.append(f"{name}.{field_name}")
                silent += [f"{name}.{field_name}({arg})" for arg, each in field.args.items() if not each.description]
        elif isinstance(kind, GraphQLEnumType):
            silent += [f"{name}.{value}" for value, each in kind.values.items() if not each.description]
        elif isinstance(kind, GraphQLInputObjectType):
            silent += [f"{name}.{field}" for field, each in kind.fields.items() if not each.description]
    assert silent == []


def test_lists_never_hold_null_but_for_things_asked_by_id() -> None:
    """Every list is non-null with non-null items; `nodes(ids)` alone has null where there is nothing."""
    loose = []
    for name, kind in build_schema(build().as_str()).type_map.items():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not is_introspection_type(kind):
            loose += [
                f"{name}.{field}"
                for field, each in kind.fields.items()
                if "[" in str(each.type) and not str(each.type).endswith("!]!")
            ]
    assert loose == ["Query.nodes"]
