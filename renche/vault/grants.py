"""What an API token allows, and whether it does so now: pure rules, without a database."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from renche.vault.errors import BadGrant
from renche.vault.token_form import is_env

MAXIMUM_LIFE: Final = timedelta(days=366)
"""No token lives longer; one that is needed for ever is rotated every year."""

MAXIMUM_OVERLAP: Final = timedelta(days=30)
"""How long a token may stay good beside the one that takes its place."""

LONGEST_NAME: Final = 100
MOST_VALUES: Final = 1_000

_SCOPE = re.compile(r"[a-z]{1,30}:[a-z]{1,30}", re.ASCII)
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}", re.ASCII)


@dataclass(frozen=True)
class Allowed:
    """What somebody or a token may do; None does not restrict, and no networks are any."""

    scopes: frozenset[str]
    dealers: frozenset[str] | None = None
    cities: frozenset[str] | None = None
    brands: frozenset[str] | None = None
    partner: str | None = None
    purpose: str | None = None
    networks: frozenset[str] = frozenset()

    def restricts(self, other: Allowed) -> str | None:
        """Which restriction of this one the other does not keep; None when it keeps each."""
        for what in ("dealers", "cities", "brands"):
            own, others = getattr(self, what), getattr(other, what)
            if own is not None and (others is None or not others <= own):
                return what
        for what in ("partner", "purpose"):
            if getattr(self, what) not in (None, getattr(other, what)):
                return what
        return None

    def refuses(self, other: Allowed) -> str | None:
        """Why who may do this may not give a token that allows the other, as a sentence; None when it may.

        Time does not count: a token may be good for longer than its giver's own.
        """
        if more := other.scopes - self.scopes:
            return f"You cannot give scopes that you do not have: {', '.join(sorted(more))}."
        if what := self.restricts(other):
            return (
                f"You are restricted in {what}, and can give a token only with the same restriction or a narrower one."
            )
        if self.networks and not (other.networks and all(_within(one, self.networks) for one in other.networks)):
            return "Your token is bound to networks, and can give one only for networks within these."
        return None


@dataclass(frozen=True)
class Grant:
    """What a token shall be called and allow.

    `dealers`, `cities` and `brands` restrict which rows it sees: None does not restrict, an empty set leaves nothing.
    `partner`, `purpose`: whose it is and what for, where consent counts; both or neither. `networks` are the addresses
    it may come from, as CIDRs; none means any.
    """

    name: str
    owner: str
    env: str
    scopes: frozenset[str]
    expires_at: datetime
    not_before: datetime | None = None
    dealers: frozenset[str] | None = None
    cities: frozenset[str] | None = None
    brands: frozenset[str] | None = None
    partner: str | None = None
    purpose: str | None = None
    networks: frozenset[str] = frozenset()

    @property
    def allowed(self) -> Allowed:
        """What it allows."""
        return Allowed(self.scopes, self.dealers, self.cities, self.brands, self.partner, self.purpose, self.networks)

    def check(self, now: datetime) -> None:
        """Raises BadGrant with the first thing that is wrong and what to do."""
        for what, text in (("name", self.name), ("owner", self.owner)):
            if not text.strip() or len(text) > LONGEST_NAME or not text.isprintable():
                raise BadGrant(f"The {what} of a token must be 1 to {LONGEST_NAME} printable characters.")
        if not is_env(self.env):
            raise BadGrant("The env of a token must be 1 to 16 lower-case letters and digits, as live, test or demo.")
        if not self.scopes or not all(_SCOPE.fullmatch(scope) for scope in self.scopes):
            raise BadGrant("A token needs at least one scope, each like people:read.")
        for what, code in (("partner", self.partner), ("purpose", self.purpose)):
            if code is not None and not is_code(code):
                raise BadGrant(f"The {what} must be 1 to 64 letters, digits, dots, dashes or underscores.")
        if (self.partner is None) != (self.purpose is None):
            raise BadGrant("A partner's token is for one purpose: give both the partner and the purpose, or neither.")
        for what, values in (("dealers", self.dealers), ("cities", self.cities), ("brands", self.brands)):
            _check_values(what, values or ())
        _check_values("networks", self.networks)
        for network in sorted(self.networks):
            network_of(network)
        check_times(now, self.not_before or now, self.expires_at)


@dataclass(frozen=True)
class ApiToken:
    """A token as the vault knows it: all but its secret."""

    id: str
    name: str
    owner: str
    env: str
    scopes: frozenset[str]
    dealers: frozenset[str] | None
    cities: frozenset[str] | None
    brands: frozenset[str] | None
    partner: str | None
    purpose: str | None
    networks: frozenset[str]
    created_at: datetime
    not_before: datetime
    expires_at: datetime
    rotated_to: str | None = None
    rotated_until: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    @property
    def allowed(self) -> Allowed:
        """What it allows."""
        return Allowed(self.scopes, self.dealers, self.cities, self.brands, self.partner, self.purpose, self.networks)

    @property
    def ends_at(self) -> datetime:
        """When it ends at the latest, if it is not revoked before."""
        return min(self.expires_at, self.rotated_until) if self.rotated_until else self.expires_at

    def state(self, now: datetime) -> str:
        """What it is: revoked, rotated, expired, not yet valid, or valid."""
        if self.revoked_at is not None:
            return "revoked"
        if now >= self.expires_at:
            return "expired"
        if self.rotated_until is not None and now >= self.rotated_until:
            return "rotated"
        return "valid" if now >= self.not_before else "not yet valid"


def is_code(text: str) -> bool:
    """Whether this can be the code of a partner or a purpose."""
    return _CODE.fullmatch(text) is not None


def _within(network: str, others: frozenset[str]) -> bool:
    inner = network_of(network)
    return any(
        inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]  # both of one version
        for outer in map(network_of, others)
    )


def network_of(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """The network that a CIDR names; raises BadGrant, naming it, when it names none."""
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise BadGrant(f"{text[:50]!r} is no network; write a CIDR, as 203.0.113.0/24 or 2001:db8::/32.") from None
    raise BadGrant(
        f"{text} names an address within a network; write {meant}, or the address with /{meant.max_prefixlen}."
    )


def check_times(now: datetime, start: datetime, end: datetime) -> None:
    """Raises BadGrant when a token from `start` to `end` makes no sense now, or would live too long."""
    if start.tzinfo is None or end.tzinfo is None:
        raise BadGrant("The times of a token need a time zone.")
    if end <= now:
        raise BadGrant("The token would have expired already; choose a later time.")
    if start >= end:
        raise BadGrant("The token would expire before it begins; choose a later end or an earlier beginning.")
    if end - now > MAXIMUM_LIFE:
        raise BadGrant(f"A token expires after {MAXIMUM_LIFE.days} days at the latest; rotate it then.")


def _check_values(what: str, values: Iterable[str]) -> None:
    listed = list(values)
    if len(listed) > MOST_VALUES:
        raise BadGrant(f"A token may name {MOST_VALUES} {what} at most.")
    if not all(value.strip() and len(value) <= LONGEST_NAME and value.isprintable() for value in listed):
        raise BadGrant(f"Each of the {what} must be 1 to {LONGEST_NAME} printable characters.")
