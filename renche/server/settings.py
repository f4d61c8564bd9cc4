"""The settings: from `RENCHE_*` variables, else from `renche.toml`, else the defaults here; checked at start."""

import difflib
import os
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from renche.graph.clock import Clock, FixedClock, SystemClock
from renche.planner.limits import DEFAULT, Limits

PREFIX = "RENCHE_"
FILE = Path("renche.toml")

ALGORITHMS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
    "Ed25519": "OKP",
}
"""Algorithms of signatures that may be accepted, with the type of their keys.

All are made by a private key: no `none`, and no HS256, with which whoever can check a signature can make one.
"""

# As a browser writes it: in small letters, and nothing after the port.
_ORIGIN: Final = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?", re.ASCII)

# Read by the test suite, not by the program.
_NOT_OURS = ("RENCHE_TEST_", "RENCHE_REQUIRE_")


TrustMode: TypeAlias = Literal["off", "warn", "only"]
_Limit: TypeAlias = Annotated[int, Field(gt=0, le=10_000)]


class SettingsError(Exception):
    """A setting is missing, unknown or wrong; the message names it and says what it should be."""


class Settings(BaseSettings):
    """Everything that can be set; each field's description says what for."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, toml_file=FILE, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    data_dir: Path = Field(
        default=Path("renche-data"),
        description="Folder of the embedded engine, the SQLite vault, the keys file and rejected rows.",
    )
    neo4j_uri: str | None = Field(
        default=None,
        description="Address of Neo4j (neo4j://, neo4j+s://, bolt://, ...); without it the embedded engine runs.",
    )
    neo4j_user: str = Field(default="neo4j", description="User of Neo4j.")
    neo4j_password: SecretStr | None = Field(default=None, description="Password of that user.")
    neo4j_database: str = Field(default="neo4j", description="Database of Neo4j.")
    embedded_heap: Annotated[str, Field(pattern=r"^\d+[mg]$")] = Field(
        default="1g", description="Largest heap of the embedded engine, for example 512m or 2g."
    )
    vault_url: SecretStr | None = Field(
        default=None,
        description="Address of the vault: sqlite:///FILE or postgresql://...; without it DATA_DIR/vault.sqlite.",
    )
    keys: SecretStr | None = Field(
        default=None, description="The keys themselves, as the JSON text that `renche keys` writes."
    )
    keys_file: Path | None = Field(
        default=None, description="File with the keys, mode 0600; without it and RENCHE_KEYS, DATA_DIR/keys.json."
    )
    cities_file: Path | None = Field(
        default=None, description="CSV of known city codes in the place of the table that ships (GB/T 2260)."
    )
    time_zone: str = Field(
        default="Asia/Shanghai", description="Time zone in which the brand's days begin, by its IANA name."
    )
    now: datetime | None = Field(
        default=None,
        description="An instant (ISO 8601 with offset) at which the clock stands still: for demos, not real data.",
    )
    host: str = Field(default="127.0.0.1", description="Address on which the API listens.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=8000, description="Port on which the API listens; 0 takes a free one."
    )
    cors_origins: str = Field(
        default="",
        description="Origins whose pages may ask (https://app.example.com), separated by commas; empty: none.",
    )
    rate_limit: Annotated[int, Field(ge=0)] = Field(
        default=1_000_000, description="Points that each caller's questions may cost in a minute; 0: no limit."
    )
    lookup_rate_limit: Annotated[int, Field(ge=0)] = Field(
        default=60,
        description="Phones and plates each caller may look for, and people it may reveal, in a minute; 0: no limit.",
    )
    rate_limit_storage: SecretStr | None = Field(
        default=None,
        description="Redis that counts for all processes, as redis://HOST:PORT/0; without it each counts for itself.",
    )
    max_in_flight: Annotated[int, Field(gt=0)] = Field(
        default=100,
        description="Requests that a process works on at once; as many wait a moment, more are told to come again.",
    )
    reads_at_once: Annotated[int, Field(gt=0)] = Field(
        default=12,
        description="Reads that a process gives the database at once; others wait, first come first served.",
    )
    time_limit: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=10.0, description="Seconds that one operation may take in the database."
    )
    cypher_time_limit: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=5.0, description="Seconds that one statement of an analyst may take in the database."
    )
    cypher_rows: Annotated[int, Field(gt=0)] = Field(
        default=10_000, description="Rows that an answer to an analyst's statement holds at most."
    )
    cypher_bytes: Annotated[int, Field(gt=0)] = Field(
        default=10_000_000, description="Bytes of JSON that the rows of such an answer hold at most."
    )
    cypher_at_once: Annotated[int, Field(gt=0)] = Field(
        default=2, description="Statements that one analyst may have under way over HTTP at the same time."
    )
    cypher_smallest_group: Annotated[int, Field(ge=2)] = Field(
        default=10, description="People that a group must have to be shown to callers who may ask for aggregates only."
    )
    limit_bytes: Annotated[int, Field(ge=1_000, le=100_000)] = Field(
        default=DEFAULT.bytes, description="Bytes that a GraphQL document may have."
    )
    limit_tokens: _Limit = Field(default=DEFAULT.tokens, description="Tokens that a document may have.")
    limit_depth: Annotated[int, Field(gt=0, le=DEFAULT.depth)] = Field(
        default=DEFAULT.depth, description="How deep fields, and the values of arguments, may be nested."
    )
    limit_fields: _Limit = Field(
        default=DEFAULT.fields,
        description="Fields of a document, and spreads, each wherever it is spread.",
    )
    limit_aliases: _Limit = Field(default=DEFAULT.aliases, description="Aliases among those fields.")
    limit_directives: _Limit = Field(default=DEFAULT.directives, description="Directives among those fields.")
    limit_variables: _Limit = Field(default=DEFAULT.variables, description="Variables that an operation may have.")
    limit_values: _Limit = Field(
        default=DEFAULT.values, description="Values in arguments, and in variables, each item of a list one."
    )
    limit_objects: _Limit = Field(
        default=DEFAULT.objects, description="Objects among the values of a request: conditions of filters, mostly."
    )
    limit_string: _Limit = Field(default=DEFAULT.string, description="Characters that one string may have.")
    limit_cost: Annotated[int, Field(gt=0)] = Field(
        default=DEFAULT.cost, description="What a query may cost at most: roughly, the objects of its answer."
    )
    introspection: bool = Field(default=True, description="Whether GraphQL's introspection shows the schema.")
    suggestions: bool = Field(
        default=True, description="Whether errors of a document guess what was meant: names of the schema."
    )
    trusted_documents: Path | None = Field(
        default=None,
        description="Folder of .graphql files, or JSON file from id to document, that requests may name by id.",
    )
    trusted_documents_mode: TrustMode = Field(
        default="off", description="What becomes of other documents: off (answered), warn (and logged), only (refused)."
    )
    oidc_issuer: str | None = Field(
        default=None,
        description="Identity provider whose tokens are accepted, as their `iss` names it; without it only API tokens.",
    )
    oidc_audience: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="What those tokens must be for: the `aud` that the provider gives this service."
    )
    oidc_jwks_file: Path | None = Field(
        default=None, description="File with the provider's public keys (a JWK set), read again when a key is unknown."
    )
    oidc_jwks_url: str | None = Field(
        default=None, description="Address of the provider's public keys (https://...), in the place of the file."
    )
    oidc_algorithms: str = Field(
        default="RS256,ES256", description="Algorithms of signatures that are accepted, separated by commas."
    )
    oidc_role_claim: Annotated[str, Field(min_length=1)] = Field(
        default="role", description="Claim that names the role, or a path to it, as `realm_access.roles`."
    )
    oidc_clock_skew: Annotated[int, Field(ge=0, le=300)] = Field(
        default=60, description="Seconds by which the provider's clock and ours may differ."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  pydantic's own signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @field_validator("neo4j_uri")
    @classmethod
    def _known_scheme(cls, uri: str | None) -> str | None:
        known = {"neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc"}
        if uri is not None and urlsplit(uri).scheme not in known:
            raise ValueError(f"must begin with one of {', '.join(sorted(known))}, followed by ://")
        if uri is not None and "@" in uri:
            raise ValueError("must hold no user and no password; RENCHE_NEO4J_USER and RENCHE_NEO4J_PASSWORD do")
        return uri

    @field_validator("oidc_issuer", "oidc_jwks_url")
    @classmethod
    def _safe_address(cls, url: str | None) -> str | None:
        if url is not None and not _is_safe(url):
            raise ValueError("must begin with https://, or with http:// on this machine, and hold no user or password")
        return url

    @field_validator("oidc_algorithms")
    @classmethod
    def _known_algorithms(cls, names: str) -> str:
        if not set(names.split(",")) <= ALGORITHMS.keys():
            raise ValueError(f"must be some of {', '.join(sorted(ALGORITHMS))}, separated by commas")
        return names

    @field_validator("rate_limit_storage")
    @classmethod
    def _redis(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not _is_redis(url.get_secret_value()):
            raise ValueError("must be the address of a Redis: redis:// or rediss://, host and port")
        return url

    @field_validator("cors_origins")
    @classmethod
    def _named_origins(cls, origins: str) -> str:
        for origin in origins.split(",") if origins else ():
            if origin == "*":
                raise ValueError("must name each origin: * would let any page ask")
            if _ORIGIN.fullmatch(origin) is None:
                raise ValueError("must be origins such as https://app.example.com, without a path, separated by commas")
        return origins

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError("must be the name of a time zone, for example Asia/Shanghai") from None
        return name

    @field_validator("now", mode="before")
    @classmethod
    def _no_number(cls, now: object) -> object:
        if now is not None and str(now).strip("+-").replace(".", "").isdecimal():
            raise ValueError("must be an instant, for example 2026-07-01T00:00:00+08:00")
        return now

    @field_validator("now")
    @classmethod
    def _with_offset(cls, now: datetime | None) -> datetime | None:
        if now is not None and now.tzinfo is None:
            raise ValueError("must have an offset, for example 2026-07-01T00:00:00+08:00")
        return now

    @model_validator(mode="after")
    def _one_source_of_keys(self) -> "Settings":
        if self.keys is not None and self.keys_file is not None:
            raise ValueError("Set either RENCHE_KEYS or RENCHE_KEYS_FILE, not both")
        if self.neo4j_uri is not None and self.neo4j_password is None:
            raise ValueError("RENCHE_NEO4J_PASSWORD must be set with RENCHE_NEO4J_URI")
        return self

    @model_validator(mode="after")
    def _documents_to_trust(self) -> "Settings":
        if self.trusted_documents_mode != "off" and self.trusted_documents is None:
            raise ValueError("RENCHE_TRUSTED_DOCUMENTS must be set with RENCHE_TRUSTED_DOCUMENTS_MODE")
        return self

    @model_validator(mode="after")
    def _whole_provider(self) -> "Settings":
        others = (self.oidc_audience, self.oidc_jwks_file, self.oidc_jwks_url)
        if self.oidc_issuer is None and any(other is not None for other in others):
            raise ValueError("RENCHE_OIDC_ISSUER must be set with the other settings of the identity provider")
        if self.oidc_issuer is not None and self.oidc_audience is None:
            raise ValueError("RENCHE_OIDC_AUDIENCE must be set with RENCHE_OIDC_ISSUER")
        if self.oidc_issuer is not None and (self.oidc_jwks_file is None) == (self.oidc_jwks_url is None):
            raise ValueError("With RENCHE_OIDC_ISSUER set either RENCHE_OIDC_JWKS_FILE or RENCHE_OIDC_JWKS_URL")
        return self

    @property
    def vault_address(self) -> str:
        """The vault's address."""
        if self.vault_url is not None:
            return self.vault_url.get_secret_value()
        return f"sqlite:///{(self.data_dir / 'vault.sqlite').absolute()}"

    @property
    def keys_path(self) -> Path:
        """The file with the keys, when they do not stand in a variable."""
        return self.keys_file or self.data_dir / "keys.json"

    @property
    def clock(self) -> Clock:
        """The clock by which everything goes."""
        zone = ZoneInfo(self.time_zone)
        return FixedClock(self.now, zone) if self.now else SystemClock(zone)

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """The origins whose pages may ask."""
        return tuple(self.cors_origins.split(",")) if self.cors_origins else ()

    @property
    def accepted_algorithms(self) -> tuple[str, ...]:
        """The algorithms of signatures that are accepted."""
        return tuple(self.oidc_algorithms.split(","))

    @property
    def limits(self) -> Limits:
        """What a GraphQL request may have."""
        given = {name.removeprefix("limit_"): value for name, value in self if name.startswith("limit_")}
        return Limits(**given, lookups=self.lookup_rate_limit or None)

    @property
    def statement_limit(self) -> timedelta:
        """How long one operation may take in the database."""
        return timedelta(seconds=self.time_limit)


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    here = host == "localhost" or host == "::1" or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None
    return bool(host) and "@" not in url and (parts.scheme == "https" or (parts.scheme == "http" and here))


