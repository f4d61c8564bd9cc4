"""A traversal standing in a statement: the clauses that give a page of its rows, count them or group them.

Loaders put them around many keys, the planner into the statement of a whole operation; nothing is written twice.
Text is composed of named pieces and of properties that the schema names, never of input.
"""

from dataclasses import dataclass
from functools import cached_property

from renche.graph import filters
from renche.graph.filters import (
    CYPHER,
    NEGATIVE,
    Compare,
    Count,
    Filter,
    Missing,
    Not,
    Property,
    Quantifier,
    Related,
    Subject,
    equalities,
)
from renche.graph.named_queries import condition
from renche.graph.page import PageShape
from renche.graph.traversal import Traversal, with_names


class Names:
    """Gives each variable of a statement a name that no other has."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}

    def fresh(self, wanted: str) -> str:
        """The name itself at first, then `name_2`, `name_3` ..."""
        number = self._given[wanted] = self._given.get(wanted, 0) + 1
        return wanted if number == 1 else f"{wanted}_{number}"


@dataclass(frozen=True)
class Times:
    """The names of the parameters that hold the moment in question."""

    as_of: str = "asOf"
    as_known_at: str = "asKnownAt"

    @property
    def names(self) -> dict[str, str]:
        return {"asOf": self.as_of, "asKnownAt": self.as_known_at}


def place(traversal: Traversal, names: Names, start: str | None, times: Times, prefix: str = "") -> Traversal:
    """The traversal from the variable `start`, its other variables and its parameters with names of their own.

    The parameters of the moment are those of `times`; others get the prefix.
    """
    known = {traversal.start.variable: start} if traversal.start and start else {}
    given = {name: known.get(name) or names.fresh(name) for name in traversal.variables}
    own = {name: f"{prefix}{name}" for name in traversal.parameters}
    return traversal.renamed(given, own | times.names)


@dataclass(frozen=True)
class Listing:
    """The rows of a traversal that a page's shape asks for.

    `way`: the traversal, placed. `prefix`: in front of the names of the page's parameters. `times`: the moment.
    """

    way: Traversal
    shape: PageShape
    names: Names
    times: Times = Times()
    prefix: str = ""

    @property
    def end(self) -> str:
        return self.way.end.variable

    @cached_property
    def edges(self) -> str:
        """The variable of a row's edges, where they are gathered."""
        return self.names.fresh("roles")

    @cached_property
    def sorts(self) -> tuple[str, ...]:
        """For each key of the order what rows are sorted by: an expression, or the name given to a costly one."""
        return tuple(
            self.expression(key.subject) if isinstance(key.subject, Property) else self.names.fresh("sort")
            for key in self.shape.order
        )

    @property
    def key(self) -> str:
        """What identifies a row."""
        return f"{self.way.row}.id"

    @property
    def bound(self) -> list[str]:
        """The variables of a row."""
        edge = [self.edges] if self.way.gathers else [self.way.edge] if self.way.edge else []
        return [self.end, *edge]

    def page(self) -> str:
        """The clauses after which each row of the page stands, in order, with its variables bound."""
        costly = [
            f"{self.expression(key.subject)} AS {name}"
            for key, name in zip(self.shape.order, self.sorts, strict=True)
            if not isinstance(key.subject, Property)
        ]
        seek = self._seek()
        early = seek and not costly and not self.way.gathers
        lines = [self.rows(*([seek] if early else []), *([] if seek else self._by_index()))]
        if costly or (seek and not early):
            lines.append(f"WITH {', '.join([*self.bound, *costly])}" + (f" WHERE {seek}" if seek else ""))
        named = [name for key, name in zip(self.shape.order, self.sorts, strict=True) if not _is_property(key.subject)]
        lines.append(f"WITH {', '.join([*self.bound, *named])} ORDER BY {self._order()} LIMIT ${self.prefix}limit")
        return "\n".join(lines)

    def count(self) -> str:
        """The clauses that count the rows, on all pages together: `RETURN count(*)` without its alias."""
        return f"{self._distinct(*self._met())}\nRETURN count(*)"

    def rows(self, *more: str) -> str:
        """The clauses after which every row of the list stands, in no order; `more` are further conditions."""
        conditions = [*self._met(), *more]
        if not self.way.gathers:
            return self.way.text(*self._holding(), *conditions)
        edge = self.way.edge
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return (
            f"{self.way.text(*self._holding())}\nWITH {self.end}, {edge} ORDER BY {edge}.id\n"
            f"WITH {self.end}, collect({edge}) AS {self.edges}{where}"
        )

    def _by_index(self) -> list[str]:
        """For a page of a root list in the order of its ids, what all rows meet: the index of ids gives the order."""
        ordered = self.way.start is None and not (self.way.order or self.shape.order or self._fixed)
        return [f"{self.key} >= ''"] if ordered else []

    @cached_property
    def _fixed(self) -> str | None:
        """A property that all rows of a root list have the same, and that has an index together with the id."""
        if self.way.start is not None:
            return None
        return next((name for name, _ in equalities(self.shape.filter) if name in self.way.indexed), None)

    def condition(self, filter_: Filter, *, negated: bool = False) -> str:
        """The condition under which a row meets the filter (negated: does not); empty when every row does."""
        if isinstance(filter_, Not):
            return self.condition(filter_.part, negated=not negated)
        if isinstance(filter_, filters.All | filters.Any):
            return self._joined(filter_, negated=negated)
        if isinstance(filter_, Missing):
            return f"{self.expression(filter_.subject)} IS {'NOT ' if negated else ''}NULL"
        if isinstance(filter_, Related):
            return self._related(filter_, negated=negated)
        return self._compared(filter_, negated=negated)

    def _joined(self, filter_: "filters.All | filters.Any", *, negated: bool) -> str:
        every = isinstance(filter_, filters.All) != negated
        parts = [self.condition(part, negated=negated) for part in filter_.parts]
        if every:
            return _bracketed([part for part in parts if part], " AND ")
        if any(not part for part in parts):  # one part is always met
            return ""
        return _bracketed(parts, " OR ") if parts else "false"

    def _compared(self, filter_: Compare, *, negated: bool) -> str:
        operator = filter_.operator
        if operator in NEGATIVE:
            operator, negated = NEGATIVE[operator], not negated
        left = self.expression(filter_.subject)
        test = f"{left} {CYPHER[operator]} ${self.prefix}v{filter_.slot}"
        # What has no value does not meet the test. Named once: it may have to be worked out.
        return f"NOT coalesce({test}, false)" if negated else test

    def _related(self, filter_: Related, *, negated: bool) -> str:
        # Every row meets it when none fails to.
        failing = filter_.quantifier is Quantifier.EVERY
        inner = self._below(filter_.traversal)
        met = inner.condition(filter_.part, negated=failing)
        there = (filter_.quantifier is Quantifier.SOME) != negated
        return f"{'' if there else 'NOT '}EXISTS {{ {inner.matching(met)} }}"

    def matching(self, met: str) -> str:
        """The clauses that stand in an EXISTS or COUNT: the rows that meet a condition."""
        rows = self._distinct(*([met] if met else []))
        return f"{rows}\nRETURN {self.end}" if self.way.gathers else rows

    def _distinct(self, *met: str) -> str:
        """The clauses after which every row that meets the conditions stands, gathered edges left out."""
        if not self.way.gathers:
            return self.way.text(*self._holding(), *met)
        where = f" WHERE {' AND '.join(met)}" if met else ""
        return f"{self.way.text(*self._holding())}\nWITH DISTINCT {self.end}{where}"

    def _met(self) -> list[str]:
        """The condition of the page's filter, where it has one."""
        met = self.condition(self.shape.filter)
        # An index of two properties serves only what names both.
        return [*([met] if met else []), *([f"{self.end}.id >= ''"] if self._fixed else [])]

    def _below(self, traversal: Traversal) -> "Listing":
        """The rows that a traversal has from a row's thing, for a filter or an order."""
        way = place(traversal, self.names, self.end, self.times)
        return Listing(way, PageShape(), self.names, self.times, self.prefix)

    def expression(self, subject: Subject) -> str:
        """A row's value of the subject."""
        if isinstance(subject, Property):
            return f"{self.way.edge if subject.of_edge else self.end}.{subject.name}"
        if isinstance(subject, Count):
            return f"COUNT {{ {self._below(subject.traversal).matching('')} }}"
        return f"head(COLLECT {{ {place(subject.traversal, self.names, self.end, self.times).text()} }})"

    def _holding(self) -> list[str]:
        """The condition of time on the edge, where rows have one."""
        if self.way.edge is None:
            return []
        if self.shape.between is None:
            return [with_names(condition("valid", self.way.edge), {}, self.times.names)]
        start, end = (f"${self.prefix}{name}" for name in ("from", "to"))
        parts = [with_names(condition("known", self.way.edge), {}, self.times.names)]
        if self.shape.between[0]:
            parts.append(f"({self.way.edge}.validTo IS NULL OR {self.way.edge}.validTo > {start})")
        if self.shape.between[1]:
            parts.append(f"({self.way.edge}.validFrom IS NULL OR {self.way.edge}.validFrom < {end})")
        return parts

    def _order(self) -> str:
        # In front of the order, what all rows have the same lets its index give them in order.
        fixed = [] if self.shape.order or self._fixed is None else [f"{self.end}.{self._fixed}"]
        keys = [(name, key.descending) for key, name in zip(self.shape.order, self.sorts, strict=True)]
        own = [(self.way.order, False)] if self.way.order and not self.shape.order else []
        every = [*((name, False) for name in fixed), *own, *keys, (self.key, False)]
        return ", ".join(f"{name} DESC" if down != self.shape.backward else name for name, down in every)

    def _seek(self) -> str:
        """The condition that a row stands after (going backward: before) the one that the page begins at."""
        if self.shape.seek is None:
            return ""
        sign = "<" if self.shape.backward else ">"
        rest = f"{self.key} {sign} ${self.prefix}k{len(self.shape.order)}"
        rows = list(zip(self.shape.order, self.sorts, self.shape.seek, strict=True))
        for place_, (key, name, has_value) in reversed(list(enumerate(rows))):
            down = key.descending != self.shape.backward
            mark = f"${self.prefix}k{place_}"
            if has_value:
                sign = "<" if down else ">"
                later = f"{name} {sign}= {mark} AND ({name} {sign} {mark} OR {rest})"
                rest = f"({later})" if down else f"(({later}) OR {name} IS NULL)"
            else:
                rest = f"({name} IS NOT NULL OR {rest})" if down else f"({name} IS NULL AND {rest})"
        return rest


def _is_property(subject: Subject) -> bool:
    return isinstance(subject, Property)


def _bracketed(parts: list[str], word: str) -> str:
    return parts[0] if len(parts) == 1 else f"({word.join(parts)})" if parts else ""
