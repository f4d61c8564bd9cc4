"""Shortest paths between two things: the clauses that find one, hop by hop.

Neither engine's own shortest path will do: the embedded one misses a valid path that is longer than the shortest
pattern, and of several shortest ones each engine may choose another. So each length is tried in its turn, with both
ends bound, until one is found; of several the one with the smallest ids is taken
(docs/decisions/0007-shortest-paths.md).
"""

from dataclasses import dataclass
from typing import Final

from renche.graph.listing import Names, Times
from renche.graph.named_queries import condition
from renche.graph.traversal import Bind, with_names

MAXIMUM_HOPS: Final = 6
_MEETING: Final = 4  # the least number of hops that is looked for from both ends

# What a path may lead through; between models and dealers nearly everything is connected, so that a path through one
# tells nothing. It may end at one.
_THROUGH: Final = "Person|Vehicle|Club|Household|ServiceVisit|Referral"
# On what thousands of things may hang: a path is walked from its other end.
_HUBS: Final = frozenset({"Model", "Dealer", "Club"})
_TYPES: Final = (
    "PURCHASED|DRIVES|SERVICES|MEMBER_OF|LIVES_IN|KEEPS|INTENDS_TO_BUY|OF_MODEL|UNDER|DEALT_WITH|HAD"
    "|MADE|OF|AT|THROUGH|RESULTED_IN"
)


@dataclass(frozen=True)
class Ends:
    """The variables of a path's two ends, and their labels."""

    origin: str
    goal: str
    labels: tuple[str, str]

    @property
    def are_small(self) -> bool:
        """Whether few things hang on either."""
        return not _HUBS.intersection(self.labels)

    @property
    def from_goal(self) -> bool:
        """Whether fewer things are met when the path is walked from its goal."""
        return self.labels[0] in _HUBS and self.labels[1] not in _HUBS


def path(ends: Ends, hops: int, names: Names, times: Times) -> tuple[str, dict[str, Bind]]:
    """The clauses after which each hop of the path stands as a row, from the origin on; none without a path.

    A row binds, by these keys: `kind` the type of the relationship, `role` the relationship, `node` where it leads.
    """
    origin, goal = ends.origin, ends.goal
    found, more = names.fresh("found"), names.fresh("more")
    lines = [f"WITH {origin}, {goal}, [] AS {found}"]
    for length in range(1, hops + 1):
        lines += [
            f"CALL ({origin}, {goal}, {found}) {{",
            *("  " + line for line in _of_length(length, ends, found, more, names, times)),
            "}",
            f"WITH {origin}, {goal}, {found} + {more} AS {found}",
        ]
    hop, place = names.fresh("path"), names.fresh("place")
    role, node = names.fresh("role"), names.fresh("node")
    lines += [
        f"UNWIND {found} AS {hop}",
        f"UNWIND range(0, size({hop}[0]) - 1) AS {place}",
        f"WITH {hop}[0][{place}] AS {role}, {hop}[1][{place}] AS {node}",
    ]
    binds = {"kind": Bind(f"type({role})"), "role": Bind(role, relationship=True), "node": Bind(node, "*")}
    return "\n".join(lines), binds


def _of_length(length: int, ends: Ends, found: str, more: str, names: Names, times: Times) -> list[str]:
    """The clauses that find a path of just this length, if none was found before."""
    origin, goal = ends.origin, ends.goal
    roles = [names.fresh("hop") for _ in range(length)]
    nodes = [*(names.fresh("through") for _ in range(length - 1)), goal]
    met = [*(f"{name}:{_THROUGH}" for name in nodes[:-1]), goal]
    rows = names.fresh("path")
    if length < _MEETING or not ends.are_small:
        back = _walk(goal, roles[::-1], [*met[:-1][::-1], origin], times)
        clauses = back if ends.from_goal else _walk(origin, roles, met, times)
        steps = f"[[{', '.join(roles)}], [{', '.join(nodes)}]]"
    else:
        # From both ends to the middle; no relationship comes twice, or a shorter path would have been found.
        middle = length - length // 2
        tails, tail = names.fresh("tails"), names.fresh("tail")
        joint, reached = names.fresh("joint"), names.fresh("reached")
        back = _walk(goal, roles[middle:][::-1], [*met[middle:-1][::-1], f"{joint}:{_THROUGH}"], times)
        forth = _walk(origin, roles[:middle], met[:middle], times)
        clauses = [
            *back,
            f"WITH {origin}, {goal}, collect([{joint}, [{', '.join(roles[middle:])}], [{', '.join(nodes[middle:])}]])"
            f" AS {tails}, collect(DISTINCT {joint}) AS {reached}",
            *forth[:-1],
            f"{forth[-1]} AND {nodes[middle - 1]} IN {reached}",
            f"UNWIND [{tail} IN {tails} WHERE {tail}[0] = {nodes[middle - 1]}] AS {tail}",
        ]
        steps = f"[[{', '.join(roles[:middle])}] + {tail}[1], [{', '.join(nodes[:middle])}] + {tail}[2]]"
    return [
        f"WITH {origin}, {goal} WHERE size({found}) = 0",
        *clauses,
        f"WITH {steps} AS {rows}",
        f"ORDER BY [each IN {rows}[0] | each.id] LIMIT 1",
        f"RETURN collect({rows}) AS {more}",
    ]


def _walk(begin: str, roles: list[str], nodes: list[str], times: Times) -> list[str]:
    """The clauses of a pattern from `begin` along these relationships, which hold, to these nodes."""
    pattern = f"({begin})"
    for role, node in zip(roles, nodes, strict=True):
        pattern += f"-[{role}:{_TYPES}]-({node})"
    valid = [with_names(condition("valid", role), {}, times.names) for role in roles]
    return [f"MATCH {pattern}", f"WHERE {' AND '.join(valid)}"]
