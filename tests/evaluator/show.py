"""How an answer shows what is neither a thing nor a list of things: chains, timelines, paths, what a search found."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from graphql import FieldNode

from tests.evaluator.graph import Link, Thing, When
from tests.evaluator.special import Chained
from tests.evaluator.stories import Event
from tests.evaluator.values import ROLE_TYPES, shown

Group = list[FieldNode]


class Answer(Protocol):
    """Makes objects of an answer."""

    def object_(self, type_: str, group: Group, field: Callable[[str, Group], Any]) -> dict[str, Any]: ...
    def thing(self, thing: Thing, group: Group, when: When) -> dict[str, Any]: ...
    def role(self, role: Link, group: Group, when: When) -> dict[str, Any]: ...


def chained(answer: Answer, ways: Sequence[Chained], first: int, group: Group, when: When) -> dict[str, Any]:
    """A chain of referrals."""

    def link(way: Chained, name: str, nodes: Group) -> Any:
        match name:
            case "depth":
                return way.depth
            case "path":
                return [answer.thing(each, nodes, when) for each in way.path]
            case "person":
                return answer.thing(way.path[-1], nodes, when)
        return answer.thing(way.referrals[-1], nodes, when)

    return _cut(answer, ("ReferralChain", "ReferralChainLink"), ways, first, group, link)


def events(answer: Answer, found: Sequence[Event], first: int, group: Group, when: When) -> dict[str, Any]:
    """A timeline."""

    def event(one: Event, name: str, nodes: Group) -> Any:
        match name:
            case "day" | "kind":
                return shown(getattr(one, name))
            case "role":
                return None if one.role is None else answer.role(one.role, nodes, when)
        return answer.thing(one.thing, nodes, when)

    return _cut(answer, ("Timeline", "TimelineEvent"), found, first, group, event)


def hits(answer: Answer, found: Sequence[tuple[str, Thing]], first: int, group: Group, when: When) -> dict[str, Any]:
    """What a search found."""

    def hit(one: tuple[str, Thing], name: str, nodes: Group) -> Any:
        return one[0] if name == "matched" else answer.thing(one[1], nodes, when)

    return _cut(answer, ("SearchHits", "SearchHit"), found, first, group, hit)


def steps(answer: Answer, found: Sequence[tuple[Link, Thing]], group: Group, when: When) -> dict[str, Any] | None:
    """A path; null without a step."""

    def hop(step: tuple[Link, Thing], name: str, nodes: Group) -> Any:
        link, thing = step
        match name:
            case "kind":
                return link.type
            case "role":
                return answer.role(link, nodes, when) if link.type in ROLE_TYPES else None
        return answer.thing(thing, nodes, when)

    def field(name: str, nodes: Group) -> Any:
        if name == "length":
            return len(found)
        return [answer.object_("PathHop", nodes, partial(hop, each)) for each in found]

    return answer.object_("Path", group, field) if found else None


def _cut(
    answer: Answer,
    types: tuple[str, str],
    found: Sequence[Any],
    first: int,
    group: Group,
    row: Callable[[Any, str, Group], Any],
) -> dict[str, Any]:
    """The first rows, and whether they are all: the types of the whole and of a row."""

    def field(name: str, nodes: Group) -> Any:
        if name == "complete":
            return len(found) <= first
        return [answer.object_(types[1], nodes, partial(row, each)) for each in found[:first]]

    return answer.object_(types[0], group, field)
