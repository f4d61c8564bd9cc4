"""Which things a caller sees: a statement is rewritten so that hidden things are not in the graph for it.

Each node that a statement matches by a label gets the condition under which the caller sees it, in its pattern: in
lists, counts, filters, orders, paths and look-ups alike, since all of them are patterns. So an answer is the one that
a graph without the hidden things would give, and what is hidden cannot be told from what was never there. No statement
and no traversal knows of this, and none can forget it: they reach the database of a restricted caller through `Reads`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import count
from time import monotonic
from typing import Any, Final, Literal, TypeAlias

from renche.graph.caller import Restriction
from renche.graph.clock import Clock
from renche.graph.named_queries import QueryFileError, Statement, condition, named_query
from renche.graph.reader import Reader

Part: TypeAlias = Literal["person", "dealers", "cities"]
"""The part of a restriction that says which people are seen by more than what they have to do with."""

REACH: Final = named_query("policy.reach")
FEW: Final = 0.1
"""The part of all people up to which a restriction leaves few."""

_KEPT: Final = 2_000  # statements
_POLICIES: Final = 10_000
_BELIEVED_FOR: Final = 300.0  # seconds: how many people a restriction leaves changes slowly, and no answer with it

# A node, by a variable that is bound before, or by a label or one of several, maybe with properties; a relationship;
# and a pattern of them, which is a lone node only with a label.
_LABELS: Final = r"[A-Z]\w*(?:\|[A-Z]\w*)*"
_NODE_TEXT: Final = rf"\(\w*(?::{_LABELS})?(?: \{{[^{{}}]*\}})?\)"
_LINK_TEXT: Final = r"<?-\[\w*:[A-Z_|]+\]->?"
_NODE: Final = re.compile(rf"\((\w*)(?::({_LABELS}))?( \{{[^{{}}]*\}})?\)")
_LINK: Final = re.compile(r"(<?-)\[(\w*):([A-Z_|]+)\](->?)")
_PATTERN: Final = re.compile(rf"{_NODE_TEXT}(?:{_LINK_TEXT}{_NODE_TEXT})+|\(\w*:{_LABELS}(?: \{{[^{{}}]*\}})?\)")


@dataclass(frozen=True)
class Way:
    """How a thing hangs on people: the pattern from the thing to a person, and the same from a person to the thing."""

    to_person: str
    from_person: str

    @property
    def known(self) -> str:
        """Its relationships are known now."""
        edges = re.findall(r"\[(\w+):", self.to_person)
        return " AND ".join(f"{edge}.retractedAt IS NULL" for edge in edges)


_WAYS: Final[Mapping[str, tuple[Way, ...]]] = {
    "Registration": (Way("-[seen_of:OF_PERSON]->", "<-[seen_of:OF_PERSON]-"),),
    "Vehicle": (
        Way("<-[seen_role:PURCHASED|DRIVES|SERVICES]-", "-[seen_role:PURCHASED|DRIVES|SERVICES]->"),
        Way(
            "<-[seen_keeping:KEEPS]-()<-[seen_living:LIVES_IN]-",
            "-[seen_living:LIVES_IN]->()-[seen_keeping:KEEPS]->",
        ),
    ),
    "Household": (Way("<-[seen_living:LIVES_IN]-", "-[seen_living:LIVES_IN]->"),),
    "Referral": (Way("<-[seen_made:MADE]-", "-[seen_made:MADE]->"), Way("-[seen_of:OF]->", "<-[seen_of:OF]-")),
}
"""Label → the ways to the people with whom a thing is seen: one who is seen suffices."""

# From who is seen, along or against these, whatever is reached is seen with it, but for its own brand.
_SHOWN_ALONG: Final = frozenset(
    {"PURCHASED", "DRIVES", "SERVICES", "LIVES_IN", "KEEPS", "HAD", "MADE", "INTENDS_TO_BUY", "MEMBER_OF"}
)
_SHOWN_AGAINST: Final = frozenset({"OF", "OF_PERSON"})

# A part of another thing, or evidence for one, which no statement matches but from that thing.
_PARTS: Final = frozenset({"Identifier", "ReferralStep"})

# The first clause of a root list, whose rows come from no other thing.
_ROOT: Final = re.compile(
    rf"^((?://[^\n]*|[ ]*CALL \(\) \{{)\n)([ ]*)MATCH \((\w+):(Person|{'|'.join(_WAYS)})\)$", re.MULTILINE
)


@dataclass(frozen=True)
class Shape:
    """What of a policy chooses text: by what it restricts, and which part of that leaves few people.

    Where few are left, a root list begins at them; with many it takes the order of its index and passes over some.
    """

    dealers: bool = False
    cities: bool = False
    brands: bool = False
    person: bool = False
    consent: bool = False
    few: Part | None = None

    @property
    def by_people(self) -> bool:
        """Whether it says which people are seen by more than what they have to do with."""
        return self.dealers or self.cities or self.person or self.consent


@dataclass(frozen=True)
class Policy:
    """A restriction as it works on statements; `few`: which part of it leaves but a small part of all people.

    `sharing`: the partner and the purpose that people must have consented to, where consent counts.
    """

    restriction: Restriction
    few: Part | None = None
    sharing: tuple[str, str] | None = None

    @cached_property
    def shape(self) -> Shape:
        """What of it chooses text."""
        by = self.restriction
        return Shape(
            dealers=by.dealers is not None,
            cities=by.cities is not None,
            brands=by.brands is not None,
            person=by.person is not None,
            consent=self.sharing is not None,
            few=self.few,
        )

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The values that guarded statements name."""
        by = self.restriction
        named = {"policyDealers": by.dealers, "policyCities": by.cities, "policyBrands": by.brands}
        found: dict[str, Any] = {name: sorted(each) for name, each in named.items() if each is not None}
        if by.person is not None:
            found["policyPerson"] = by.person
        if self.sharing is not None:
            found["policyPartner"], found["policyPurpose"] = self.sharing
        return found


