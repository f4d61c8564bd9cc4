"""A graph as plain values, and the two times of a question."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True)
class Thing:
    """A node: its label and its properties, the id among them."""

    label: str
    properties: Mapping[str, Any] = field(hash=False)

    @property
    def id(self) -> str:
        return str(self.properties["id"])


@dataclass(frozen=True)
class Link:
    """A relationship: its type, its properties, the ids of its ends. `id` is empty where it has none."""

    type: str
    properties: Mapping[str, Any] = field(hash=False)
    start: str = ""
    end: str = ""

    @property
    def id(self) -> str:
        return str(self.properties.get("id", ""))


@dataclass(frozen=True)
class When:
    """The day on which facts shall hold, and the instant whose knowledge counts."""

    day: date
    instant: datetime

    def at(self, day: date | None, instant: datetime | None) -> "When":
        """The same, but for what is stated."""
        return When(self.day if day is None else day, self.instant if instant is None else instant)


class Graph:
    """Things by label and id, links by their ends."""

    def __init__(self, things: Iterable[Thing], links: Iterable[Link]) -> None:
        self.things = list(things)
        self.links = list(links)
        self._by_id: dict[tuple[str, str], Thing] = {(thing.label, thing.id): thing for thing in self.things}
        self._by_any = {thing.id: thing for thing in self.things}
        self._by_label: dict[str, list[Thing]] = defaultdict(list)
        self._out: dict[tuple[str, str], list[Link]] = defaultdict(list)
        self._into: dict[tuple[str, str], list[Link]] = defaultdict(list)
        for thing in self.things:
            self._by_label[thing.label].append(thing)
        for link in self.links:
            self._out[link.type, link.start].append(link)
            self._into[link.type, link.end].append(link)

    def thing(self, label: str, id_: str | None) -> Thing | None:
        """The thing with this label and id, None when there is none."""
        return self._by_id.get((label, id_ or ""))

    def the(self, label: str, id_: str) -> Thing:
        """The thing at the end of a link, which is there."""
        return self._by_id[label, id_]

    def with_id(self, id_: str) -> Thing:
        """The thing with this id, whatever it is."""
        return self._by_any[id_]

    def all(self, label: str) -> list[Thing]:
        """Every thing with this label."""
        return self._by_label.get(label, [])

    def out(self, id_: str, *types: str) -> list[Link]:
        """The links of these types that begin at a thing."""
        return [link for type_ in types for link in self._out.get((type_, id_), [])]

    def into(self, id_: str, *types: str) -> list[Link]:
        """The links of these types that end at a thing."""
        return [link for type_ in types for link in self._into.get((type_, id_), [])]
