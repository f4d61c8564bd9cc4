"""Settings: where they come from, which comes first, and what a wrong one says."""

import os
import re
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from renche.graph.clock import FixedClock, SystemClock
from renche.planner.limits import Limits
from renche.server.settings import Settings, SettingsError, load_settings

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "settings.md"
PLANTED = "planted-s3cret"

# name, as the environment has it, as renche.toml has it, what it becomes
GOOD: list[tuple[str, str, str, object]] = [
    ("data_dir", "/var/lib/renche", '"/var/lib/renche"', Path("/var/lib/renche")),
    ("neo4j_uri", "neo4j+s://graph.example.com:7687", '"bolt://127.0.0.1"', "neo4j+s://graph.example.com:7687"),
    ("neo4j_user", "reader", '"reader"', "reader"),
    ("neo4j_password", PLANTED, f'"{PLANTED}"', SecretStr(PLANTED)),
    ("neo4j_database", "brand", '"brand"', "brand"),
    ("embedded_heap", "512m", '"512m"', "512m"),
    ("vault_url", "postgresql://u:p@h/db", '"postgresql://u:p@h/db"', SecretStr("postgresql://u:p@h/db")),
    ("keys", "{}", '"{}"', SecretStr("{}")),
    ("keys_file", "keys.json", '"keys.json"', Path("keys.json")),
    ("cities_file", "cities.csv", '"cities.csv"', Path("cities.csv")),
    ("time_zone", "Europe/Berlin", '"Europe/Berlin"', "Europe/Berlin"),
    ("now", "2026-07-01T08:00:00+08:00", "2026-07-01T00:00:00Z", datetime(2026, 7, 1, tzinfo=UTC)),
    ("host", "0.0.0.0", '"0.0.0.0"', "0.0.0.0"),  # noqa: S104  only read
    ("port", "0", "0", 0),
    ("cors_origins", "https://a.example", '"http://localhost:5173"', "https://a.example"),
    ("rate_limit", "0", "0", 0),
    ("lookup_rate_limit", "7", "7", 7),
    ("rate_limit_storage", "redis://:p@h:6379/1", '"redis://:p@h:6379/1"', SecretStr("redis://:p@h:6379/1")),
    ("max_in_flight", "7", "7", 7),
    ("reads_at_once", "7", "7", 7),
    ("time_limit", "2.5", "2.5", 2.5),
    ("cypher_time_limit", "2.5", "2.5", 2.5),
    ("cypher_rows", "7", "7", 7),
    ("cypher_bytes", "7000", "7000", 7000),
    ("cypher_at_once", "3", "3", 3),
    ("cypher_smallest_group", "5", "5", 5),
    ("limit_bytes", "2000", "2000", 2000),
    ("limit_tokens", "200", "200", 200),
    ("limit_depth", "10", "10", 10),
    ("limit_fields", "300", "300", 300),
    ("limit_aliases", "20", "20", 20),
    ("limit_directives", "10", "10", 10),
    ("limit_variables", "15", "15", 15),
    ("limit_values", "500", "500", 500),
    ("limit_objects", "50", "50", 50),
    ("limit_string", "100", "100", 100),
    ("limit_cost", "5000", "5000", 5000),
    ("introspection", "false", "false", False),
    ("suggestions", "false", "false", False),
    ("trusted_documents", "documents.json", '"documents.json"', Path("documents.json")),
    ("trusted_documents_mode", "only", '"only"', "only"),
    (
        "oidc_issuer",
        "https://id.example.com/realms/brand",
        '"http://127.0.0.1:8080"',
        "https://id.example.com/realms/brand",
    ),
    ("oidc_audience", "renche", '"renche"', "renche"),
    ("oidc_jwks_file", "jwks.json", '"jwks.json"', Path("jwks.json")),
    ("oidc_jwks_url", "https://id.example.com/jwks", '"https://id.example.com/jwks"', "https://id.example.com/jwks"),
    ("oidc_algorithms", "ES256,Ed25519", '"ES256,Ed25519"', "ES256,Ed25519"),
    ("oidc_role_claim", "realm_access.roles", '"realm_access.roles"', "realm_access.roles"),
    ("oidc_clock_skew", "0", "0", 0),
]
PROVIDER = {"oidc_issuer": "https://id.example.com", "oidc_audience": "renche", "oidc_jwks_file": "jwks.json"}
# What must be set with a setting.
BESIDE: dict[str, dict[str, str]] = {
    "trusted_documents_mode": {"trusted_documents": "documents.json"},
    "neo4j_uri": {"neo4j_password": PLANTED},
    "oidc_issuer": PROVIDER,
    "oidc_audience": PROVIDER,
    "oidc_jwks_file": PROVIDER,
    "oidc_jwks_url": {name: PROVIDER[name] for name in ("oidc_issuer", "oidc_audience")},
}
# Where renche.toml has another value than the environment.
IN_FILE = {
    "neo4j_uri": "bolt://127.0.0.1",
    "cors_origins": "http://localhost:5173",
    "oidc_issuer": "http://127.0.0.1:8080",
}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No setting from outside, and a folder of its own for renche.toml."""
    for name in list(os.environ):
        if name.upper().startswith("RENCHE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused() -> str:
    """What loading the settings says is wrong."""
    with pytest.raises(SettingsError) as error:
        load_settings()
    shown = "".join(traceback.format_exception(error.value))
    assert PLANTED not in shown
    return str(error.value)


def test_every_setting_is_tried() -> None:
    """The table above misses none."""
    assert [name for name, *_ in GOOD] == list(Settings.model_fields)


@pytest.mark.parametrize(("name", "text", "_toml", "value"), GOOD, ids=[row[0] for row in GOOD])
def test_a_setting_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, _toml: str, value: object
) -> None:
    """Each setting can be given as a variable."""
    for each, given in {**BESIDE.get(name, {}), name: text}.items():
        monkeypatch.setenv(f"RENCHE_{each.upper()}", given)
    assert getattr(load_settings(), name) == value


@pytest.mark.parametrize(("name", "_text", "toml", "value"), GOOD, ids=[row[0] for row in GOOD])
def test_a_setting_from_the_file(clean: Path, name: str, _text: str, toml: str, value: object) -> None:
    """Each setting can be given in renche.toml."""
    beside = [f'{each} = "{given}"' for each, given in BESIDE.get(name, {}).items() if each != name]
    (clean / "renche.toml").write_text("\n".join([f"{name} = {toml}", *beside]))
    assert getattr(load_settings(), name) == IN_FILE.get(name, value)


def test_what_comes_first(monkeypatch: pytest.MonkeyPatch, clean: Path) -> None:
    """An option comes before the environment, that before the file, and that before the default."""
    assert load_settings().port == 8000
    (clean / "renche.toml").write_text("port = 1\nhost = 'in.file'\n")
    assert load_settings().port == 1
    monkeypatch.setenv("RENCHE_PORT", "2")
    assert load_settings().port == 2
    settings = load_settings(port=3, host=None)
    assert (settings.port, settings.host) == (3, "in.file")


def test_options_that_were_not_given_count_for_nothing() -> None:
    """A command hands on all its options; those left out are None."""
    assert load_settings(port=None, host=None) == load_settings()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("RENCHE_PROT", "RENCHE_PROT is no setting of renche; do you mean RENCHE_PORT?"),
        ("RENCHE_NEO4J_URL", "RENCHE_NEO4J_URL is no setting of renche; do you mean RENCHE_NEO4J_URI?"),
        ("RENCHE_NEO4J_PASSWD", "RENCHE_NEO4J_PASSWD is no setting of renche; do you mean RENCHE_NEO4J_PASSWORD?"),
        ("RENCHE_DATADIR", "RENCHE_DATADIR is no setting of renche; do you mean RENCHE_DATA_DIR?"),
        ("RENCHE_ZZZZZZ", "RENCHE_ZZZZZZ is no setting of renche."),
        ("RENCHE_", "RENCHE_ is no setting of renche."),
    ],
)
def test_an_unknown_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str, said: str) -> None:
    """A variable with a slip in its name is refused, with the one that was likely meant."""
    monkeypatch.setenv(name, PLANTED)
    assert refused() == said


def test_every_unknown_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two slips are told at once."""
    monkeypatch.setenv("RENCHE_PROT", PLANTED)
    monkeypatch.setenv("RENCHE_HOTS", PLANTED)
    assert [line.split()[0] for line in refused().splitlines()] == ["RENCHE_HOTS", "RENCHE_PROT"]


