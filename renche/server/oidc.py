"""Tokens of the identity provider (OIDC, as JWT) become callers: the provider says who it is and in what role."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError, MissingClaimError
from joserfc.jwt import JWTClaimsRegistry

from renche.graph.caller import NEEDED, ROLES, Caller, Restriction, Role
from renche.graph.errors import Forbidden, InvalidId
from renche.graph.ids import Kind, kind_of
from renche.server.auth import LONGEST
from renche.server.auth_errors import Unauthenticated
from renche.server.jwks import Jwks, KeysUnreadable, public_keys, read_address, read_file
from renche.server.settings import Settings, SettingsError

MOST_VALUES: Final = 1_000
_LONGEST_HEADER = 2_048
# An ID or access token; not one for a logout, say, which the same key signs.
_TYPES = (None, "jwt", "at+jwt", "application/at+jwt")
_SUBJECT = re.compile(r"[!-~]{1,255}", re.ASCII)
_CITY = re.compile(r"\d{6}", re.ASCII)

_UNREADABLE = "The token is neither a renche API token nor a signed token that can be read."
_UNSIGNED = "The token is not signed by the identity provider with an algorithm that is accepted."


@dataclass(frozen=True)
class Provider:
    """Whose tokens are accepted: `skew` is how many seconds its clock and ours may differ."""

    issuer: str
    audience: str
    algorithms: tuple[str, ...] = ("RS256", "ES256")
    role_claim: str = "role"
    skew: int = 60


class Oidc:
    """Tells who a token of the identity provider is for."""

    def __init__(
        self, provider: Provider, keys: Jwks, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._provider = provider
        self._keys = keys
        self._headers = jws.JWSRegistry(algorithms=provider.algorithms, strict_check_header=False)
        self._headers.max_header_length = _LONGEST_HEADER
        self._claims = JWTClaimsRegistry(
            now=lambda: int(now().timestamp()),
            leeway=provider.skew,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": provider.audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    async def close(self) -> None:
        """Ends what is under way."""
        await self._keys.close()

    async def caller(self, text: str) -> Caller:
        """Who this token is for; raises Unauthenticated, Forbidden or AuthUnavailable."""
        header = self._header(text)
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in self._provider.algorithms or not isinstance(kid, str | None):
            raise Unauthenticated(_UNSIGNED)
        # `crit` changes what is signed in ways that we do not need.
        if "crit" in header or str(header.get("typ", "jwt")).lower() not in _TYPES:
            raise Unauthenticated(_UNREADABLE)
        key = await self._keys.key(kid, algorithm)
        if key is None:
            raise Unauthenticated(_UNSIGNED)
        claims: dict[str, Any] | None
        try:
            claims = jwt.decode(text, key, registry=self._headers).claims
        except (JoseError, ValueError, TypeError, RecursionError):
            claims = None
        if claims is None:
            raise Unauthenticated(_UNSIGNED)
        if refusal := self._refusal(claims):
            raise Unauthenticated(refusal)
        return caller_of(claims, self._provider.role_claim)

    def _header(self, text: str) -> Mapping[str, Any]:
        """The header, of which nothing is believed yet."""
        header: Any = None
        if len(text) <= LONGEST and text.isascii() and text.count(".") == 2:
            try:
                header = jws.extract_compact(text.encode("ascii"), registry=self._headers).headers()
            except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
                header = None
        # Raised out here: the errors of a decoder carry what they read.
        if not isinstance(header, dict):
            raise Unauthenticated(_UNREADABLE)
        return header

    def _refusal(self, claims: dict[str, Any]) -> str | None:
        try:
            self._claims.validate(claims)
        except ExpiredTokenError:
            return "The token has expired; get a new one from the identity provider."
        except MissingClaimError:
            return "The token lacks one of the claims iss, aud, exp and sub."
        except (ClaimError, ValueError, TypeError):
            return "The token is not for this service, not of its identity provider, or not valid yet."
        return None


def open_oidc(settings: Settings) -> Oidc:
    """What tells who the tokens of the settings' provider are for; SettingsError when the file of keys is of no use."""
    assert settings.oidc_issuer is not None  # noqa: S101  who calls sees to it
    assert settings.oidc_audience is not None  # noqa: S101  settings see to it
    provider = Provider(
        settings.oidc_issuer,
        settings.oidc_audience,
        settings.accepted_algorithms,
        settings.oidc_role_claim,
        settings.oidc_clock_skew,
    )
    url, path = settings.oidc_jwks_url, settings.oidc_jwks_file
    if url is not None:
        return Oidc(provider, Jwks(lambda: read_address(url)))
    assert path is not None  # noqa: S101
    try:
        public_keys(read_file(path))
        reason = None
    except KeysUnreadable as error:
        reason = str(error)
    except OSError as error:
        reason = f"{error.strerror}."
    if reason is not None:
        raise SettingsError(f"RENCHE_OIDC_JWKS_FILE: {path} cannot be used. {reason}")
    return Oidc(provider, Jwks(lambda: read_file(path)))


def caller_of(claims: Mapping[str, Any], role_claim: str) -> Caller:
    """Who the claims of a checked token describe.

    Raises Forbidden when they name no role of renche, several, or one without the restriction it must come with. A
    restriction that is not understood refuses the caller: to pass over it would show more.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise Unauthenticated("The token's subject must be 1 to 255 visible ASCII characters.")
    role = _role(_claim(claims, role_claim))
    restriction = Restriction(
        dealers=_values(claims, "dealers", lambda value: _is_id(value, Kind.DEALER)),
        cities=_values(claims, "cities", lambda value: _CITY.fullmatch(value) is not None),
        brands=_values(claims, "brands", lambda value: 0 < len(value.strip()) <= 100),
        person=_person(claims),
    )
    needed = NEEDED.get(role)
    if needed is not None and not getattr(restriction, needed):
        raise Forbidden(f"The token's role, {role}, must come with the claim {needed}.")
    return Caller(f"user:{subject}", ROLES[role], restriction)


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, or by a path with dots as `realm_access.roles`."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _role(named: Any) -> Role:
    listed = named if isinstance(named, list) else [named]
    # Providers list roles of other services beside ours.
    roles = {Role(name) for name in listed[:MOST_VALUES] if isinstance(name, str) and name in set(Role)}
    if len(roles) != 1:
        raise Forbidden(f"The token must name exactly one role of renche: {', '.join(Role)}.")
    return roles.pop()


def _values(claims: Mapping[str, Any], name: str, sound: Callable[[str], bool]) -> frozenset[str] | None:
    if name not in claims:
        return None
    value = claims[name]
    listed = [value] if isinstance(value, str) else value
    if (
        not isinstance(listed, list)
        or len(listed) > MOST_VALUES
        or not all(isinstance(each, str) and sound(each) for each in listed)
    ):
        raise Forbidden(f"The token's claim {name} is not understood.")
    return frozenset(listed)


def _person(claims: Mapping[str, Any]) -> str | None:
    if "person" not in claims:
        return None
    person = claims["person"]
    if not isinstance(person, str) or not _is_id(person, Kind.PERSON):
        raise Forbidden("The token's claim person is not understood.")
    return person


def _is_id(value: str, kind: Kind) -> bool:
    try:
        return kind_of(value) is kind
    except InvalidId:
        return False
