"""The filters and orders of lists become trees and keys without values; the values stand beside them.

Raises InvalidArgument, with the path of what is wrong.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar

from graphql import GraphQLInputObjectType, GraphQLInputType, GraphQLList, GraphQLNonNull

from renche.graph import filters
from renche.graph import money as amounts
from renche.graph.errors import InvalidArgument
from renche.graph.filters import NEGATIVE, Compare, Computed, Count, Filter, Missing, Not, Operator, Related, Subject
from renche.graph.page import SortKey
from renche.graph.traversal import Traversal
from renche.planner.meaning import Comparison, Form, Logic, Property, Quantified, Side, Value, input_meaning

T = TypeVar("T")


def filter_of(type_: GraphQLInputType, wanted: Mapping[str, Any], values: list[Any], path: str) -> Filter:
    """The tree of a filter; its values are put at the end of `values`."""
    return _conditions(_input(type_), wanted, values, path, of_edge=False)


def _conditions(
    type_: GraphQLInputObjectType, wanted: Mapping[str, Any], values: list[Any], path: str, *, of_edge: bool
) -> Filter:
    parts: list[Filter] = []
    for name, value in wanted.items():
        field, here = type_.fields[name], f"{path}.{name}"
        if value is None:
            raise InvalidArgument(f"{here}: null is no condition; leave it out, or ask for isNull.")
        meaning = input_meaning(field)
        if isinstance(meaning, Logic):
            parts.append(_logic(meaning, _input(field.type), value, values, here, of_edge=of_edge))
        elif isinstance(meaning, Side):
            parts.append(_conditions(_input(field.type), value, values, here, of_edge=meaning.edge))
        elif isinstance(meaning, Comparison) and isinstance(meaning.of, Traversal):
            parts.append(_related(_input(field.type), meaning.of, value, values, here))
        else:
            assert isinstance(meaning, Comparison)  # noqa: S101 - the only other kind of field a filter has
            compare = _money if isinstance(meaning.of, Property) and meaning.of.form is Form.MONEY else _compared
            parts.append(compare(subject_of(meaning, of_edge=of_edge), value, values, here))
    return parts[0] if len(parts) == 1 else filters.All(tuple(parts))


def _logic(
    meaning: Logic, type_: GraphQLInputObjectType, value: Any, values: list[Any], path: str, *, of_edge: bool
) -> Filter:
    if meaning.word == "not":
        return Not(_conditions(type_, value, values, path, of_edge=of_edge))
    parts = tuple(
        _conditions(type_, each, values, f"{path}[{place}]", of_edge=of_edge) for place, each in enumerate(value)
    )
    return filters.All(parts) if meaning.word == "and" else filters.Any(parts)


def _related(
    type_: GraphQLInputObjectType, traversal: Traversal, wanted: Mapping[str, Any], values: list[Any], path: str
) -> Filter:
    parts: list[Filter] = []
    for name, value in wanted.items():
        field, here = type_.fields[name], f"{path}.{name}"
        if value is None:
            raise InvalidArgument(f"{here}: null is no condition; leave it out.")
        meaning = input_meaning(field)
        assert isinstance(meaning, Quantified)  # noqa: S101 - the only kind of field a quantifier has
        if meaning.quantifier is None:
            parts.append(_compared(Count(traversal), value, values, here))
        else:
            part = _conditions(_input(field.type), value, values, here, of_edge=False)
            parts.append(Related(traversal, meaning.quantifier, part))
    return parts[0] if len(parts) == 1 else filters.All(tuple(parts))


def _compared(subject: Subject, wanted: Mapping[str, Any], values: list[Any], path: str) -> Filter:
    parts: list[Filter] = []

    def compare(operator: Operator, value: Any) -> None:
        parts.append(Compare(subject, operator, len(values)))
        values.append(plain(value))

    for name, value in wanted.items():
        if value is None:
            raise InvalidArgument(f"{path}.{name}: null is no value; leave it out, or ask for isNull.")
        if name == "isNull":
            parts.append(Missing(subject) if value else Not(Missing(subject)))
        elif name == "between":
            compare(Operator.GTE, value["from"])
            compare(Operator.LTE, value["to"])
        else:
            compare(Operator(name), value)
    return parts[0] if len(parts) == 1 else filters.All(tuple(parts))


def _money(subject: Subject, wanted: Mapping[str, Any], values: list[Any], path: str) -> Filter:
    """Comparisons of amounts in one currency; an amount in another meets none but `ne` and `notIn`."""
    assert isinstance(subject, filters.Property)  # noqa: S101 - amounts are properties
    code = _checked(f"{path}.currency", amounts.currency, wanted.get("currency", "CNY"))
    own = filters.Property("currency", subject.of_edge)

    def held(name: str, value: Any) -> Filter:
        units = _units(f"{path}.{name}", value, code)
        compared = _compared(subject, {NEGATIVE.get(name, name): units}, values, path)  # type: ignore[call-overload]
        same: Filter = Compare(own, Operator.EQ, len(values))
        values.append(code)
        if code == "CNY":  # as it is shown where no currency is known
            same = filters.Any((same, Missing(own)))
        met = filters.All((same, compared))
        return Not(met) if name in NEGATIVE else met

    if wanted.keys() <= {"currency"}:
        raise InvalidArgument(f"{path}: compare an amount; a currency alone is no condition.")
    parts = [
        _compared(subject, {name: value}, values, path) if name == "isNull" or value is None else held(name, value)
        for name, value in wanted.items()
        if name != "currency"
    ]
    return parts[0] if len(parts) == 1 else filters.All(tuple(parts))


def _units(path: str, value: Any, code: str) -> Any:
    """An amount, a list of them or a range, in minor units of the currency."""
    if isinstance(value, Mapping):
        return {name: _units(path, each, code) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_units(path, each, code) for each in value]
    return _checked(path, lambda amount: amounts.minor_units(amount, code), value)


def _checked(path: str, check: Callable[[Any], T], value: Any) -> T:
    try:
        return check(value)
    except ValueError as error:
        raise InvalidArgument(f"{path}: {error}") from None


def sort_key(type_: GraphQLInputType, key: Mapping[str, Any]) -> SortKey:
    ((name, value),) = key.items()  # a key has one field, as its type demands
    field = _input(type_).fields[name]
    meaning = input_meaning(field)
    if isinstance(meaning, Side):
        found = sort_key(field.type, value)
        if meaning.edge and isinstance(found.subject, filters.Property):
            return SortKey(filters.Property(found.subject.name, of_edge=True), found.descending)
        return found
    assert isinstance(meaning, Comparison)  # noqa: S101 - the only other kind of field an order has
    if isinstance(meaning.of, Traversal):
        return SortKey(Count(meaning.of), value["count"])
    return SortKey(subject_of(meaning, of_edge=False), value)


def subject_of(meaning: Comparison, *, of_edge: bool) -> Subject:
    """What is compared or sorted by."""
    if isinstance(meaning.of, Value):
        return Computed(meaning.of.traversal)
    assert isinstance(meaning.of, Property)  # noqa: S101 - traversals were taken before
    return filters.Property(meaning.of.name, of_edge=of_edge)


def _input(type_: GraphQLInputType) -> GraphQLInputObjectType:
    while isinstance(type_, GraphQLNonNull | GraphQLList):
        type_ = type_.of_type
    assert isinstance(type_, GraphQLInputObjectType)  # noqa: S101 - asked only where one stands
    return type_


def plain(value: Any) -> Any:
    """A coerced value as a parameter: words as text, lists as tuples, an instant without a zone in UTC."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(plain(each) for each in value)
    return value