def test_variables_of_the_tests_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the test suite reads does not keep the program from starting."""
    monkeypatch.setenv("RENCHE_TEST_NEO4J_URI", "bolt://127.0.0.1")
    monkeypatch.setenv("RENCHE_REQUIRE_ENGINES", "1")
    assert load_settings() == Settings()


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (f'prot = "{PLANTED}"', "renche.toml: prot is no setting of renche; do you mean port?"),
        (f'RENCHE_PORT = "{PLANTED}"', "renche.toml: RENCHE_PORT is no setting of renche; do you mean port?"),
        (f'[neo4j]\npassword = "{PLANTED}"', "renche.toml: neo4j is no setting of renche; do you mean neo4j_uri?"),
        (f'[port]\nnumber = "{PLANTED}"', "RENCHE_PORT: Input should be a valid integer."),
        (f"host = ['{PLANTED}']", "RENCHE_HOST: Input should be a valid string."),
        (f"host = {PLANTED}", "renche.toml: Invalid value (at line 1, column 8)"),
        (f"neo4j_password = '{PLANTED}", "renche.toml: Expected"),
        (f"host = '{PLANTED}'\nhost = 'b'", "renche.toml: Cannot overwrite a value"),
    ],
)
def test_a_wrong_file_is_named(clean: Path, toml: str, said: str) -> None:
    """What is unknown, wrong or no TOML at all is named with its place."""
    (clean / "renche.toml").write_text(toml)
    assert refused().startswith(said)


def test_a_file_in_another_encoding_is_named(clean: Path) -> None:
    """TOML is UTF-8; a file that is not is refused with a sentence."""
    (clean / "renche.toml").write_bytes("host = '上海'".encode("gb18030"))
    assert refused().startswith("renche.toml: ")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", PLANTED, "RENCHE_PORT: Input should be a valid integer"),
        ("PORT", "", "RENCHE_PORT: Input should be a valid integer"),
        ("PORT", "-1", "RENCHE_PORT: Input should be greater than or equal to 0"),
        ("PORT", "65536", "RENCHE_PORT: Input should be less than or equal to 65535"),
        ("PORT", "8000.5", "RENCHE_PORT: "),
        ("TIME_LIMIT", PLANTED, "RENCHE_TIME_LIMIT: Input should be a valid number"),
        ("TIME_LIMIT", "0", "RENCHE_TIME_LIMIT: Input should be greater than 0"),
        ("TIME_LIMIT", "nan", "RENCHE_TIME_LIMIT: "),
        ("TIME_LIMIT", "inf", "RENCHE_TIME_LIMIT: "),
        ("TIME_LIMIT", "3601", "RENCHE_TIME_LIMIT: "),
        ("EMBEDDED_HEAP", "2", "RENCHE_EMBEDDED_HEAP: "),
        ("EMBEDDED_HEAP", "2G", "RENCHE_EMBEDDED_HEAP: "),
        ("EMBEDDED_HEAP", "1g -XX:+Evil", "RENCHE_EMBEDDED_HEAP: "),
        ("TIME_ZONE", PLANTED, "RENCHE_TIME_ZONE: must be the name of a time zone"),
        ("TIME_ZONE", "", "RENCHE_TIME_ZONE: "),
        ("TIME_ZONE", "../../etc/passwd", "RENCHE_TIME_ZONE: "),
        ("TIME_ZONE", "/etc/localtime", "RENCHE_TIME_ZONE: "),
        ("NOW", PLANTED, "RENCHE_NOW: "),
        ("NOW", "2026-07-01", "RENCHE_NOW: must have an offset"),
        ("NOW", "2026-07-01T00:00:00", "RENCHE_NOW: must have an offset"),
        ("NOW", "1782864000", "RENCHE_NOW: must be an instant"),
        ("NEO4J_URI", f"https://{PLANTED}", "RENCHE_NEO4J_URI: must begin with one of bolt, "),
        ("NEO4J_URI", PLANTED, "RENCHE_NEO4J_URI: must begin with"),
        ("NEO4J_URI", "", "RENCHE_NEO4J_URI: must begin with"),
        ("NEO4J_URI", f"bolt://neo4j:{PLANTED}@localhost", "RENCHE_NEO4J_URI: must hold no user and no password"),
        ("NEO4J_URI", f"bolt://[{PLANTED}", "RENCHE_NEO4J_URI: "),
        ("NEO4J_URI", "bolt://localhost", "RENCHE_NEO4J_PASSWORD must be set with RENCHE_NEO4J_URI."),
        ("LIMIT_COST", "0", "RENCHE_LIMIT_COST: Input should be greater than 0"),
        ("LIMIT_DEPTH", "33", "RENCHE_LIMIT_DEPTH: Input should be less than or equal to 32"),
        ("LIMIT_TOKENS", PLANTED, "RENCHE_LIMIT_TOKENS: Input should be a valid integer"),
        ("INTROSPECTION", PLANTED, "RENCHE_INTROSPECTION: Input should be a valid boolean"),
        ("TRUSTED_DOCUMENTS_MODE", PLANTED, "RENCHE_TRUSTED_DOCUMENTS_MODE: Input should be 'off', 'warn' or 'only'"),
        ("TRUSTED_DOCUMENTS_MODE", "only", "RENCHE_TRUSTED_DOCUMENTS must be set with RENCHE_TRUSTED_DOCUMENTS_MODE."),
        ("RATE_LIMIT", "-1", "RENCHE_RATE_LIMIT: "),
        ("RATE_LIMIT_STORAGE", "memory://", "RENCHE_RATE_LIMIT_STORAGE: must be the address of a Redis"),
        ("RATE_LIMIT_STORAGE", f"redis://:{PLANTED}@host", "RENCHE_RATE_LIMIT_STORAGE: must be the address of a Redis"),
        ("RATE_LIMIT_STORAGE", f"redis://host:{PLANTED}", "RENCHE_RATE_LIMIT_STORAGE: must be the address of a Redis"),
        ("MAX_IN_FLIGHT", "0", "RENCHE_MAX_IN_FLIGHT: Input should be greater than 0"),
        ("CORS_ORIGINS", "*", "RENCHE_CORS_ORIGINS: must name each origin"),
        ("CORS_ORIGINS", "null", "RENCHE_CORS_ORIGINS: must be origins such as"),
        ("CORS_ORIGINS", "https://a.example/", "RENCHE_CORS_ORIGINS: must be origins such as"),
        ("CORS_ORIGINS", "https://*.example.com", "RENCHE_CORS_ORIGINS: must be origins such as"),
        ("CORS_ORIGINS", "https://a.example,", "RENCHE_CORS_ORIGINS: must be origins such as"),
        ("CORS_ORIGINS", f"https://u:{PLANTED}@a.example", "RENCHE_CORS_ORIGINS: must be origins such as"),
        ("OIDC_ISSUER", f"http://{PLANTED}", "RENCHE_OIDC_ISSUER: must begin with https://"),
        ("OIDC_ISSUER", PLANTED, "RENCHE_OIDC_ISSUER: must begin with https://"),
        ("OIDC_ISSUER", "https://id.example.com", "RENCHE_OIDC_AUDIENCE must be set with RENCHE_OIDC_ISSUER."),
        ("OIDC_JWKS_URL", f"http://{PLANTED}.example.com", "RENCHE_OIDC_JWKS_URL: must begin with https://"),
        ("OIDC_JWKS_URL", f"http://127.0.0.1.{PLANTED}.com", "RENCHE_OIDC_JWKS_URL: must begin with https://"),
        ("OIDC_JWKS_URL", f"http://localhost@{PLANTED}.com", "RENCHE_OIDC_JWKS_URL: must begin with https://"),
        ("OIDC_JWKS_URL", f"https://u:{PLANTED}@id.example.com", "RENCHE_OIDC_JWKS_URL: must begin with https://"),
        ("OIDC_JWKS_URL", f"file:///{PLANTED}", "RENCHE_OIDC_JWKS_URL: must begin with https://"),
        ("OIDC_JWKS_URL", "https://id.example.com/jwks", "RENCHE_OIDC_ISSUER must be set with the other settings"),
        ("OIDC_AUDIENCE", "", "RENCHE_OIDC_AUDIENCE: "),
        ("OIDC_ALGORITHMS", "none", "RENCHE_OIDC_ALGORITHMS: must be some of ES256, "),
        ("OIDC_ALGORITHMS", "RS256,HS256", "RENCHE_OIDC_ALGORITHMS: must be some of ES256, "),
        ("OIDC_ALGORITHMS", "", "RENCHE_OIDC_ALGORITHMS: must be some of ES256, "),
        ("OIDC_ROLE_CLAIM", "", "RENCHE_OIDC_ROLE_CLAIM: "),
        ("OIDC_CLOCK_SKEW", "301", "RENCHE_OIDC_CLOCK_SKEW: Input should be less than or equal to 300"),
        ("OIDC_CLOCK_SKEW", "-1", "RENCHE_OIDC_CLOCK_SKEW: "),
    ],
)
def test_a_wrong_value_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    """The sentence names the setting and what it should be, and never repeats what it was."""
    monkeypatch.setenv(f"RENCHE_{name}", value)
    message = refused()
    assert message.startswith(said)
    assert message.endswith(".")
    assert "\n" not in message


def test_every_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two wrong values are told at once."""
    monkeypatch.setenv("RENCHE_PORT", PLANTED)
    monkeypatch.setenv("RENCHE_NOW", PLANTED)
    assert [line.split(":")[0] for line in refused().splitlines()] == ["RENCHE_NOW", "RENCHE_PORT"]