def _is_redis(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("redis", "rediss") and bool(parts.hostname and parts.port)
    except ValueError:
        return False


def load_settings(**given: object) -> Settings:
    """The settings; `given` (from command-line options) comes before all else.

    Raises SettingsError naming every setting that is unknown or wrong, never its value.
    """
    unknown = [
        name
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and _own(name) not in Settings.model_fields and not name.startswith(_NOT_OURS)
    ]
    if unknown:
        raise SettingsError("\n".join(_unknown(name, lambda own: PREFIX + own.upper()) for name in unknown))
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(detail) for detail in error.errors())) from None
    except (ValueError, OSError) as error:
        raise SettingsError(f"{FILE}: {error}") from None


def _sentence(detail: object) -> str:
    assert isinstance(detail, dict)  # noqa: S101  pydantic's own shape
    where = ".".join(str(part) for part in detail["loc"])
    message = str(detail["msg"]).removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        return f"{FILE}: {_unknown(where, str)}"
    return f"{PREFIX}{where.upper()}: {message}." if where else f"{message}."


def _unknown(name: str, written: Callable[[str], str]) -> str:
    """That there is no such setting, and the nearest one as it is `written` there."""
    near = difflib.get_close_matches(_own(name), Settings.model_fields, 1)
    return f"{name} is no setting of renche" + (f"; do you mean {written(near[0])}?" if near else ".")


def _own(name: str) -> str:
    """The name of a setting as its field is called."""
    return name.lower().removeprefix(PREFIX.lower())
