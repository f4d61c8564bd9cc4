"""API tokens in the vault: issued once, found by id, rotated, revoked; only the hash of a secret is kept.

Every change is written together with its audit record: both are there or neither.
"""

from __future__ import annotations

import dataclasses
import hmac
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, or_, select, update

from renche.vault.audit import Audit, Detail, Turn
from renche.vault.database import transaction
from renche.vault.errors import BadGrant, UnknownToken
from renche.vault.grants import MAXIMUM_LIFE, MAXIMUM_OVERLAP, ApiToken, Grant, check_times
from renche.vault.store import Vault
from renche.vault.tables import api_tokens
from renche.vault.token_form import TokenText, is_token_id, make_token, read_token

USE_NOTED_EVERY = timedelta(minutes=1)
"""How often the last use of a token is written at most, however many processes see it used."""

_NO_HASH = bytes(32)
# What nothing has happened to yet.
_UNUSED: Mapping[str, Any] = {"rotated_to": None, "rotated_until": None, "revoked_at": None, "last_used_at": None}


@dataclass(frozen=True)
class Issued:
    """A new token, and its text, which is nowhere else from now on."""

    token: ApiToken
    text: str = field(repr=False)


class Tokens:
    """The API tokens of a vault; `actor` is who is noted in the audit record of a change."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._audit = Audit(vault)

    def issue(self, grant: Grant, actor: str) -> Issued:
        """Make a token; raises BadGrant when it may not be given."""
        with self._audit.turn() as turn:
            now = _moment(turn.now)
            grant.check(now)
            made = make_token(grant.env)
            token = _granted(grant, made.id, now)
            _insert(turn, token, made)
            turn.append(actor, "token.issue", made.id, _told(token))
        return Issued(token, made.text)

    def rotate(self, id_: str, actor: str, *, overlap: timedelta, expires_at: datetime | None = None) -> Issued:
        """Make a token that allows the same; the old one stays good for the overlap and not longer.

        Without `expires_at` the new one lives as long as the old one was meant to. Raises UnknownToken when there is no
        such token or it has ended, and BadGrant for an overlap or an end that cannot be.
        """
        if not timedelta(0) <= overlap <= MAXIMUM_OVERLAP:
            raise BadGrant(f"The old token may stay good for 0 to {MAXIMUM_OVERLAP.days} days.")
        with self._audit.turn() as turn:
            now = _moment(turn.now)
            old = _living(turn, id_, now)
            if old.rotated_to is not None:
                raise UnknownToken(f"The token {id_} was rotated before: rotate its successor {old.rotated_to}.")
            # It begins no earlier than the old one was to.
            start = max(now, old.not_before)
            end = expires_at or min(start + (old.expires_at - old.not_before), now + MAXIMUM_LIFE)
            check_times(now, start, end)
            made = make_token(old.env)
            token = dataclasses.replace(old, id=made.id, created_at=now, not_before=start, expires_at=end, **_UNUSED)
            _insert(turn, token, made)
            until = min(now + overlap, old.expires_at)
            _change(turn, id_, {"rotated_to": made.id, "rotated_until": _microseconds(until)})
            turn.append(actor, "token.rotate", id_, {"to": made.id, "until": until.isoformat(), **_told(token)})
        return Issued(token, made.text)

    def revoke(self, id_: str, actor: str) -> ApiToken:
        """End a token now; one that was revoked before stays as it is. Raises UnknownToken."""
        with self._audit.turn() as turn:
            token = _in_turn(turn, id_)
            if token.revoked_at is None:
                _change(turn, id_, {"revoked_at": turn.now})
                turn.append(actor, "token.revoke", id_)
            return _in_turn(turn, id_)

    def find(self, id_: str) -> ApiToken:
        """The token with an id; raises UnknownToken."""
        _check_id(id_)
        with transaction(self._vault.engine) as connection:
            return _known(id_, connection.execute(select(api_tokens).where(api_tokens.c.id == id_)).one_or_none())

    def page(self, *, owner: str | None = None, after: str = "", limit: int = 1_000) -> list[ApiToken]:
        """The next tokens by id, of one owner or of all."""
        query = select(api_tokens).where(api_tokens.c.id > after).order_by(api_tokens.c.id).limit(limit)
        if owner is not None:
            query = query.where(api_tokens.c.owner == owner)
        with transaction(self._vault.engine) as connection:
            return [_token(row) for row in connection.execute(query)]

    def check(self, text: str) -> ApiToken | None:
        """The token whose text this is, in whatever state, or None.

        A text that cannot be a token costs no look-up.
        """
        given = read_token(text)
        if given is None:
            return None
        with transaction(self._vault.engine) as connection:
            row = connection.execute(select(api_tokens).where(api_tokens.c.id == given.id)).one_or_none()
        # In constant time, and compared with something for an unknown id too.
        right = hmac.compare_digest(given.hash, bytes(row.hash) if row else _NO_HASH)
        return _token(row) if row and right else None

    def note_use(self, ids: Collection[str]) -> int:
        """Note that tokens were used just now, unless that was noted within the minute; returns for how many."""
        now = self._vault.now
        before = now - USE_NOTED_EVERY // timedelta(microseconds=1)
        unnoted = or_(api_tokens.c.last_used_at.is_(None), api_tokens.c.last_used_at <= before)
        statement = update(api_tokens).where(api_tokens.c.id.in_(sorted(ids)), unnoted).values(last_used_at=now)
        with transaction(self._vault.engine) as connection:
            return connection.execute(statement).rowcount


def _granted(grant: Grant, id_: str, now: datetime) -> ApiToken:
    return ApiToken(
        id=id_,
        name=grant.name,
        owner=grant.owner,
        env=grant.env,
        scopes=grant.scopes,
        dealers=grant.dealers,
        cities=grant.cities,
        brands=grant.brands,
        partner=grant.partner,
        purpose=grant.purpose,
        networks=grant.networks,
        created_at=now,
        not_before=grant.not_before or now,
        expires_at=grant.expires_at,
    )


def _told(token: ApiToken) -> Detail:
    """What an audit record tells of a new token; not its name and owner, which may be a person's."""
    lists = {"dealers": token.dealers, "cities": token.cities, "brands": token.brands}
    return {
        "scopes": sorted(token.scopes),
        "partner": token.partner,
        "purpose": token.purpose,
        "not_before": token.not_before.isoformat(),
        "expires_at": token.expires_at.isoformat(),
        "networks": len(token.networks),
        **{name: None if values is None else len(values) for name, values in lists.items()},
    }


