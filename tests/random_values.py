"""Values of arguments drawn by chance, mostly such as the graph has, and their text in a document."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    get_named_type,
)

from tests.evaluator import Graph
from tests.evaluator.special import IDS
from tests.evaluator.values import DECIMALS
from tests.random_graph import DAYS, INSTANTS, KINDS, PRESENT


class Word(str):
    """The name of an enum's value."""

    __slots__ = ()


@dataclass(frozen=True)
class Variable:
    """Stands for a variable in a value."""

    name: str


class Variables:
    """The variables that a document declares, each with its type and value."""

    def __init__(self, chance: Random, often: float = 0.25) -> None:
        self._chance = chance
        self._often = often
        self.types: dict[str, str] = {}
        self.values: dict[str, Any] = {}

    def add(self, type_: GraphQLInputType | str, value: Any) -> Variable:
        name = f"v{len(self.types)}"
        self.types[name] = str(type_)
        self.values[name] = plain(value)
        return Variable(name)

    def perhaps(self, type_: GraphQLInputType, value: Any) -> Any:
        """The value itself, or a variable that holds it."""
        return self.add(type_, value) if self._chance.random() < self._often and _free(value) else value

    @property
    def declared(self) -> str:
        if not self.types:
            return ""
        return "(" + ", ".join(f"${name}: {type_}" for name, type_ in self.types.items()) + ")"


def _free(value: Any) -> bool:
    """Whether no variable stands in a value, so that it may be one itself."""
    if isinstance(value, Variable):
        return False
    if isinstance(value, Mapping):
        return all(map(_free, value.values()))
    return all(map(_free, value)) if isinstance(value, list) else True


