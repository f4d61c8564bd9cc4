"""API tokens: issued, listed, rotated and revoked by who may manage them, within what the caller itself may do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Annotated, Any, Final

import strawberry

from renche.graph import grantable
from renche.graph.caller import Caller, Scope
from renche.graph.errors import InvalidArgument
from renche.graph.page import DEFAULT_PAGE, MAXIMUM_PAGE
from renche.resolvers.connection import Edge, PageInfo
from renche.resolvers.context import Context, Info
from renche.resolvers.stores import in_vault
from renche.resolvers.user_error import Mistake, UserError, UserErrorCode
from renche.vault import grants
from renche.vault.errors import BadGrant, UnknownToken
from renche.vault.grants import MAXIMUM_LIFE, MAXIMUM_OVERLAP, Allowed, Grant
from renche.vault.tokens import Issued, Tokens, no_such_token

_LIVING: Final = ("valid", "not yet valid")
_LONGEST_OVERLAP: Final = MAXIMUM_OVERLAP // timedelta(hours=1)
_PAGE: Final = 1_000


@strawberry.enum(description="What a token is at the moment.")
class TokenState(Enum):
    VALID = strawberry.enum_value("valid", description="It is accepted.")
    NOT_YET_VALID = strawberry.enum_value("not yet valid", description="It is accepted from `notBefore` on.")
    ROTATED = strawberry.enum_value("rotated", description="Another took its place, and its time beside that is over.")
    EXPIRED = strawberry.enum_value("expired", description="It has come to its end.")
    REVOKED = strawberry.enum_value("revoked", description="It was ended by somebody.")


@strawberry.enum(description="What the rows that a token sees are restricted by.")
class TokenRestrictedBy(Enum):
    DEALERS = strawberry.enum_value("dealers", description="Ids of dealers.")
    CITIES = strawberry.enum_value("cities", description="Six-digit codes of cities (GB/T 2260).")
    BRANDS = strawberry.enum_value("brands", description="Names of brands.")


@strawberry.type(description="What a token sees no more than.")
class TokenRestriction:
    by: TokenRestrictedBy = strawberry.field(description="By what it is restricted.")
    values: list[str] = strawberry.field(description="What it is restricted to; when there are none it sees no row.")


@strawberry.type(description="An API token: all that is known of it but the secret, which is kept nowhere.")
class ApiToken:
    id: strawberry.ID = strawberry.field(description="Its id, the third part of the token: no secret.")
    name: str = strawberry.field(description="What it is for.")
    owner: str = strawberry.field(description="Who answers for it: a team or a partner.")
    env: str = strawberry.field(description="The installation it is for; stands in the token.")
    scopes: list[str] = strawberry.field(description="What it may do, for example people:read.")
    restrictions: list[TokenRestriction] = strawberry.field(
        description="What it is restricted to; a row must be allowed by each, and without any each row is."
    )
    partner: str | None = strawberry.field(description="The partner whose token it is: consents are kept.")
    purpose: str | None = strawberry.field(description="What the partner may use it for; people consent to that.")
    networks: list[str] = strawberry.field(description="Networks it may come from, as CIDRs; none: any.")
    created_at: datetime = strawberry.field(description="When it was made.")
    not_before: datetime = strawberry.field(description="When it begins.")
    expires_at: datetime = strawberry.field(description="When it ends, if nothing ends it before.")
    ends_at: datetime = strawberry.field(description="When it ends: earlier than `expiresAt` once it was rotated.")
    state: TokenState = strawberry.field(description="What it is at the moment.")
    rotated_to: strawberry.ID | None = strawberry.field(description="The id of the token that takes its place.")
    revoked_at: datetime | None = strawberry.field(description="When it was revoked.")
    last_used_at: datetime | None = strawberry.field(description="When it was last used, to the minute.")


@strawberry.type(description="A page of a list of tokens.")
class ApiTokenConnection:
    edges: list[Edge[ApiToken]] = strawberry.field(description="The rows of this page.")
    page_info: PageInfo = strawberry.field(description="Where the page stands in its list.")

    @strawberry.field(description="The tokens of this page, without their cursors.")
    def nodes(self) -> list[ApiToken]:
        return [edge.node for edge in self.edges]


@strawberry.input(description="What a new token shall be called and allow: never more than who gives it may do.")
class TokenIssueInput:
    name: str = strawberry.field(description="What it is for, for example 'CRM, nightly export'.")
    owner: str = strawberry.field(description="Who answers for it: a team or a partner.")
    scopes: list[str] = strawberry.field(description="What it may do, for example people:read.")
    expires_at: datetime = strawberry.field(description=f"When it ends, within {MAXIMUM_LIFE.days} days.")
    not_before: datetime | None = strawberry.field(default=None, description="When it begins; without it, now.")
    env: str = strawberry.field(default="live", description="The installation it is for; stands in the token.")
    dealers: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Ids of dealers it is restricted to; without it, by dealers it is not."
    )
    cities: list[str] | None = strawberry.field(
        default=None, description="Six-digit codes of cities it is restricted to; without it, by cities it is not."
    )
    brands: list[str] | None = strawberry.field(
        default=None, description="Names of brands it is restricted to; without it, by brands it is not."
    )
    partner: str | None = strawberry.field(
        default=None, description="The partner whose token it is: who did not consent is not there for it."
    )
    purpose: str | None = strawberry.field(
        default=None, description="What the partner may use it for; given with `partner` and only with it."
    )
    networks: list[str] = strawberry.field(
        default_factory=list, description="Networks it may come from, as CIDRs; none: any."
    )


@strawberry.type(description="What came of issuing or rotating a token.")
class TokenSecretPayload:
    token: ApiToken | None = strawberry.field(description="The new token; null when there are errors.")
    secret: str | None = strawberry.field(
        description="The new token's text, to be sent as `Authorization: Bearer …`. It is shown here and never again."
    )
    user_errors: list[UserError] = strawberry.field(description="What the user can mend; empty when it was done.")


@strawberry.type(description="What came of revoking a token.")
class TokenRevokePayload:
    token: ApiToken | None = strawberry.field(description="The token; null when there are errors.")
    user_errors: list[UserError] = strawberry.field(description="What the user can mend; empty when it was done.")


TokenId = Annotated[
    strawberry.ID, strawberry.argument(description="The token's id: its third part, not the token itself.")
]


async def _token(info: Info, id: TokenId) -> ApiToken | None:  # noqa: A002 - the argument's name
    try:
        return _shown(await in_vault(_find, info.context, id))
    except UnknownToken:
        return None


async def _tokens(
    info: Info,
    owner: Annotated[str | None, strawberry.argument(description="Only those of this owner.")] = None,
    ended: Annotated[bool, strawberry.argument(description="Also those that have ended.")] = False,
    first: Annotated[int, strawberry.argument(description=f"How many to give, up to {MAXIMUM_PAGE}.")] = DEFAULT_PAGE,
    after: Annotated[str | None, strawberry.argument(description="The cursor after which to go on.")] = None,
) -> ApiTokenConnection:
    if not 0 <= first <= MAXIMUM_PAGE:
        raise InvalidArgument(f"first: ask for 0 to {MAXIMUM_PAGE} tokens, not {first}.")
    tokens, caller, now = Tokens(info.context.stores.vault), info.context.caller, datetime.now(UTC)

    def read() -> list[grants.ApiToken]:
        found: list[grants.ApiToken] = []
        at = after or ""
        while len(found) <= first and (page := tokens.page(owner=owner, after=at, limit=_PAGE)):
            found += [one for one in page if _sees(caller, one) and (ended or one.state(now) in _LIVING)]
            at = page[-1].id
        return found

    found = await in_vault(read)
    edges = [Edge(cursor=token.id, node=_shown(token)) for token in found[:first]]
    page_info = PageInfo(
        has_next_page=len(found) > first,
        has_previous_page=after is not None,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return ApiTokenConnection(edges=edges, page_info=page_info)


@strawberry.type
class TokenQueries:
    token: ApiToken | None = strawberry.field(
        resolver=_token,
        description="The API token with this id; null when there is none. One that sees what the caller does not, by"
        " dealers, cities, brands, partner or purpose, is not there for it.",
        metadata={"scopes": {Scope.TOKENS}},
    )
    tokens: ApiTokenConnection = strawberry.field(
        resolver=_tokens,
        description="API tokens in the order of their ids, without those that see what the caller does not.",
        metadata={"scopes": {Scope.TOKENS}},
    )


@strawberry.type
class TokenMutations:
    @strawberry.mutation(
        description="Makes an API token, which allows no more than the caller may do. Its text is in the answer, once.",
        metadata={"scopes": {Scope.TOKENS}},
    )
    async def token_issue(
        self,
        info: Info,
        asked: Annotated[
            TokenIssueInput, strawberry.argument(name="input", description="What it shall be called and allow.")
        ],
    ) -> TokenSecretPayload:
        return await _handed_over(_issue, info.context, asked)

    @strawberry.mutation(
        description="Makes an API token that allows the same and takes the place of the old one, which ends after the"
        " overlap. The new one's text is in the answer, once.",
        metadata={"scopes": {Scope.TOKENS}},
    )
    async def token_rotate(
        self,
        info: Info,
        id: TokenId,  # noqa: A002 - the argument's name
        overlap_hours: Annotated[
            int, strawberry.argument(description=f"How many hours the old one stays good, 0 to {_LONGEST_OVERLAP}.")
        ] = 168,
        expires_at: Annotated[
            datetime | None, strawberry.argument(description="When the new one ends; without it, it lives as long.")
        ] = None,
    ) -> TokenSecretPayload:
        return await _handed_over(_rotate, info.context, id, overlap_hours, expires_at)

    @strawberry.mutation(
        description="Ends an API token: servers refuse it within five seconds. One that was revoked before stays so.",
        metadata={"scopes": {Scope.TOKENS}},
    )
    async def token_revoke(
        self,
        info: Info,
        id: TokenId,  # noqa: A002 - the argument's name
    ) -> TokenRevokePayload:
        try:
            return TokenRevokePayload(token=_shown(await in_vault(_revoke, info.context, id)), user_errors=[])
        except Mistake as mistake:
            return TokenRevokePayload(token=None, user_errors=mistake.shown)


async def _handed_over(work: Callable[..., Issued], *asked: Any) -> TokenSecretPayload:
    try:
        issued = await in_vault(work, *asked)
    except Mistake as mistake:
        return TokenSecretPayload(token=None, secret=None, user_errors=mistake.shown)
    return TokenSecretPayload(token=_shown(issued.token), secret=issued.text, user_errors=[])


def _issue(context: Context, asked: TokenIssueInput) -> Issued:
    with _mendable("input", "scopes"):
        scopes = grantable.scopes(asked.scopes)
    with _mendable("input", "dealers"):
        dealers = None if asked.dealers is None else grantable.dealers(asked.dealers)
    with _mendable("input", "cities"):
        cities = None if asked.cities is None else grantable.cities(asked.cities)
    grant = Grant(
        name=asked.name,
        owner=asked.owner,
        env=asked.env,
        scopes=frozenset(scopes),
        expires_at=asked.expires_at,
        not_before=asked.not_before,
        dealers=dealers,
        cities=cities,
        brands=None if asked.brands is None else frozenset(asked.brands),
        partner=asked.partner,
        purpose=asked.purpose,
        networks=frozenset(asked.networks),
    )
    with _mendable("input"):
        for network in sorted(grant.networks):
            grants.network_of(network)  # before they are compared
        _refuse_more(context.caller, grant.allowed)
        return Tokens(context.stores.vault).issue(grant, context.caller.id)


def _rotate(context: Context, id_: str, overlap_hours: int, expires_at: datetime | None) -> Issued:
    if not 0 <= overlap_hours <= _LONGEST_OVERLAP:
        said = f"The old token may stay good for 0 to {_LONGEST_OVERLAP} hours."
        raise Mistake(UserErrorCode.BAD_GRANT, said, "overlapHours")
    with _mendable("id"):
        # Its text is handed out: what it allows is given to the caller.
        _refuse_more(context.caller, _find(context, id_).allowed)
    with _mendable("expiresAt"):
        return Tokens(context.stores.vault).rotate(
            id_, context.caller.id, overlap=timedelta(hours=overlap_hours), expires_at=expires_at
        )


def _revoke(context: Context, id_: str) -> grants.ApiToken:
    with _mendable("id"):
        _find(context, id_)
        return Tokens(context.stores.vault).revoke(id_, context.caller.id)


@contextmanager
def _mendable(*field: str) -> Iterator[None]:
    try:
        yield
    except InvalidArgument as error:
        raise Mistake(UserErrorCode.BAD_GRANT, error.message, *field) from None
    except BadGrant as error:
        raise Mistake(UserErrorCode.BAD_GRANT, str(error), *field) from None
    except UnknownToken as error:
        raise Mistake(UserErrorCode.UNKNOWN_TOKEN, str(error), "id") from None


def _own(caller: Caller) -> Allowed:
    by = caller.restriction
    scopes: frozenset[str] = frozenset(caller.scopes)
    return Allowed(scopes, by.dealers, by.cities, by.brands, caller.partner, caller.purpose, caller.networks)


def _sees(caller: Caller, token: grants.ApiToken) -> bool:
    """Whether the token is there for the caller; one with a scope that the caller lacks is, and can be revoked."""
    return caller.restriction.person is None and _own(caller).restricts(token.allowed) is None


def _find(context: Context, id_: str) -> grants.ApiToken:
    found = Tokens(context.stores.vault).find(id_)
    if not _sees(context.caller, found):
        raise no_such_token(id_)
    return found


def _refuse_more(caller: Caller, asked: Allowed) -> None:
    if caller.restriction.person is not None:
        raise BadGrant("You are restricted to one person, and a token cannot be.")
    if refused := _own(caller).refuses(asked):
        raise BadGrant(refused)


def _shown(token: grants.ApiToken) -> ApiToken:
    lists = {"dealers": token.dealers, "cities": token.cities, "brands": token.brands}
    return ApiToken(
        id=strawberry.ID(token.id),
        name=token.name,
        owner=token.owner,
        env=token.env,
        scopes=sorted(token.scopes),
        restrictions=[
            TokenRestriction(by=TokenRestrictedBy(by), values=sorted(values))
            for by, values in lists.items()
            if values is not None
        ],
        partner=token.partner,
        purpose=token.purpose,
        networks=sorted(token.networks),
        created_at=token.created_at,
        not_before=token.not_before,
        expires_at=token.expires_at,
        ends_at=token.ends_at,
        state=TokenState(token.state(datetime.now(UTC))),
        rotated_to=strawberry.ID(token.rotated_to) if token.rotated_to else None,
        revoked_at=token.revoked_at,
        last_used_at=token.last_used_at,
    )
