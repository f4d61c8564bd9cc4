"""What a field of the schema means in the graph; the resolvers say it beside each field, the planner reads it.

A field without a meaning can only be answered by its resolver.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from graphql import GraphQLField, GraphQLInputField, GraphQLObjectType

from renche.graph.filters import Quantifier
from renche.graph.groups import GroupKey, Measure
from renche.graph.traversal import Traversal


class Form(Enum):
    """How a value of the database becomes a value of the answer."""

    PLAIN = "plain"
    DATE = "date"
    INSTANT = "instant"
    MONEY = "money"  # minor units, with the property `currency` beside them
    ENDING = "ending"  # the last six characters
    REASONS = "reasons"  # for each reason to buy again whether it applies


@dataclass(frozen=True)
class Property:
    """A property of the thing, or of the relationship that leads to it."""

    name: str
    form: Form = Form.PLAIN
    of_edge: bool = False
    masked: bool = False


@dataclass(frozen=True)
class Value:
    """What a traversal of the form `value:` finds."""

    traversal: Traversal
    form: Form = Form.PLAIN


@dataclass(frozen=True)
class Pages:
    """A connection. `roles`: rows show the relationships that lead to them. `start`: the argument with the id of the
    thing it starts at, and the label of that thing; none where it starts at the field's own thing, or at nothing.
    """

    traversal: Traversal
    roles: bool = True
    start: tuple[str, str] | None = None


@dataclass(frozen=True)
class One:
    """The one thing that a traversal leads to, or null."""

    traversal: Traversal


@dataclass(frozen=True)
class Several:
    """All things that a traversal leads to, as a list with a limit."""

    traversal: Traversal


@dataclass(frozen=True)
class End:
    """The thing at the start or the end of a relationship."""

    label: str
    start: bool


@dataclass(frozen=True)
class Named:
    """The thing whose id is a property of the relationship."""

    label: str
    property: str


@dataclass(frozen=True)
class ById:
    """The thing with the id that an argument gives; of this label, or of whichever the id says."""

    label: str | None
    argument: str = "id"


@dataclass(frozen=True)
class ByIds:
    """The things with the ids that an argument gives."""

    argument: str = "ids"


@dataclass(frozen=True)
class ByVin:
    """The vehicle with the id or the VIN that an argument gives."""


@dataclass(frozen=True)
class Records:
    """The rows of a traversal of the form `binds:`, and whether they are all.

    `start`: the thing it begins at: the argument with its id, its label; none where it is the field's own thing.
    `ways`: the traversal for each value of the argument `choice`, or the only one. `depth`: an argument that says how
    often the pattern repeats at most.
    """

    ways: tuple[tuple[str, Traversal], ...]
    start: tuple[str, str] | None = None
    choice: str | None = None
    depth: str | None = None


@dataclass(frozen=True)
class Path:
    """The hops of a shortest path between the things whose ids the arguments `from` and `to` give."""


@dataclass(frozen=True)
class Search:
    """The rows of a traversal of the form `binds:` for the text that an argument gives."""

    traversal: Traversal


@dataclass(frozen=True)
class Reveal:
    """Personal values in clear of the people whose id or ids this argument gives; only the resolver knows which."""

    argument: str = "ids"


@dataclass(frozen=True)
class Variable:
    """A variable of a row of Records or of a Path, by its name."""

    variable: str
    form: Form = Form.PLAIN


@dataclass(frozen=True)
class Table:
    """A list whose rows are the lists that a traversal of the form `value:` answers with."""

    traversal: Traversal


@dataclass(frozen=True)
class Column:
    """A column of a Table's row."""

    place: int


@dataclass(frozen=True)
class Aggregate:
    """Groups of the rows of the connection it is a field of."""


@dataclass(frozen=True)
class Key:
    """What a group's rows have in common, where they are grouped by it."""

    key: GroupKey


@dataclass(frozen=True)
class Figure:
    """A figure of a group."""

    measure: Measure
    form: Form = Form.PLAIN


Meaning: TypeAlias = (
    Property
    | Value
    | Pages
    | One
    | Several
    | End
    | Named
    | ById
    | ByIds
    | ByVin
    | Records
    | Path
    | Search
    | Reveal
    | Variable
    | Table
    | Column
    | Aggregate
    | Key
    | Figure
)


@dataclass(frozen=True)
class Comparison:
    """A filter's or an order's field: a property, a computed value or a traversal, of the row's thing or its edge."""

    of: Property | Value | Traversal


@dataclass(frozen=True)
class Side:
    """A filter's or an order's field that leads to the row's thing, or to its edge."""

    edge: bool


@dataclass(frozen=True)
class Logic:
    """`and`, `or` or `not`."""

    word: str


@dataclass(frozen=True)
class Quantified:
    """`some`, `none` or `every`; None for `count`."""

    quantifier: Quantifier | None


InputMeaning: TypeAlias = Comparison | Side | Logic | Quantified

_KEY = "renche"


def meaning_of(field: GraphQLField | GraphQLInputField) -> Any:
    """What the field means; None when only its resolver knows."""
    return field.extensions.get(_KEY)


def relationship_of(type_: GraphQLObjectType) -> str:
    """The type of the relationships that objects of this type show."""
    found: str = type_.extensions[_KEY]
    return found


def give_meaning(field: "GraphQLField | GraphQLInputField", meaning: "Meaning | InputMeaning") -> None:
    """Says what a field means."""
    field.extensions[_KEY] = meaning


def give_relationship(type_: GraphQLObjectType, relationship: str) -> None:
    """Says which relationships objects of this type show."""
    type_.extensions[_KEY] = relationship


def input_meaning(field: GraphQLInputField) -> InputMeaning:
    """What a field of a filter or an order means."""
    found: InputMeaning = field.extensions[_KEY]
    return found
