"""Query documents drawn by chance: valid for the schema, mostly with an answer that is not empty, of a bounded size.

Our own, and not hypothesis-graphql's: that one needs a graphql-core below 3.3, and draws neither ids, cursors and
values that a graph has nor arguments that go together. `chance` may be Hypothesis's own, which makes a document small.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
    parse,
    validate,
)

from tests.evaluator import Graph
from tests.evaluator.special import IDS
from tests.random_graph import CITIES
from tests.random_values import Values, Variable, Variables, Word, literal, unwrapped

DEPTH: Final = 4
SIZES: Final = [1, 1, 2, 2, 3, 3, 4, 8]
"""How many fields that lead to other things a document has at most, or nearly."""

UNKNOWN: Final[frozenset[str]] = frozenset()
"""Fields that the evaluator does not know yet."""

COSTLY: Final = {"repurchaseReasons", "repurchaseCandidates"}
"""Fields that take Neo4j so long to plan that they come seldom."""

WRAPPERS: Final = frozenset(
    ["ReferralChain", "ReferralChainLink", "Timeline", "TimelineEvent", "Path", "PathHop", "SearchHits", "SearchHit"]
)
"""Types that stand between a thing and those it leads to, as connections and their edges do."""


@dataclass
class Drawn:
    """A document with its variables. `marks`: a list's key in the answer, the variables for a cursor of it and for the
    number of its rows."""

    text: str
    variables: dict[str, Any]
    marks: dict[str, tuple[str, str]] = field(default_factory=dict)


def document(chance: Random, graph: Graph, schema: GraphQLSchema) -> Drawn:
    """A valid document; one that came out invalid (two fields in each other's way) is drawn again."""
    while True:
        drawn = _Document(chance, graph, schema).drawn()
        try:
            if not validate(schema, parse(drawn.text)):
                return drawn
        except GraphQLError as error:
            raise AssertionError(drawn.text) from error


class _Document:
    def __init__(self, chance: Random, graph: Graph, schema: GraphQLSchema) -> None:
        self._chance = chance
        self._schema = schema
        self._variables = Variables(chance)
        self._values = Values(chance, graph, schema, self._variables)
        self._fragments: dict[str, tuple[str, str]] = {}  # name → type, text
        self._size = chance.choice(SIZES)
        self._aliases = 0
        self._marks: dict[str, tuple[str, str]] = {}

    def drawn(self) -> Drawn:
        assert self._schema.query_type is not None
        body = self._selection(self._schema.query_type, DEPTH, at_most=2)
        fragments = "".join(f"\nfragment {name} on {type_} {text}" for name, (type_, text) in self._fragments.items())
        name = self._chance.choice(["", " Find", " Ask_2"])
        shorthand = not name and not self._variables.types and self._chance.random() < 0.5
        head = "" if shorthand else f"query{name}{self._variables.declared} "
        return Drawn(f"{head}{body}{fragments}", dict(self._variables.values), self._marks)

    # Selections

    def _selection(self, type_: GraphQLObjectType | GraphQLInterfaceType, depth: int, at_most: int = 4) -> str:
        chance = self._chance
        fields = self._chosen(type_, depth, at_most)
        parts = [self._field(type_, name, depth) for name in fields]
        if chance.random() < 0.12:
            cut = chance.randrange(len(parts) + 1)
            parts = [*parts[:cut], self._inline(type_, parts[cut:])] if parts[cut:] else parts
        if isinstance(type_, GraphQLInterfaceType):
            some = chance.sample(list(self._schema.get_possible_types(type_)), 2)
            parts += [f"... on {each.name} {self._selection(each, depth, 3)}" for each in some]
        if chance.random() < 0.1 and self._size > 0 and type_.name not in ("PageInfo", "Money"):
            parts.insert(chance.randrange(len(parts) + 1), self._spread(type_, depth))
        if chance.random() < 0.1:
            # The same field again: selections of one key are merged.
            again = next((name for name in fields if _leads_on(type_.fields.get(name))), None)
            if again is not None and not type_.fields[again].args:
                parts.append(self._field(type_, again, depth, plain=True))
        return "{ " + " ".join(parts) + " }"

    def _chosen(self, type_: GraphQLObjectType | GraphQLInterfaceType, depth: int, at_most: int) -> list[str]:
        """The names of the fields to select; at least one."""
        chance = self._chance
        known = {name: each for name, each in type_.fields.items() if name not in UNKNOWN}
        leaves = [name for name, each in known.items() if not _leads_on(each)]
        onward = [name for name, each in known.items() if _leads_on(each)]
        if type_.name == "Query":
            onward = [name for name in onward if name not in COSTLY or chance.random() < 0.2]
            return [chance.choice(onward) for _ in range(chance.choice([1, 1, 1, 2]))]
        if type_.name.endswith(("Connection", "Edge")) or type_.name in WRAPPERS:
            found = chance.sample(list(known), min(len(known), chance.choice([1, 2, 2, 3])))
            return found if depth >= 0 else leaves or found[:1]
        leaves = [name for name in leaves if name not in COSTLY or chance.random() < 0.2]
        found = chance.sample(leaves, min(len(leaves), chance.randrange(1, at_most + 1)))
        if depth > 0 and self._size > 0:
            found += chance.sample(onward, min(len(onward), chance.choice([0, 1, 1, 2])))
        if chance.random() < 0.12 or not found:
            found.append("__typename")
        chance.shuffle(found)
        return found

    def _inline(self, type_: GraphQLObjectType | GraphQLInterfaceType, parts: list[str]) -> str:
        on = f" on {type_.name}" if self._chance.random() < 0.6 else ""
        return f"...{on}{self._directive()} {{ {' '.join(parts)} }}"

    def _spread(self, type_: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> str:
        """A fragment, an old one again or a new one, on the type or on an interface of it."""
        chance = self._chance
        fitting = [name for name, (on, text) in self._fragments.items() if on == type_.name and text]
        if fitting and chance.random() < 0.5:
            self._size -= 2
            return f"...{chance.choice(fitting)}{self._directive()}"
        on: GraphQLObjectType | GraphQLInterfaceType = type_
        if isinstance(type_, GraphQLObjectType) and type_.interfaces and chance.random() < 0.3:
            on = chance.choice(list(type_.interfaces))
        name = f"F{len(self._fragments)}"
        self._fragments[name] = (on.name, "")  # its name is taken while it is drawn
        self._fragments[name] = (on.name, self._selection(on, min(depth, 1), 3))
        return f"...{name}{self._directive()}"

    def _directive(self) -> str:
        chance = self._chance
        if chance.random() > 0.08:
            return ""
        value = chance.random() < 0.5
        condition: Any = self._variables.add("Boolean!", value) if chance.random() < 0.6 else value
        return f" @{chance.choice(['skip', 'include'])}(if: {literal(condition)})"

    # Fields

    def _field(
        self, type_: GraphQLObjectType | GraphQLInterfaceType, name: str, depth: int, *, plain: bool = False
    ) -> str:
        if name == "__typename":
            return name if self._chance.random() < 0.5 else f"{self._alias()}: __typename"
        definition = type_.fields[name]
        end = get_named_type(definition.type)
        inside = type_.name.endswith(("Connection", "Edge")) or type_.name in WRAPPERS
        given = {} if plain else self._arguments(type_, name, definition)
        cursor = given.pop("cursor", None)
        # A field with arguments nearly always under a name of its own, so that two do not meet.
        alias = (definition.args and self._chance.random() < 0.85) or self._chance.random() < 0.08 or cursor
        key = self._alias() if alias and not plain else name
        if cursor is not None:
            self._marks[key] = cursor
        text = f"{key}: {name}" if key != name else name
        if given:
            text += "(" + ", ".join(f"{argument}: {literal(value)}" for argument, value in given.items()) + ")"
        text += "" if plain or type_.name == "Query" else self._directive()
        if name == "aggregate":
            return f"{text} {self._group(end, given['by'])}"
        if not is_composite_type(end):
            return text
        assert isinstance(end, GraphQLObjectType | GraphQLInterfaceType)
        if not inside and end.name not in ("Money", "PageInfo"):
            self._size -= 1
        selection = self._selection(end, depth if inside else depth - 1)
        if cursor is not None:
            selection = "{ pageInfo { startCursor endCursor } " + selection[1:]
        return f"{text} {selection}"

    def _group(self, type_: Any, by: Any) -> str:
        """The selection of a group: its keys and some figures."""
        keys = self._variables.values[by.name] if isinstance(by, Variable) else by
        parts = ["count"] if self._chance.random() < 0.8 else []
        if keys:
            names = [key.lower().split("_") for key in keys]
            fields = {first + "".join(map(str.capitalize, others)) for first, *others in names}
            parts.append(f"key {{ {' '.join(sorted(fields))} }}")
        for part, definition in type_.fields.items():
            if part not in ("count", "key") and (self._chance.random() < 0.4 or not parts):
                figures: Any = get_named_type(definition.type)
                some = self._chance.sample(list(figures.fields), self._chance.randrange(1, 3) % len(figures.fields) + 1)
                money = [name for name in some if name in ("amount", "rolePrice") and part != "distinct"]
                shown = [f"{name} {{ amount currency }}" if name in money else name for name in some]
                parts.append(f"{part} {{ {' '.join(shown)} }}")
        self._chance.shuffle(parts)
        return "{ " + " ".join(parts) + " }"

    def _alias(self) -> str:
        self._aliases += 1
        return f"a{self._aliases}"

    def _arguments(
        self, type_: GraphQLObjectType | GraphQLInterfaceType, name: str, definition: GraphQLField
    ) -> dict[str, Any]:
        """The arguments of a field; `cursor` among them is no argument, but the variable for one."""
        found: dict[str, Any] = {}
        args = definition.args
        for argument in ("id", "ids", "vin", "household", "person", "dealer", "city", "from"):
            if argument in args:
                found |= self._start(argument, name, args)
        if "orderBy" in args:
            found |= self._list_arguments(definition)
        found |= self._own(name, definition)
        for argument, draw in (("asOf", self._values.day), ("asKnownAt", self._values.instant)):
            if argument in args and self._chance.random() < (0.25 if type_.name == "Query" else 0.12):
                found[argument] = draw()
        for argument in found:
            if argument in args and not isinstance(found[argument], Variable):
                found[argument] = self._variables.perhaps(args[argument].type, found[argument])
        return found

    def _start(self, argument: str, name: str, args: Mapping[str, Any]) -> dict[str, Any]:
        """Where a field begins."""
        values, chance = self._values, self._chance
        match argument:
            case "vin":
                return {}
            case "id" if name == "node":
                return {"id": values.id_of(chance.choice(list(IDS.values())))}
            case "id" if "vin" in args and chance.random() < 0.4:
                vin = str(values._value("vin", self._schema.type_map["StringFilter"]))  # type: ignore[arg-type]
                return {"vin": f" {vin.lower()}" if chance.random() < 0.3 else vin}
            case "id":
                return {"id": values.id_of(unwrapped(self._schema.query_type.fields[name].type).name)}  # type: ignore[union-attr]
            case "ids":
                return {"ids": [values.id_of(chance.choice(list(IDS.values()))) for _ in range(chance.randrange(5))]}
            case "dealer" if chance.random() < 0.5:
                return {}
            case "from" if name == "connection":
                one, other = chance.sample(values.some_ids(), 2)
                return {"from": one, "to": other}
            case "from":
                return {}
            case "city":
                return {} if name == "referralFunnel" and chance.random() < 0.5 else {"city": chance.choice(CITIES)}
        return {argument: values.id_of(argument.capitalize())}

    def _own(self, name: str, definition: GraphQLField) -> dict[str, Any]:
        """Arguments that only one field has."""
        chance = self._chance
        found: dict[str, Any] = {}
        match name:
            case "lapsedOwners" if chance.random() < 0.8:
                found["months"] = chance.choice([1, 2, 6, 12, 54, 240])
            case "referralChain":
                found |= {"depth": chance.choice([1, 2, 3, 4]), "first": chance.choice([0, 2, 5, 100])}
                if chance.random() < 0.6:
                    found["direction"] = Word(chance.choice(["UP", "DOWN"]))
            case "timeline":
                found["first"] = chance.choice([0, 2, 5, 100])
                if chance.random() < 0.3:
                    found["between"] = self._values.interval()
            case "search":
                found |= {"text": self._values.sought(), "first": chance.choice([0, 1, 3, 20, 100])}
            case "connection":
                found["maxHops"] = chance.choice([1, 2, 3, 3, 4])
            case "aggregate":
                found |= {"by": self._keys(definition), "first": chance.choice([100, 100, 2, 1, 0])}
            case "referralFunnel" if chance.random() < 0.5:
                found |= self._values.interval()
        return found

    def _keys(self, definition: GraphQLField) -> list[Any]:
        """What the rows of a list are grouped by."""
        keys: Any = get_named_type(definition.args["by"].type)
        return [Word(each) for each in self._chance.sample(list(keys.values), self._chance.choice([0, 1, 1, 2]))]

    def _list_arguments(self, definition: GraphQLField) -> dict[str, Any]:
        chance, args = self._chance, definition.args
        found: dict[str, Any] = {}
        if chance.random() < 0.45:
            type_ = get_named_type(args["filter"].type)
            assert isinstance(type_, GraphQLInputObjectType)
            found["filter"] = self._values.filter_of(type_, chance.choice([0, 1, 1, 2]))
        marked = len(self._marks) < 2 and chance.random() < 0.35
        if chance.random() < (0.8 if marked else 0.4):
            found["orderBy"] = self._values.order_of(unwrapped(args["orderBy"].type))
        if "between" in args and chance.random() < 0.2:
            found["between"] = self._values.interval()
        way = chance.random()
        size: Any = chance.choice([0, 1, 1, 2, 2, 3, 3, 5, 100])
        if marked:
            mark, size = self._variables.add("String", None), self._variables.add("Int", max(size, 1))
            found |= {"last": size, "before": mark} if way < 0.4 else {"first": size, "after": mark}
            found["cursor"] = (mark.name, size.name)
        elif way < 0.8:
            found["last" if way < 0.25 else "first"] = size
        return found


def _leads_on(definition: GraphQLField | None) -> bool:
    return definition is not None and is_composite_type(get_named_type(definition.type))
