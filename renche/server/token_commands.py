"""`renche token`: issue, list, show, rotate and revoke API tokens; a secret is shown once, when it is made."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from renche.graph import grantable
from renche.graph.errors import InvalidArgument
from renche.server.actor import actor
from renche.server.settings import Settings, SettingsError, load_settings
from renche.vault.grants import MAXIMUM_LIFE, ApiToken, Grant

if TYPE_CHECKING:
    from renche.vault.tokens import Issued, Tokens

token_commands = typer.Typer(help="Issue, list, show, rotate and revoke API tokens.", no_args_is_help=True)
_out = Console(soft_wrap=True)
_err = Console(stderr=True, soft_wrap=True)

_DURATION = re.compile(r"(\d{1,4})([dh])", re.ASCII)

Id = Annotated[str, typer.Argument(help="The token's id: its third part, not the token itself.")]
WHEN = "A number of days (90d) or hours (12h) from now, a day (2027-01-31: its beginning) or an instant with offset."


@token_commands.command()
def issue(
    name: Annotated[str, typer.Option(help="What it is for, as 'CRM, nightly export'.")],
    owner: Annotated[str, typer.Option(help="Who answers for it: a team or a partner.")],
    scope: Annotated[list[str], typer.Option(help="What it may do, as people:read; repeat for several.")],
    expires: Annotated[str, typer.Option(help=f"When it ends, within {MAXIMUM_LIFE.days} days. {WHEN}")],
    env: Annotated[str, typer.Option(help="The installation it is for; stands in the token.")] = "live",
    not_before: Annotated[str | None, typer.Option(help=f"When it begins [default: now]. {WHEN}")] = None,
    dealer: Annotated[list[str] | None, typer.Option(help="Id of a dealer it is restricted to; repeat.")] = None,
    city: Annotated[list[str] | None, typer.Option(help="Code of a city it is restricted to; repeat.")] = None,
    brand: Annotated[list[str] | None, typer.Option(help="Name of a brand it is restricted to; repeat.")] = None,
    partner: Annotated[str | None, typer.Option(help="The partner whose token it is: consents are kept.")] = None,
    purpose: Annotated[
        str | None, typer.Option(help="What the partner may use it for; people consent to that.")
    ] = None,
    network: Annotated[list[str] | None, typer.Option(help="Network it may come from, as a CIDR; repeat.")] = None,
) -> None:
    """Make a token and print it, once: it is kept nowhere."""
    settings = load_settings()
    with _option("--scope"):
        scopes = grantable.scopes(scope)
    with _option("--dealer"):
        dealers = grantable.dealers(dealer) if dealer else None
    with _option("--city"):
        cities = grantable.cities(city) if city else None
    grant = Grant(
        name=name,
        owner=owner,
        env=env,
        scopes=frozenset(scopes),
        expires_at=_instant("--expires", expires, settings),
        not_before=_instant("--not-before", not_before, settings) if not_before else None,
        dealers=dealers,
        cities=cities,
        brands=frozenset(brand) if brand else None,
        partner=partner,
        purpose=purpose,
        networks=frozenset(network or ()),
    )
    with _tokens(settings) as tokens:
        _hand_over(tokens.issue(grant, actor()), settings)


@token_commands.command("list")
def list_(
    owner: Annotated[str | None, typer.Option(help="Only those of this owner.")] = None,
    ended: Annotated[bool, typer.Option("--ended", help="Also those that ended or were revoked.")] = False,
) -> None:
    """Show the tokens: id, state, end, last use, env, owner and name."""
    settings = load_settings()
    shown = 0
    with _tokens(settings) as tokens:
        after = ""
        while page := tokens.page(owner=owner, after=after):
            after = page[-1].id
            for token in page:
                state = token.state(_now())
                if ended or state in ("valid", "not yet valid"):
                    shown += 1
                    end, used = _shown(token.ends_at, settings), _shown(token.last_used_at, settings)
                    _say(
                        f"{token.id}  {state:13}  until {end}  used {used:22}  {token.env}  {token.owner}: {token.name}"
                    )
    if not shown:
        _err.print("There are no such tokens; `renche token issue --help` says how to make one.")


@token_commands.command()
def show(id_: Id) -> None:
    """Show all that is known of a token, which is not its secret."""
    settings = load_settings()
    with _tokens(settings) as tokens:
        _describe(tokens.find(id_), settings, _out)


@token_commands.command()
def rotate(
    id_: Id,
    overlap: Annotated[str, typer.Option(help="How long the old one stays good: 7d, 12h, or 0d.")] = "7d",
    expires: Annotated[str | None, typer.Option(help=f"When the new one ends [default: lives as long]. {WHEN}")] = None,
) -> None:
    """Make a token that allows the same and print it, once; the old one ends after the overlap."""
    settings = load_settings()
    length = _duration(overlap)
    if length is None:
        raise SettingsError("--overlap: write a number of days or hours, as 7d or 12h.")
    end = _instant("--expires", expires, settings) if expires else None
    with _tokens(settings) as tokens:
        issued = tokens.rotate(id_, actor(), overlap=length, expires_at=end)
        _hand_over(issued, settings)
        _err.print(f"The old one, {id_}, is good until {_shown(tokens.find(id_).ends_at, settings)}.", highlight=False)


@token_commands.command()
def revoke(id_: Id) -> None:
    """End a token now; servers refuse it within five seconds."""
    settings = load_settings()
    with _tokens(settings) as tokens:
        token = tokens.revoke(id_, actor())
    _err.print(f"{id_} was revoked at {_shown(token.revoked_at, settings)}.", highlight=False)
    if token.rotated_to:
        _err.print(
            f"Its successor {token.rotated_to} is another token: revoke it too if it shall end.", highlight=False
        )


@contextmanager
def _tokens(settings: Settings) -> Iterator["Tokens"]:
    from renche.server.opening import open_keys, open_vault
    from renche.vault.tokens import Tokens

    with open_vault(settings, open_keys(settings)) as vault:
        yield Tokens(vault)


def _hand_over(issued: "Issued", settings: Settings) -> None:
    """The token alone on stdout, so that it can go straight into a secret store; the rest beside it."""
    typer.echo(issued.text)
    _err.print("This is the only time the token is shown: put it where secrets are kept.")
    _describe(issued.token, settings, _err)


def _describe(token: ApiToken, settings: Settings, console: Console) -> None:
    lines = {
        "id": token.id,
        "state": token.state(_now()),
        "name": token.name,
        "owner": token.owner,
        "env": token.env,
        "partner": token.partner or "none",
        "purpose": token.purpose or "none",
        "scopes": ", ".join(sorted(token.scopes)),
        "dealers": _listed(token.dealers),
        "cities": _listed(token.cities),
        "brands": _listed(token.brands),
        "networks": ", ".join(sorted(token.networks)) or "any",
        "created": _shown(token.created_at, settings),
        "not before": _shown(token.not_before, settings),
        "expires": _shown(token.expires_at, settings),
        "rotated to": f"{token.rotated_to}, good until {_shown(token.ends_at, settings)}" if token.rotated_to else "",
        "revoked": _shown(token.revoked_at, settings) if token.revoked_at else "",
        "last used": _shown(token.last_used_at, settings),
    }
    for what, value in lines.items():
        if value:
            console.print(f"{what:11} {value}", markup=False, highlight=False)


def _say(line: str) -> None:
    _out.print(line, markup=False, highlight=False)


def _listed(values: frozenset[str] | None) -> str:
    return "all" if values is None else ", ".join(sorted(values)) or "none"


def _shown(moment: datetime | None, settings: Settings) -> str:
    return moment.astimezone(ZoneInfo(settings.time_zone)).isoformat(timespec="minutes") if moment else "never"


def _now() -> datetime:
    # Never RENCHE_NOW: under a clock that stands still no token would end.
    return datetime.now(UTC)


@contextmanager
def _option(name: str) -> Iterator[None]:
    """Names the option in what is wrong with its values."""
    try:
        yield
    except InvalidArgument as error:
        raise SettingsError(f"{name}: {error.message}") from None


def _duration(text: str) -> timedelta | None:
    found = _DURATION.fullmatch(text)
    if not found:
        return None
    return timedelta(days=int(found[1])) if found[2] == "d" else timedelta(hours=int(found[1]))


def _instant(option: str, text: str, settings: Settings) -> datetime:
    if (length := _duration(text)) is not None:
        return _now() + length
    try:
        if len(text) == len("2027-01-31"):
            return datetime.combine(date.fromisoformat(text), time(), ZoneInfo(settings.time_zone))
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise SettingsError(
            f"{option}: {text[:40]} is no time. Write a number of days or hours from now (90d, 12h), a day"
            " (2027-01-31), or an instant with offset (2027-01-31T18:00:00+08:00)."
        )
    return moment
