"""Who asks: from the Authorization header and the client's address to a `Caller`, or to a refusal with its code."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from renche.graph.caller import Caller
from renche.server.api_tokens import ApiTokens
from renche.server.auth_errors import Unauthenticated
from renche.server.jwks import Jwks, KeysUnreadable, public_keys, read_address, read_file
from renche.server.oidc import LONGEST, Oidc, Provider
from renche.server.settings import Settings, SettingsError
from renche.vault.store import Vault
from renche.vault.tokens import Tokens

_PREFIX = "rch_"
_SCHEME = "bearer "


class Authenticator:
    """The two kinds of tokens, told apart by their first letters; made by `open_authenticator`."""

    def __init__(self, api_tokens: ApiTokens, oidc: Oidc | None = None) -> None:
        self._api_tokens = api_tokens
        self._oidc = oidc

    async def caller(self, authorization: str | None, address: str | None) -> Caller:
        """Who sends this header from this address.

        `address` must be the peer's, or what a proxy that is trusted says of it, never a header that anyone may
        send. Raises Unauthenticated, Forbidden or AuthUnavailable; no sentence quotes the token.
        """
        if not authorization:
            raise Unauthenticated("Send a token in the header: Authorization: Bearer TOKEN.")
        if len(authorization) > len(_SCHEME) + LONGEST:
            raise Unauthenticated(f"The token is longer than {LONGEST} characters.")
        if authorization[: len(_SCHEME)].lower() != _SCHEME:
            raise Unauthenticated("Send the token as a bearer token: Authorization: Bearer TOKEN.")
        token = authorization[len(_SCHEME) :].strip(" ")
        if token.startswith(_PREFIX):
            return await self._api_tokens.caller(token, address)
        if self._oidc is None:
            raise Unauthenticated("This service accepts renche API tokens only: no identity provider is set.")
        return await self._oidc.caller(token)


@asynccontextmanager
async def open_authenticator(settings: Settings, vault: Vault) -> AsyncIterator[Authenticator]:
    """The authenticator that the settings describe; raises SettingsError when the file of keys cannot be used.

    It goes by the machine's clock even where RENCHE_NOW is set: no token may outlive a clock that stands still.
    """
    async with AsyncExitStack() as stack:
        api_tokens = ApiTokens(Tokens(vault))
        stack.push_async_callback(api_tokens.close)
        oidc = _oidc(settings)
        if oidc is not None:
            stack.push_async_callback(oidc.close)
        yield Authenticator(api_tokens, oidc)


def _oidc(settings: Settings) -> Oidc | None:
    if settings.oidc_issuer is None:
        return None
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