def _insert(turn: Turn, token: ApiToken, made: TokenText) -> None:
    turn.connection.execute(
        insert(api_tokens).values(
            id=token.id,
            hash=made.hash,
            env=token.env,
            name=token.name,
            owner=token.owner,
            scopes=_json(token.scopes),
            dealers=_json(token.dealers),
            cities=_json(token.cities),
            brands=_json(token.brands),
            partner=token.partner,
            purpose=token.purpose,
            networks=_json(token.networks),
            created_at=_microseconds(token.created_at),
            not_before=_microseconds(token.not_before),
            expires_at=_microseconds(token.expires_at),
        )
    )


def _change(turn: Turn, id_: str, values: Mapping[str, Any]) -> None:
    turn.connection.execute(update(api_tokens).where(api_tokens.c.id == id_).values(values))


def _in_turn(turn: Turn, id_: str) -> ApiToken:
    _check_id(id_)
    return _known(id_, turn.connection.execute(select(api_tokens).where(api_tokens.c.id == id_)).one_or_none())


def _living(turn: Turn, id_: str, now: datetime) -> ApiToken:
    token = _in_turn(turn, id_)
    if (state := token.state(now)) in ("revoked", "expired"):
        raise UnknownToken(f"The token {id_} is {state}: issue a new one.")
    return token


def _check_id(id_: str) -> None:
    # Whoever pastes the whole token in its place must not see it again, in a log or on a screen.
    if not is_token_id(id_):
        raise UnknownToken("This is no id of a token: an id has 12 letters and digits, the third part of the token.")


def no_such_token(id_: str) -> UnknownToken:
    """That no token has this id, or none that who asks may see."""
    return UnknownToken(f"There is no token {id_}: `renche token list`, or the query `tokens`, shows those that are.")


def _known(id_: str, row: Row[Any] | None) -> ApiToken:
    if row is None:
        raise no_such_token(id_)
    return _token(row)


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        id=row.id,
        name=row.name,
        owner=row.owner,
        env=row.env,
        scopes=frozenset(json.loads(row.scopes)),
        dealers=_set(row.dealers),
        cities=_set(row.cities),
        brands=_set(row.brands),
        partner=row.partner,
        purpose=row.purpose,
        networks=frozenset(json.loads(row.networks)),
        created_at=_moment(row.created_at),
        not_before=_moment(row.not_before),
        expires_at=_moment(row.expires_at),
        rotated_to=row.rotated_to,
        rotated_until=_optional(row.rotated_until),
        revoked_at=_optional(row.revoked_at),
        last_used_at=_optional(row.last_used_at),
    )


def _set(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(json.loads(text))


def _json(values: Collection[str] | None) -> str | None:
    return None if values is None else json.dumps(sorted(values), ensure_ascii=False)


def _microseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _moment(at: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)


def _optional(at: int | None) -> datetime | None:
    return None if at is None else _moment(at)