class Policies:
    """What each caller sees of one database; `few`: the part of all people up to which a restriction leaves few.

    Consents hold on the clock's day.
    """

    def __init__(self, database: Reader, clock: Clock, few: float = FEW) -> None:
        self._database = database
        self.clock = clock
        self._few_are = few
        self._known: dict[tuple[Restriction, tuple[str, str] | None], tuple[Policy, float]] = {}

    def reader(self, restriction: Restriction, sharing: tuple[str, str] | None = None) -> Reader:
        """The database as who is restricted so sees it, and who is given data for a partner's purpose."""
        if restriction == Restriction() and sharing is None:
            return self._database
        return Reads(self, self._database, restriction, sharing)

    async def policy(self, restriction: Restriction, sharing: tuple[str, str] | None) -> Policy:
        """The restriction as it works on statements; raises what `Reader.read` raises."""
        key = (restriction, sharing)
        policy, until = self._known.get(key, (None, 0.0))
        if policy is None or monotonic() >= until:
            policy = Policy(restriction, await self._few(restriction), sharing)
            self._known.pop(key, None)
            self._known[key] = (policy, monotonic() + _BELIEVED_FOR)
            if len(self._known) > _POLICIES:
                del self._known[next(iter(self._known))]
        return policy

    async def _few(self, restriction: Restriction) -> Part | None:
        if restriction.person is not None:
            return "person"
        if restriction.dealers is None and restriction.cities is None:
            return None
        given = {"dealers": sorted(restriction.dealers or ()), "cities": sorted(restriction.cities or ())}
        people, dealing, living = await self._database.read_value(REACH, given)
        left: dict[Part, int] = {}
        if restriction.dealers is not None:
            left["dealers"] = dealing
        if restriction.cities is not None:
            left["cities"] = living
        fewest = min(left, key=left.__getitem__)
        return fewest if left[fewest] <= self._few_are * people else None