def plain(value: Any) -> Any:
    """A value as JSON."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


def literal(value: Any) -> str:
    """A value as the text of a document."""
    if isinstance(value, Variable):
        return f"${value.name}"
    if isinstance(value, Word):
        return str(value)
    if isinstance(value, date | Decimal):
        return json.dumps(plain(value))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {literal(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return json.dumps(value)


class Values:
    """Draws the values of arguments."""

    def __init__(self, chance: Random, graph: Graph, schema: GraphQLSchema, variables: Variables) -> None:
        self._chance = chance
        self._graph = graph
        self._schema = schema
        self._variables = variables
        self._currency = "CNY"

    def day(self) -> date:
        return self._chance.choice(DAYS) + timedelta(days=self._chance.choice([-1, 0, 0, 0, 1]))

    def instant(self) -> datetime:
        return self._chance.choice(INSTANTS) + timedelta(microseconds=self._chance.choice([-1, 0, 0, 0, 1]))

    def id_of(self, label: str) -> str:
        """The id of a thing, seldom of one that is not there."""
        things = self._graph.all(label)
        if self._chance.random() < 0.05 or not things:
            return f"{KINDS[label][0]}_{'a' * 26}"
        # The first ones have the most links.
        return self._chance.choice(things[:6] if self._chance.random() < 0.6 else things).id

    def sought(self) -> str:
        """A text to search for: a VIN or its end, a phone, a plate, a part of a name."""
        chance = self._chance
        vin, hmac = chance.choice(self._words["vin"]), chance.choice(self._words["hmac"])
        name = chance.choice([each for each in self._words["name"] if len(each.strip()) > 1])
        vin = vin.lower() if chance.random() < 0.3 else vin
        identifier = hmac.partition(":")[2].removeprefix(chance.choice(["+86", ""]))
        spaced = f"{identifier[:3]}{chance.choice(['-', ' ', '·', ''])}{identifier[3:]}"
        found: str = chance.choice([vin, vin[-chance.choice([6, 8, 16]) :], identifier, spaced, name[:3], name])
        return found if len(found.strip()) > 1 else "one"

    def some_ids(self) -> list[str]:
        """A few ids of things that may be asked for."""
        return [self.id_of(label) for label in IDS.values()]

    @cached_property
    def _words(self) -> dict[str, list[Any]]:
        found: dict[str, set[Any]] = {}
        for each in [*self._graph.things, *self._graph.links]:
            for name, value in each.properties.items():
                found.setdefault(name, set()).add(value)
        return {name: sorted(values, key=str) for name, values in found.items()}

    # Filters

    def filter_of(self, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        """A filter, with related rows down to a depth."""
        chance = self._chance
        found: dict[str, Any] = {}
        logic = [name for name in ("and", "or", "not") if name in type_.fields]
        others = [name for name in type_.fields if name not in logic]
        related = [name for name in others if get_named_type(type_.fields[name].type).name.endswith("Quantifier")]
        simple = [name for name in others if name not in related]
        for _ in range(chance.choice([0, 1, 1, 1, 1, 2])):
            kind = chance.random() if depth > 0 else 1.0
            pool = logic if kind < 0.3 else related if kind < 0.6 and related else simple
            name = chance.choice(pool)
            found[name] = self._condition(name, type_.fields[name], depth)
        return found

    def _condition(self, name: str, field: GraphQLInputField, depth: int) -> Any:
        type_ = get_named_type(field.type)
        assert isinstance(type_, GraphQLInputObjectType)
        if name in ("and", "or"):
            some = [self.filter_of(type_, depth - 1) for _ in range(self._chance.choice([0, 1, 2, 2, 3]))]
            return self._variables.perhaps(field.type, some)
        if name in ("not", "node", "role"):
            return self.filter_of(type_, depth - (name == "not"))
        if type_.name.endswith("Quantifier"):
            return self._quantified(type_, depth - 1)
        return self._variables.perhaps(field.type, self._compared(name, type_))

    def _quantified(self, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in self._chance.sample(["some", "none", "every", "count"], self._chance.choice([1, 1, 1, 2])):
            inner = get_named_type(type_.fields[name].type)
            assert isinstance(inner, GraphQLInputObjectType)
            found[name] = self._compared("count", inner) if name == "count" else self.filter_of(inner, depth)
        return found

    def _compared(self, name: str, type_: GraphQLInputObjectType) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if "currency" in type_.fields:
            self._currency = self._chance.choice(["CNY", "CNY", "JPY", "KWD"])
            if self._currency != "CNY" or self._chance.random() < 0.3:
                found["currency"] = self._currency
        # What a missing value meets is asked for more often than the rest.
        often = [each for each in ("ne", "notIn", "isNull") if each in type_.fields and self._chance.random() < 0.4]
        operators = [each for each in type_.fields if each != "currency"]
        several = [self._chance.choice(often or operators), *self._chance.sample(operators, 1)]
        for operator in several if self._chance.random() < 0.15 else several[:1]:
            field = type_.fields[operator]
            if operator == "isNull":
                found[operator] = self._chance.random() < 0.5
            elif operator == "between":
                one, other = sorted([self._value(name, type_), self._value(name, type_)])
                found[operator] = {"from": one, "to": other}
            elif operator in ("in", "notIn"):
                values = [self._value(name, type_) for _ in range(self._chance.choice([0, 1, 2, 3]))]
                found[operator] = self._variables.perhaps(field.type, values)
            elif operator in ("contains", "startsWith", "endsWith"):
                found[operator] = self._part(self._value(name, type_), operator)
            else:
                found[operator] = self._variables.perhaps(field.type, self._value(name, type_))
        return found

    def _part(self, text: str, operator: str) -> str:
        start = self._chance.randrange(len(text) + 1)
        if operator == "startsWith":
            return text[:start]
        return text[start:] if operator == "endsWith" else text[start : start + 2]

    def _value(self, name: str, filter_: GraphQLInputObjectType) -> Any:
        """A value of the type that a filter compares, mostly one that the property has somewhere."""
        kind = filter_.name.removesuffix("Filter")
        if kind == "Money":
            return self._amount()
        type_ = self._schema.type_map[kind]
        known = [each for each in self._words.get(name, []) if _is(kind, each)]
        if isinstance(type_, GraphQLEnumType):
            return Word(self._chance.choice(list(type_.values)))
        if known and kind != "Int" and self._chance.random() < 0.85:
            return self._chance.choice(known)
        match kind:
            case "Date":
                return self.day()
            case "DateTime":
                return self.instant()
            case "Int":
                small = [0, 1, 1, 2, 3, 4]
                return self._chance.choice(known if known and name != "count" else small)
            case "Boolean":
                return self._chance.random() < 0.5
        return self._chance.choice(["", "a", "one", "`", "$x", "\\", "'", "星", "310000"])

    def _amount(self) -> Decimal:
        """An amount in the currency of the filter under way."""
        return Decimal(self._chance.choice([0, 5, 12880000, 99, 100])).scaleb(-DECIMALS[self._currency])

    # Orders and times

    def order_of(self, type_: GraphQLInputObjectType) -> list[dict[str, Any]]:
        return [self._key(type_) for _ in range(self._chance.choice([1, 1, 2, 3]))]

    def _key(self, type_: GraphQLInputType) -> dict[str, Any]:
        assert isinstance(type_, GraphQLInputObjectType)
        name = self._chance.choice(list(type_.fields))
        field = get_named_type(type_.fields[name].type)
        if isinstance(field, GraphQLEnumType):
            return {name: Word(self._chance.choice(["ASC", "DESC"]))}
        return {name: self._key(field)}

    def interval(self) -> dict[str, date]:
        start, end = sorted([self.day(), self.day() + timedelta(days=40)])
        found = {"from": start, "to": end + timedelta(days=1)}
        return {name: day for name, day in found.items() if self._chance.random() < 0.7}


def _is(kind: str, value: Any) -> bool:
    match kind:
        case "Date":
            return isinstance(value, date) and not isinstance(value, datetime)
        case "DateTime":
            return isinstance(value, datetime)
        case "Int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "Boolean":
            return isinstance(value, bool)
    return isinstance(value, str)


def unwrapped(type_: Any) -> Any:
    """A type without its outer `!` or list."""
    while isinstance(type_, GraphQLNonNull | GraphQLList):
        type_ = type_.of_type
    return type_


__all__ = ["PRESENT", "Values", "Variable", "Variables", "Word", "literal", "plain", "unwrapped"]
