"""The arguments of a field become what the graph is asked for: a shape, which chooses text, and values.

Everything that can be wrong with an argument is found here, before either way of execution begins. Raises
InvalidArgument, with the argument's name first.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, lru_cache, partial
from hashlib import blake2b
from typing import Any, TypeAlias

from graphql import GraphQLField, GraphQLInputField

from renche.graph import filters
from renche.graph.caller import READ_BY, Scope
from renche.graph.cursor import Cursors
from renche.graph.errors import InvalidArgument, InvalidCursor, InvalidId
from renche.graph.groups import MAXIMUM_GROUPS
from renche.graph.ids import label_of
from renche.graph.keyed import Keyed
from renche.graph.page import DEFAULT_PAGE, Page, PageShape, own_times
from renche.graph.search import search_terms
from renche.graph.traversal import Traversal
from renche.planner.arguments import fields_given
from renche.planner.conditions import filter_of, plain, sort_key
from renche.planner.cost import weight_of
from renche.planner.meaning import (
    Aggregate,
    ById,
    ByIds,
    ByVin,
    Pages,
    Path,
    Quantified,
    Records,
    Reveal,
    Search,
    meaning_of,
)
from renche.planner.scopes import scopes_of

Check: TypeAlias = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Given:
    """The arguments of a field that is no list; all but the values and the times themselves choose text.

    `text`: values that do so, of a closed set each. `lookups`: how many phones or plates it looks for, and people whose
    values it shows in clear: whether somebody is known tells already something.
    """

    as_of: date | None
    as_known_at: datetime | None
    labels: tuple[str, ...] = ()
    values: tuple[tuple[str, Any], ...] = ()
    text: tuple[Any, ...] = ()
    lookups: int = 0
    needs: frozenset[Scope] = frozenset()

    @property
    def own(self) -> tuple[bool, bool]:
        """Whether it states a day, and an instant, of its own."""
        return (self.as_of is not None, self.as_known_at is not None)

    @property
    def shape(self) -> tuple[Any, ...]:
        return (self.labels, self.own, self.text, tuple(name for name, _ in self.values))

    def parameters(self, prefix: str, *, beyond: int = 0) -> dict[str, Any]:  # noqa: ARG002 - as Page has it
        return {f"{prefix}{name}": value for name, value in self.values} | own_times(
            prefix, self.as_of, self.as_known_at
        )


@dataclass(frozen=True)
class Listed:
    """The arguments of a list of this traversal.

    `start`: the id of the thing that an argument says it begins at. `weight`: what its filter and its order cost.
    """

    traversal: Traversal
    page: Page
    start: str | None = None
    needs: frozenset[Scope] = frozenset()
    weight: int = 0

    @cached_property
    def binding(self) -> str:
        """Names the list that a cursor is of; lists that differ in anything but the page differ here."""
        page, shape = self.page, self.page.shape
        text = _written(shape.filter, shape.order, shape.between)
        parts = f"{text}{(page.values, page.arguments, page.between, self.start)!r}"
        return f"{self.traversal.name}|{blake2b(parts.encode(), digest_size=16).hexdigest()}"

    @property
    def shape(self) -> PageShape:
        return self.page.shape

    @property
    def own(self) -> tuple[bool, bool]:
        """Whether it states a day, and an instant, of its own."""
        return self.page.shape.own

    def parameters(self, prefix: str, *, beyond: int = 1) -> dict[str, Any]:
        found = self.page.parameters(prefix, beyond=beyond)
        if self.start is not None:
            found[f"{prefix}start"] = self.start
        return found


@lru_cache(maxsize=1_000)
def _written(*parts: Hashable) -> str:
    """How they are written out; for the same few parts again and again, which takes longer than to look it up."""
    return repr(parts)


Bound: TypeAlias = Given | Listed


def bind(field: GraphQLField, arguments: Mapping[str, Any], keyed: Keyed) -> Bound:
    """What a field with these coerced arguments asks for, what they cost, and which scopes they need beside its own."""
    found = _bind(field, arguments, keyed)
    needs = set(found.needs)
    if isinstance(found, Listed):
        given = [
            each
            for name in ("filter", "orderBy")
            if (value := arguments.get(name))
            for each in fields_given(field.args[name].type, value)
        ]
        needs.update(*(scopes_of(each) for each, _ in given))
        if weight := sum(own * _evaluations(each, value) for each, value in given if (own := weight_of(each))):
            found = replace(found, weight=weight)
    else:
        needs.update(READ_BY[label] for label in found.labels)
    # What the field itself needs is asked of the whole document, once.
    needs -= scopes_of(field)
    return replace(found, needs=frozenset(needs)) if needs else found


def _evaluations(field: GraphQLInputField, value: Any) -> int:
    """How often the database works out what a field of a filter or of an order is about: for each comparison anew."""
    meaning = meaning_of(field)
    if not isinstance(value, dict) or (isinstance(meaning, Quantified) and meaning.quantifier is not None):
        return 1
    return sum(2 if operator == "between" else 1 for operator in value)


def _bind(field: GraphQLField, arguments: Mapping[str, Any], keyed: Keyed) -> Bound:
    meaning = meaning_of(field)
    check: Check | None = field.extensions.get("check")
    if check is not None:
        check(arguments)
    as_of, as_known_at = arguments.get("asOf"), plain(arguments.get("asKnownAt"))
    if isinstance(meaning, Pages):
        return _listed(field, meaning, arguments, keyed.cursors, as_of, as_known_at)
    given = partial(Given, as_of, as_known_at)
    if isinstance(meaning, ById):
        id_ = arguments[meaning.argument]
        return given((_label(meaning.argument, id_, meaning.label),), (("id", id_),))
    if isinstance(meaning, ByIds):
        ids = arguments[meaning.argument]
        return given(tuple(sorted({label_of(id_) for id_ in ids})), (("ids", tuple(ids)),))
    if isinstance(meaning, ByVin):
        id_, vin = arguments.get("id"), arguments.get("vin")
        if id_ is not None:
            return given((_label("id", id_, "Vehicle"),), (("id", id_),))
        return given(("Vehicle",), (("vin", (vin or "").strip().upper()),))
    if isinstance(meaning, Aggregate):
        most = arguments["first"]
        if not 0 <= most <= MAXIMUM_GROUPS:
            raise InvalidArgument(f"first: ask for 0 to {MAXIMUM_GROUPS} groups, not {most}.")
        return given((), (("groups", most),), tuple(dict.fromkeys(arguments["by"])))
    if isinstance(meaning, Reveal):
        people = arguments[meaning.argument]
        return given(lookups=len(people) if isinstance(people, list) else 1)
    values = {name: plain(value) for name, value in arguments.items() if name not in ("asOf", "asKnownAt")}
    if isinstance(meaning, Records):
        return given((), *_of_records(meaning, values))
    if isinstance(meaning, Search):
        found = search_terms(values["text"], keyed.fingerprints) | {"limit": values["first"] + 1}
        if not found["hmacs"]:
            return given((), tuple(found.items()))
        return given((), tuple(found.items()), lookups=1, needs=frozenset({Scope.LOOKUP}))
    if isinstance(meaning, Path):
        ends = (values["from"], values["to"])
        if ends[0] == ends[1]:
            raise InvalidArgument("to: must be another thing than `from`.")
        labels = (_label("from", ends[0], None), _label("to", ends[1], None))
        return given(labels, (("from", ends[0]), ("to", ends[1])), (values["maxHops"],))
    return given((), tuple(sorted(values.items())))


def _of_records(meaning: Records, values: dict[str, Any]) -> tuple[tuple[tuple[str, Any], ...], tuple[Any, ...]]:
    """The values and the choices of text for rows of several variables."""
    found = {"limit": values["first"] + 1}
    if meaning.start is not None:
        name, label = meaning.start
        _label(name, values[name], label)
        found["start"] = values[name]
    if "from" in meaning.ways[0][1].parameters:
        found["from"], found["to"] = _interval(values.get("between") or {})
    text = tuple(values[each] for each in (meaning.choice, meaning.depth) if each is not None)
    return tuple(found.items()), text


def _interval(given: Mapping[str, Any]) -> tuple[Any, Any]:
    """The start and the end of an interval, None where it is open."""
    start, end = given.get("from"), given.get("to")
    if start is not None and end is not None and end <= start:
        raise InvalidArgument("between: `to` must be later than `from`.")
    return start, end


def way_of(meaning: Records, given: "Given") -> Traversal:
    """The traversal that the arguments choose, its pattern held to the depth that they state."""
    text = list(given.text)
    way = dict(meaning.ways)[text.pop(0)] if meaning.choice is not None else meaning.ways[0][1]
    return way.repeated(text.pop(0)) if text else way


def _label(argument: str, id_: str, wanted: str | None) -> str:
    """The label that an id names, which must be the one wanted."""
    label = label_of(id_)
    if wanted is not None and label != wanted:
        raise InvalidId(f"{argument}: this is the id of a {label}, not of a {wanted}.")
    return label


_STANDARD = frozenset({"filter", "orderBy", "first", "after", "last", "before", "asOf", "asKnownAt", "between"})


def _listed(
    field: GraphQLField,
    meaning: Pages,
    arguments: Mapping[str, Any],
    cursors: Cursors,
    as_of: date | None,
    as_known_at: datetime | None,
) -> Listed:
    backward, size, mark = _direction(arguments)
    values: list[Any] = []
    wanted = arguments.get("filter")
    filter_ = filter_of(field.args["filter"].type, wanted, values, "filter") if wanted else filters.EVERYTHING
    keys = arguments.get("orderBy") or []
    order = tuple(sort_key(field.args["orderBy"].type, key) for key in keys)
    start = None
    if meaning.start is not None:
        name, label = meaning.start
        start = arguments[name]
        _label(name, start, label)
    own = tuple(
        (name, plain(value))
        for name, value in arguments.items()
        if name not in _STANDARD and value is not None and (meaning.start is None or name != meaning.start[0])
    )
    interval = arguments.get("between")
    between = _interval(interval or {})
    shape = PageShape(
        filter=filter_,
        order=order,
        backward=backward,
        own=(as_of is not None, as_known_at is not None),
        between=None if interval is None else (between[0] is not None, between[1] is not None),
        arguments=tuple(name for name, _ in own),
    )
    listed = Listed(meaning.traversal, Page(shape, size, as_of, as_known_at, tuple(values), (), between, own), start)
    return listed if mark is None else _from_mark(listed, mark, cursors)


def _from_mark(listed: Listed, mark: str, cursors: Cursors) -> Listed:
    """The list from a cursor on, at the moment of the cursor's page."""
    page = listed.page
    name = "before" if page.shape.backward else "after"
    try:
        position = cursors.open(mark, listed.binding)
    except InvalidCursor as error:
        raise InvalidCursor(f"{name}: {error.message}") from None
    moment = position.moment
    if moment.at(page.as_of, page.as_known_at) != moment:
        raise InvalidCursor(f"{name}: this cursor is of another asOf or asKnownAt; start again without it.")
    seek = tuple(key is not None for key in position.keys[:-1])
    shape = replace(page.shape, seek=seek, own=(True, True))
    begun = replace(page, shape=shape, seek=position.keys, as_of=moment.as_of, as_known_at=moment.as_known_at)
    return replace(listed, page=begun)


def _direction(arguments: Mapping[str, Any]) -> tuple[bool, int, str | None]:
    """Whether the page goes backward, how many rows it has, and the cursor it begins at."""
    first, last = arguments.get("first"), arguments.get("last")
    after, before = arguments.get("after"), arguments.get("before")
    if last is None:
        if before is not None:
            raise InvalidArgument("before: goes with `last`, not with `first`.")
        return False, DEFAULT_PAGE if first is None else first, after
    if first is not None:
        raise InvalidArgument("last: give either `first` or `last`.")
    if after is not None:
        raise InvalidArgument("after: goes with `first`, not with `last`.")
    return True, last, before