@dataclass(frozen=True)
class Reads:
    """A database as a restricted caller sees it."""

    policies: Policies
    database: Reader
    restriction: Restriction
    sharing: tuple[str, str] | None = None

    async def read(self, statement: Statement, parameters: Mapping[str, Any] | None = None) -> list[list[Any]]:
        """The rows that the statement has in what the caller sees."""
        policy = await self.policies.policy(self.restriction, self.sharing)
        own = {**(parameters or {}), **policy.parameters}
        if self.sharing is not None:
            own["policyToday"] = self.policies.clock.today()
        return await self.database.read(guarded(statement, policy.shape), own)

    async def read_value(self, statement: Statement, parameters: Mapping[str, Any] | None = None) -> Any:
        """The only value that it has there."""
        rows = await self.read(statement, parameters)
        return rows[0][0] if rows else None


@lru_cache(_KEPT)
def guarded(statement: Statement, shape: Shape) -> Statement:
    """The statement that gives what this one would in a graph without what is hidden."""
    guard = _Guard(shape)
    parts, end = [], 0
    for match in _ROOT.finditer(statement.text) if shape.few else ():
        before, indent, variable, label = match.groups()
        # Bound once each, and matched again: what follows stands as it did.
        root = f"{before}{indent}CALL () {{ {guard.origin(label, variable)} }}\n{indent}MATCH ({variable})"
        parts += [_PATTERN.sub(guard.pattern, statement.text[end : match.start()]), root]
        end = match.end()
    text = "".join([*parts, _PATTERN.sub(guard.pattern, statement.text[end:])])
    return Statement(statement.name, text, statement.write)


