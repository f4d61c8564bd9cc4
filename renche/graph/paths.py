"""Shortest paths between two things: the clauses that find one, hop by hop.

Neither engine's own shortest path will do: the embedded one misses a valid path that is longer than the shortest
pattern, and of several shortest ones each engine may choose another. So what is reached from the two ends grows a hop
at a time until both meet; of several shortest paths the one with the smallest ids is taken
(docs/decisions/0007-shortest-paths.md).
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from renche.graph.listing import Names, Times
from renche.graph.named_queries import condition
from renche.graph.traversal import Bind, with_names

Side: TypeAlias = Literal["origin", "goal"]

MAXIMUM_HOPS: Final = 6

# What a path may lead through; between models and dealers nearly everything is connected, so that a path through one
# tells nothing. It may end at one.
_THROUGH: Final = "Person|Vehicle|Club|Household|ServiceVisit|Referral"
# On what thousands of things may hang: a path is walked from its other end alone.
_HUBS: Final = frozenset({"Model", "Dealer", "Club"})
_TYPES: Final = (
    "PURCHASED|DRIVES|SERVICES|MEMBER_OF|LIVES_IN|KEEPS|INTENDS_TO_BUY|OF_MODEL|UNDER|DEALT_WITH|HAD"
    "|MADE|OF|AT|THROUGH|RESULTED_IN"
)
_REACHED: Final[dict[Side, str]] = {"origin": "forth", "goal": "back"}


@dataclass(frozen=True)
class Ends:
    """The variables of a path's two ends, and their labels."""

    origin: str
    goal: str
    labels: tuple[str, str]


def path(ends: Ends, hops: int, names: Names, times: Times) -> tuple[str, dict[str, Bind]]:
    """The clauses after which each hop of the path stands as a row, from the origin on; none without a path.

    A row binds, by these keys: `kind` the type of the relationship, `role` the relationship, `node` where it leads.
    """
    search = _Search(ends, names, times)
    if _HUBS.isdisjoint(ends.labels):
        search.from_both(hops)
    else:
        search.from_one(hops)
    way, place, role, node = (names.fresh(word) for word in ("path", "place", "role", "node"))
    lines = [
        *search.lines,
        f"UNWIND {search.found} AS {way}",
        f"UNWIND range(0, size({way}[1]) - 1) AS {place}",
        f"WITH {way}[1][{place}] AS {role}, {way}[2][{place}] AS {node}",
    ]
    binds = {"kind": Bind(f"type({role})"), "role": Bind(role, relationship=True), "node": Bind(node, "*")}
    return "\n".join(lines), binds


