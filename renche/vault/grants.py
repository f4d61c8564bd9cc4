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
_PARTNER = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}", re.ASCII)


@dataclass(frozen=True)
class Grant:
    """What a token shall be called and allow.

    `dealers`, `cities` and `brands` restrict which rows it sees: None does not restrict, an empty set leaves nothing.
    `networks` are the addresses it may come from, as CIDRs; none means any.
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
    networks: frozenset[str] = frozenset()

    def check(self, now: datetime) -> None:
        """Raises BadGrant with the first thing that is wrong and what to do."""
        for what, text in (("name", self.name), ("owner", self.owner)):
            if not text.strip() or len(text) > LONGEST_NAME or not text.isprintable():
                raise BadGrant(f"The {what} of a token must be 1 to {LONGEST_NAME} printable characters.")
        if not is_env(self.env):
            raise BadGrant("The env of a token must be 1 to 16 lower-case letters and digits, as live, test or demo.")
        if not self.scopes or not all(_SCOPE.fullmatch(scope) for scope in self.scopes):
            raise BadGrant("A token needs at least one scope, each like people:read.")
        if self.partner is not None and not _PARTNER.fullmatch(self.partner):
            raise BadGrant("The partner must be 1 to 64 letters, digits, dots, dashes or underscores.")
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
    networks: frozenset[str]
    created_at: datetime
    not_before: datetime
    expires_at: datetime
    rotated_to: str | None = None
    rotated_until: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

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