def test_keys_come_from_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys in a variable and in a file at once would leave open which count."""
    monkeypatch.setenv("RENCHE_KEYS", PLANTED)
    monkeypatch.setenv("RENCHE_KEYS_FILE", PLANTED)
    assert refused() == "Set either RENCHE_KEYS or RENCHE_KEYS_FILE, not both."


@pytest.mark.parametrize("jwks", [[], ["oidc_jwks_file", "oidc_jwks_url"]])
def test_the_providers_keys_come_from_one_place(jwks: list[str]) -> None:
    """A provider without keys, or with keys from two places, would leave open which count."""
    given = dict.fromkeys(jwks, "https://id.example.com/jwks")
    with pytest.raises(SettingsError, match="either RENCHE_OIDC_JWKS_FILE or RENCHE_OIDC_JWKS_URL"):
        load_settings(oidc_issuer="https://id.example.com", oidc_audience="renche", **given)


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that land in a log do not carry their secrets there."""
    for name in ("KEYS", "NEO4J_PASSWORD", "VAULT_URL"):
        monkeypatch.setenv(f"RENCHE_{name}", PLANTED)
    settings = load_settings()
    assert PLANTED not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


def test_what_follows_from_settings(monkeypatch: pytest.MonkeyPatch, clean: Path) -> None:
    """The vault and the keys lie in the data folder unless they are named."""
    settings = load_settings(data_dir="kept")
    assert settings.vault_address == f"sqlite:///{clean / 'kept' / 'vault.sqlite'}"
    assert settings.keys_path == Path("kept/keys.json")
    assert settings.statement_limit == timedelta(seconds=10)
    assert settings.clock == SystemClock(ZoneInfo("Asia/Shanghai"))
    assert settings.limits == Limits()
    assert load_settings(limit_aliases=3).limits == Limits(aliases=3)
    assert load_settings(lookup_rate_limit=7).limits == Limits(lookups=7)
    assert load_settings(lookup_rate_limit=0).limits == Limits(lookups=None)
    monkeypatch.setenv("RENCHE_VAULT_URL", "postgresql://h/db")
    monkeypatch.setenv("RENCHE_KEYS_FILE", "elsewhere.json")
    monkeypatch.setenv("RENCHE_NOW", "2026-06-30T16:30:00Z")
    settings = load_settings()
    assert settings.vault_address == "postgresql://h/db"
    assert settings.keys_path == Path("elsewhere.json")
    assert isinstance(settings.clock, FixedClock)
    assert str(settings.clock.today()) == "2026-07-01"


def test_every_setting_is_documented() -> None:
    """The table in docs/settings.md has each setting with its default and its description, and no other."""
    rows = re.findall(r"^\| `RENCHE_(\w+)` \| (?:`(.*?)`)? ?\| (.+) \|$", DOCUMENT.read_text(), re.MULTILINE)
    assert rows == [
        (name.upper(), "" if field.default is None else str(field.default), field.description)
        for name, field in Settings.model_fields.items()
    ]
