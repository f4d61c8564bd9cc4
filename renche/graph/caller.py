"""Who asks: the scopes a caller has, and which rows it may see of what its scopes let it read.

The table `ROLES` is the whole of what a role means. A token of a partner or a job has scopes of its own in the place
of a role's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from hashlib import blake2b
from typing import Final


class Scope(StrEnum):
    """What a caller may do; fields of the schema and traversals name the one that they need."""

    PEOPLE = "people:read"
    IDENTIFIERS = "identifiers:read"
    VEHICLES = "vehicles:read"
    INTENTS = "intents:read"
    SERVICES = "services:read"
    HOUSEHOLDS = "households:read"
    CLUBS = "clubs:read"
    REFERRALS = "referrals:read"
    DEALERS = "dealers:read"
    VIN = "vehicles:vin"
    LOOKUP = "identifiers:lookup"
    REVEAL = "people:reveal"
    EXPORT = "people:export"
    ERASE = "people:erase"
    CONSENTS = "consents:manage"
    TOKENS = "tokens:manage"
    CYPHER = "cypher:read"
    AGGREGATES = "cypher:aggregate"
    AUDIT = "audit:read"


READS: Final = frozenset(
    {
        Scope.PEOPLE,
        Scope.IDENTIFIERS,
        Scope.VEHICLES,
        Scope.INTENTS,
        Scope.SERVICES,
        Scope.HOUSEHOLDS,
        Scope.CLUBS,
        Scope.REFERRALS,
        Scope.DEALERS,
    }
)
"""Every scope that reads the graph, personal values masked."""


READ_BY: Final[Mapping[str, Scope]] = {
    "Person": Scope.PEOPLE,
    "Registration": Scope.PEOPLE,
    "Identifier": Scope.IDENTIFIERS,
    "Vehicle": Scope.VEHICLES,
    "Model": Scope.VEHICLES,
    "Dealer": Scope.DEALERS,
    "Club": Scope.CLUBS,
    "Household": Scope.HOUSEHOLDS,
    "ServiceVisit": Scope.SERVICES,
    "Referral": Scope.REFERRALS,
    "ReferralStep": Scope.REFERRALS,
    "Intent": Scope.INTENTS,
    "Purchase": Scope.VEHICLES,
    "Drive": Scope.VEHICLES,
    "Service": Scope.SERVICES,
    "Membership": Scope.CLUBS,
    "Residence": Scope.HOUSEHOLDS,
    "Keeping": Scope.HOUSEHOLDS,
    "ApiToken": Scope.TOKENS,
    "Consent": Scope.CONSENTS,
}
"""A kind of thing or role → the scope by which its own properties are read."""


class Role(StrEnum):
    """What somebody is to the brand, as the identity provider says."""

    OWNER = "owner"
    DEALER_STAFF = "dealer_staff"
    OPERATIONS = "operations"
    ANALYST = "analyst"
    RESEARCHER = "researcher"


ROLES: Final[Mapping[Role, frozenset[Scope]]] = {
    # Restricted to himself.
    Role.OWNER: READS | {Scope.VIN, Scope.CONSENTS},
    # Restricted to the dealers of the staff member.
    Role.DEALER_STAFF: READS | {Scope.VIN, Scope.LOOKUP},
    Role.OPERATIONS: READS
    | {
        Scope.VIN,
        Scope.LOOKUP,
        Scope.REVEAL,
        Scope.EXPORT,
        Scope.ERASE,
        Scope.CONSENTS,
        Scope.TOKENS,
        Scope.AUDIT,
    },
    Role.ANALYST: READS | {Scope.CYPHER},
    # Nothing that shows one person.
    Role.RESEARCHER: frozenset({Scope.AGGREGATES}),
}
"""Role → scopes. Which restriction a role must come with: `NEEDED`."""

NEEDED: Final[Mapping[Role, str]] = {Role.OWNER: "person", Role.DEALER_STAFF: "dealers"}
"""Role → the field of `Restriction` without which it sees nothing: such a caller is refused."""


@dataclass(frozen=True)
class Restriction:
    """Which rows a caller sees; None: this does not restrict it, an empty set: nothing.

    `dealers`: ids of dealers, whose people, and what belongs to those, are seen. `cities`: six-digit division codes of
    where people live. `brands`: names of brands. `person`: the id of the only person that is seen, with what is theirs.
    Several restrict together: a row must be allowed by each.
    """

    dealers: frozenset[str] | None = None
    cities: frozenset[str] | None = None
    brands: frozenset[str] | None = None
    person: str | None = None


@dataclass(frozen=True)
class Caller:
    """Who asks, from a token that was checked.

    `id` names it in logs and audit records: `user:<subject>` of an identity provider, or `token:<id of the token>`.
    `partner`, `purpose`: whose token it is and what for, where it is a partner's: who did not consent to that is not
    there for it. `networks`: those its token is bound to.
    """

    id: str
    scopes: frozenset[Scope]
    restriction: Restriction = Restriction()
    partner: str | None = None
    purpose: str | None = None
    networks: frozenset[str] = frozenset()

    @cached_property
    def sight(self) -> str:
        """Names what it sees of the graph: alike for callers who see the same, empty for who sees everything."""
        if self.restriction == Restriction() and self.sharing is None:
            return ""
        by = self.restriction
        lists = [None if each is None else sorted(each) for each in (by.dealers, by.cities, by.brands)]
        return blake2b(repr((lists, by.person, self.sharing)).encode(), digest_size=16).hexdigest()

    @property
    def sharing(self) -> tuple[str, str] | None:
        """The partner and the purpose that a person must have consented to; none where consent does not count."""
        return None if self.partner is None else (self.partner, self.purpose or "")