class _Guard:
    """The conditions under which things are seen, as text, for one shape and one statement."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._numbers = count(1)

    def pattern(self, match: re.Match[str]) -> str:
        """A pattern with the conditions put into its nodes and relationships."""
        nodes = [_Node(*found) for found in _NODE.findall(match[0])]
        links = [_Link(*found) for found in _LINK.findall(match[0])]
        self._secure(nodes, links)
        text = self._node(nodes[0])
        for link, node in zip(links, nodes[1:], strict=True):
            name = link.variable or self._fresh()
            text += f"{link.before}[{name}:{link.types} WHERE {name}.retractedAt IS NULL]{link.after}{self._node(node)}"
        return text

    def _secure(self, nodes: "list[_Node]", links: "list[_Link]") -> None:
        """Marks each node that is seen with one beside it; the others are looked at themselves."""
        # What was bound before is seen, and people are always looked at.
        secure = [not each.labels or each.labels == "Person" for each in nodes]
        while True:
            for place, link in enumerate(links):
                for one, other, outward in ((place, place + 1, True), (place + 1, place, False)):
                    if secure[one] and not secure[other] and link.shows(outward=outward):
                        nodes[other].shown = secure[other] = True
            if all(secure):
                return
            # Nothing beside it shows the first of those left: looked at itself, it may show others.
            secure[secure.index(False)] = True

    def _node(self, node: "_Node") -> str:
        if not node.labels:
            return node.text
        variable = node.variable or self._fresh()
        seen = self.any_of(variable, node.labels.split("|"), shown=node.shown)
        return f"({variable}:{node.labels}{node.properties} WHERE {seen})" if seen else node.text

    def _fresh(self) -> str:
        return f"seen_{next(self._numbers)}"

    def any_of(self, variable: str, labels: list[str], *, shown: bool) -> str:
        """The condition on a node with one of these labels; empty when every such node is seen.

        `shown`: it stands beside something that it is seen with.
        """
        seen = {label: self.seen(variable, label, shown=shown) for label in labels}
        if len(labels) == 1 or not any(seen.values()):
            return seen[labels[0]]
        tests = [f"({_both(f'{variable}:{label}', test)})" for label, test in seen.items()]
        return f"({' OR '.join(tests)})"

    def seen(self, variable: str, label: str, *, shown: bool) -> str:
        """The condition on a node with this label; empty when every such node is seen."""
        shape = self._shape
        brand = condition("of_own_brands", variable) if shape.brands else ""
        city = condition("within_cities", variable) if shape.cities else ""
        dealer = condition("among_dealers", variable) if shape.dealers else ""
        match label:
            case "Person":
                return self._person(variable)
            case "Vehicle":
                return _both(brand, self._with_people(variable, label) if shape.by_people and not shown else "")
            case "Registration" | "Household" | "Referral":
                return "" if shown else self._with_people(variable, label)
            case "ServiceVisit":
                return "" if shown else self._visit(variable)
            case "Dealer":
                return _both(dealer, city, brand)
            case "Club":
                return _both(city, brand)
            case "Model":
                return brand
        if label in _PARTS:
            return ""
        raise QueryFileError(f"Nothing says who may see a {label}.")

    def origin(self, label: str, variable: str) -> str:
        """The clauses that bind each thing with this label that the caller sees, from the few people whose it is."""
        person = variable if label == "Person" else "seen_person"
        people = f"{self._people(person)} WITH DISTINCT {person} WHERE {self._person(person)}"
        if label == "Person":
            return f"{people} RETURN {person}"
        links = " UNION ".join(
            f"MATCH ({person}){way.from_person}({variable}:{label}) WHERE {way.known} RETURN {variable}"
            for way in _WAYS[label]
        )
        own = " WHERE " + condition("of_own_brands", variable) if label == "Vehicle" and self._shape.brands else ""
        return f"{people} CALL ({person}) {{ {links} }} WITH DISTINCT {variable}{own} RETURN {variable}"

    def _people(self, person: str) -> str:
        """The clauses that bind the people of what restricts most, some of them more than once."""
        if self._shape.few == "person":
            return f"MATCH ({person}:Person {{id: $policyPerson}})"
        if self._shape.few == "dealers":
            return (
                "UNWIND $policyDealers AS seen_id"
                f" MATCH (:Dealer {{id: seen_id}})<-[seen_dealing:DEALT_WITH]-({person}:Person)"
            )
        # An index of two properties serves only what names both.
        test = f"{person}.city = seen_city AND {person}.id >= ''"
        return f"UNWIND $policyCities AS seen_city MATCH ({person}:Person) WHERE {test}"

    def _person(self, variable: str) -> str:
        """Every part of the restriction must let the person be seen; the cheapest first."""
        shape = self._shape
        return _both(
            condition("is_self", variable) if shape.person else "",
            condition("within_cities", variable) if shape.cities else "",
            condition("of_dealers", variable) if shape.dealers else "",
            condition("of_brands", variable) if shape.brands else "",
            condition("consented", variable) if shape.consent else "",
        )

    def _with_people(self, variable: str, label: str) -> str:
        test = self._person("seen_person")
        tests = [
            f"EXISTS {{ MATCH ({variable}){way.to_person}(seen_person) WHERE {_both(way.known, test)} }}"
            for way in _WAYS[label]
        ]
        return "" if not test else tests[0] if len(tests) == 1 else f"({' OR '.join(tests)})"

    def _visit(self, variable: str) -> str:
        test = self.seen("seen_brought", "Vehicle", shown=False)
        return test and (
            f"EXISTS {{ MATCH ({variable})<-[seen_had:HAD]-(seen_brought:Vehicle)"
            f" WHERE seen_had.retractedAt IS NULL AND {test} }}"
        )


@dataclass
class _Node:
    """A node of a pattern as it is written; `shown`: it is seen with the one beside it."""

    variable: str
    labels: str
    properties: str
    shown: bool = False

    @property
    def text(self) -> str:
        return f"({self.variable}{self.labels and ':'}{self.labels}{self.properties})"


@dataclass(frozen=True)
class _Link:
    """A relationship of a pattern as it is written."""

    before: str
    variable: str
    types: str
    after: str

    def shows(self, *, outward: bool) -> bool:
        """Whether what stands behind it is seen with what stands before it, going outward from left to right."""
        along = self.after == "->" if outward else self.before == "<-"
        against = self.before == "<-" if outward else self.after == "->"
        types = set(self.types.split("|"))
        return (along and types <= _SHOWN_ALONG) or (against and types <= _SHOWN_AGAINST)


def _both(*tests: str) -> str:
    """All of these conditions, those that always hold left out."""
    return " AND ".join(test for test in tests if test)
