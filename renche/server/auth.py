"""Who asks: from the Authorization header and the client's address to a `Caller`, or to a refusal with its code."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final

from renche.graph.caller import Caller
from renche.server.api_tokens import ApiTokens
from renche.server.auth_errors import Unauthenticated
from renche.server.settings import Settings
from renche.vault.store import Vault
from renche.vault.tokens import Tokens

if TYPE_CHECKING:
    from renche.server.oidc import Oidc

LONGEST: Final = 8_192
"""Characters of a token; longer ones are not looked at."""

_PREFIX = "rch_"
_SCHEME = "bearer "


class Authenticator:
    """The two kinds of tokens, told apart by their first letters; made by `open_authenticator`."""

    def __init__(self, api_tokens: ApiTokens, oidc: "Oidc | None" = None) -> None:
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
        oidc = None
        if settings.oidc_issuer is not None:
            # Only who has an identity provider pays for what reads its tokens: 3 MB.
            from renche.server.oidc import open_oidc

            oidc = open_oidc(settings)
            stack.push_async_callback(oidc.close)
        yield Authenticator(api_tokens, oidc)