class _Search:
    """The clauses of a search: what is reached from the ends, and the path when there is one.

    What is reached is a list of ways `[thing, roles, nodes, forth]`: the relationships between the thing and an end, in
    the order from the path's origin to its goal, where each leads, and whether that end is the origin. Of several ways
    between the two the one with the smallest ids is kept: with it, whatever path leads through the thing has the
    smallest.
    """

    def __init__(self, ends: Ends, names: Names, times: Times) -> None:
        self._ends = ends
        self._names = names
        self._times = times
        self.found, self._more, self._way, self._thing = (
            names.fresh(word) for word in ("found", "more", "way", "thing")
        )
        self._reached = names.fresh("reached")
        self.lines: list[str] = []

    def from_both(self, hops: int) -> None:
        """Looks for a path of at most this length from both ends; a longer half is the one from the origin."""
        self._begin(f"[{self._ends.origin}, [], [], true]", f"[{self._ends.goal}, [], [], false]")
        for length in range(1, hops + 1, 2):
            before = self._reached
            self._advance(f"[each IN {before} WHERE each[3]]" if length == hops else before)
            self._meet(self._reached, before)
            if length < hops:
                self._meet(self._reached, self._reached)

    def from_one(self, hops: int) -> None:
        """Looks for a path of at most this length from the end that is no hub, or from the origin."""
        origin, goal = self._ends.origin, self._ends.goal
        backwards = self._ends.labels[0] in _HUBS and self._ends.labels[1] not in _HUBS
        self._begin(f"[{goal}, [], [], false]" if backwards else f"[{origin}, [], [], true]")
        for length in range(1, hops + 1):
            if length > 1:
                self._advance(self._reached)
            self._arrive(origin if backwards else goal)

    def _begin(self, *ways: str) -> None:
        self._keep(f"[{', '.join(ways)}] AS {self._reached}", f"[] AS {self.found}")

    def _advance(self, reached: str) -> None:
        """What is reached is one hop further from its end."""
        way, side, after = self._way, self._names.fresh("side"), self._names.fresh("reached")
        clauses = [
            *self._hop(reached, self._thing, labels=f":{_THROUGH}"),
            f"ORDER BY {self._ids}",
            f"WITH {way}[0] AS {self._thing}, {way}[3] AS {side}, head(collect({way})) AS {way}",
            f"RETURN collect({way}) AS {after}",
        ]
        self._unless_found([self._reached], clauses)
        self._reached = after

    def _arrive(self, end: str) -> None:
        """Looks whether one hop more leads to the other end."""
        # The embedded engine forgets what a WITH does not name, though it was given to the subquery.
        self._look([self._reached, end], self._hop(self._reached, end, kept=f", {end}"))

    def _meet(self, forth: str, back: str) -> None:
        """Looks whether a thing is reached from both ends."""
        ways, way = self._names.fresh("ways"), self._way
        clauses = [
            f"UNWIND [each IN {forth} WHERE each[3]] + [each IN {back} WHERE NOT each[3]] AS {way}",
            f"WITH {way}[0] AS {self._thing}, collect({way}) AS {ways}",
            f"WITH {self._thing}, {ways} WHERE size({ways}) = 2",
            f"WITH [{self._thing}, {ways}[0][1] + {ways}[1][1], {ways}[0][2] + {ways}[1][2]] AS {way}",
        ]
        self._look(list(dict.fromkeys([forth, back])), clauses)

    def _hop(self, reached: str, thing: str, *, labels: str = "", kept: str = "") -> list[str]:
        """The clauses that bind the way to each thing that is one hop from what is reached."""
        words = ("known", "at", "roles", "nodes", "forth", "role")
        known, at, roles, nodes, forth, role = (self._names.fresh(word) for word in words)
        return [
            f"UNWIND {reached} AS {known}",
            f"WITH {known}[0] AS {at}, {known}[1] AS {roles}, {known}[2] AS {nodes}, {known}[3] AS {forth}{kept}",
            f"MATCH ({at})-[{role}:{_TYPES}]-({thing}{labels})",
            f"WHERE {with_names(condition('valid', role), {}, self._times.names)}",
            f"WITH [{thing}, CASE WHEN {forth} THEN {roles} + [{role}] ELSE [{role}] + {roles} END,"
            f" CASE WHEN {forth} THEN {nodes} + [{thing}] ELSE [{at}] + {nodes} END, {forth}] AS {self._way}",
        ]

    def _look(self, given: list[str], clauses: list[str]) -> None:
        chosen = [f"ORDER BY {self._ids} LIMIT 1", f"RETURN collect({self._way}) AS {self._more}"]
        self._unless_found(given, [*clauses, *chosen])
        self._keep(self._reached, f"{self.found} + {self._more} AS {self.found}")

    def _keep(self, *variables: str) -> None:
        self.lines.append(f"WITH {', '.join([self._ends.origin, self._ends.goal, *variables])}")

    def _unless_found(self, given: list[str], clauses: list[str]) -> None:
        known = ", ".join(given)
        self.lines += [
            f"CALL ({known}, {self.found}) {{",
            f"  WITH {known} WHERE size({self.found}) = 0",
            *("  " + clause for clause in clauses),
            "}",
        ]

    @property
    def _ids(self) -> str:
        return f"[each IN {self._way}[1] | each.id]"
