"""API tokens in the vault, on SQLite and PostgreSQL: issued, found, rotated, revoked, and never told."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from renche.vault.audit import Audit
from renche.vault.errors import BadGrant, UnknownToken, VaultError, VaultUnavailable
from renche.vault.grants import Grant
from renche.vault.keys import Keys
from renche.vault.store import Vault
from renche.vault.token_form import make_token
from renche.vault.tokens import Tokens

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)
KEYS = Keys.generate()

GRANT = Grant(
    name="CRM, nightly",
    owner="marketing 王",
    env="live",
    scopes=frozenset({"people:read", "clubs:read"}),
    expires_at=NOW + 90 * DAY,
    dealers=frozenset({"dea_a", "dea_b"}),
    cities=frozenset(),
    partner="insurer",
    purpose="quotes",
    networks=frozenset({"203.0.113.0/24", "2001:db8::/32"}),
)


@dataclasses.dataclass
class Clock:
    """A clock that a test sets."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vault(url: str, clock: Clock) -> Iterator[Vault]:
    with Vault.open(url, KEYS, now=clock) as vault:
        yield vault


@pytest.fixture
def tokens(vault: Vault) -> Tokens:
    return Tokens(vault)


def cells(url: str) -> str:
    """Every cell of the tables of tokens and audit, as the database holds it."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        rows = [
            row
            for table in ("api_tokens", "audit_records")
            for row in connection.execute(text(f"SELECT * FROM {table}"))  # noqa: S608
        ]
    engine.dispose()
    return "\n".join(cell.hex() if isinstance(cell, bytes) else str(cell) for row in rows for cell in row)


def test_an_issued_token_is_found(tokens: Tokens, url: str) -> None:
    """What was granted comes back by id and by text, also in another process's vault."""
    issued = tokens.issue(GRANT, "cli:0")
    assert issued.token.scopes == GRANT.scopes
    assert issued.token.created_at == issued.token.not_before == NOW
    assert tokens.find(issued.token.id) == issued.token
    assert tokens.check(issued.text) == issued.token
    assert tokens.page() == [issued.token]
    with Vault.open(url, KEYS) as other:
        found = Tokens(other).check(issued.text)
    assert found == issued.token
    assert (found.dealers, found.cities, found.brands) == (GRANT.dealers, frozenset(), None)


def test_a_bad_grant_leaves_nothing(tokens: Tokens, vault: Vault) -> None:
    """A grant that is refused makes neither a token nor an audit record."""
    with pytest.raises(BadGrant):
        tokens.issue(dataclasses.replace(GRANT, expires_at=NOW), "cli:0")
    assert tokens.page() == []
    assert Audit(vault).records() == []
    assert Audit(vault).verify() is None


def test_only_the_text_itself_is_accepted(tokens: Tokens) -> None:
    """A right id with another secret, an unknown token and what is no token find nothing."""
    issued = tokens.issue(GRANT, "cli:0")
    stranger = make_token("live")
    mixed = stranger.text.replace(stranger.id, issued.token.id)
    assert tokens.check(stranger.text) is None
    assert tokens.check(mixed) is None
    assert tokens.check(issued.text.upper()) is None
    assert tokens.check("") is None
    assert tokens.check("' OR 1=1 --") is None


def test_a_forged_token_with_a_right_checksum_is_refused(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anyone can compute a checksum: another secret for a known id has the form, and not the hash."""
    issued = tokens.issue(GRANT, "cli:0")
    parts = iter([issued.token.id, "x" * 32])
    monkeypatch.setattr("renche.vault.token_form._random", lambda _: next(parts))
    forged = make_token("live")
    assert forged.id == issued.token.id
    assert tokens.check(forged.text) is None


def test_rotation_overlaps(tokens: Tokens, clock: Clock) -> None:
    """Both are good for the stated time, then the old one is not; the new one allows the same for as long."""
    old = tokens.issue(GRANT, "cli:0")
    clock.at += 30 * DAY
    new = tokens.rotate(old.token.id, "cli:0", overlap=timedelta(days=7))
    replaced = tokens.find(old.token.id)
    assert replaced.rotated_to == new.token.id
    assert replaced.ends_at == clock.at + 7 * DAY
    assert new.token.expires_at == clock.at + 90 * DAY
    same = ("name", "owner", "env", "scopes", "dealers", "cities", "brands", "partner", "purpose", "networks")
    assert [getattr(new.token, name) for name in same] == [getattr(old.token, name) for name in same]
    assert (replaced.state(clock.at + 6 * DAY), new.token.state(clock.at)) == ("valid", "valid")
    assert replaced.state(clock.at + 7 * DAY) == "rotated"
    assert tokens.check(new.text) == new.token
    assert new.text != old.text


def test_an_overlap_never_lengthens_a_life(tokens: Tokens, clock: Clock) -> None:
    """The old token ends when it would have ended, however long the overlap."""
    old = tokens.issue(GRANT, "cli:0")
    clock.at += 89 * DAY
    tokens.rotate(old.token.id, "cli:0", overlap=timedelta(days=30))
    assert tokens.find(old.token.id).ends_at == GRANT.expires_at


def test_a_rotation_begins_no_earlier(tokens: Tokens) -> None:
    """A token for later is rotated into one for later, within what a token may live."""
    old = tokens.issue(dataclasses.replace(GRANT, not_before=NOW + 60 * DAY, expires_at=NOW + 366 * DAY), "cli:0")
    new = tokens.rotate(old.token.id, "cli:0", overlap=timedelta(0))
    assert (new.token.not_before, new.token.expires_at) == (old.token.not_before, old.token.expires_at)
    assert tokens.find(old.token.id).state(NOW) == "rotated"


def test_what_cannot_be_rotated(tokens: Tokens, clock: Clock) -> None:
    """A token that was rotated, revoked or has expired, an unknown one, and times that cannot be."""
    issued = [tokens.issue(GRANT, "cli:0").token.id for _ in range(3)]
    tokens.rotate(issued[0], "cli:0", overlap=DAY)
    tokens.revoke(issued[1], "cli:0")
    for id_, said in ((issued[0], "rotate its successor"), (issued[1], "is revoked"), ("a" * 12, "renche token list")):
        with pytest.raises(UnknownToken, match=said):
            tokens.rotate(id_, "cli:0", overlap=DAY)
    for overlap in (timedelta(days=31), -DAY):
        with pytest.raises(BadGrant, match="0 to 30 days"):
            tokens.rotate(issued[2], "cli:0", overlap=overlap)
    with pytest.raises(BadGrant, match="366 days"):
        tokens.rotate(issued[2], "cli:0", overlap=DAY, expires_at=NOW + 400 * DAY)
    clock.at += 90 * DAY
    with pytest.raises(UnknownToken, match="is expired"):
        tokens.rotate(issued[2], "cli:0", overlap=DAY)


def test_revocation_is_for_ever(tokens: Tokens, clock: Clock) -> None:
    """A revoked token stays revoked from its first revocation on, which is recorded once."""
    issued = tokens.issue(GRANT, "cli:0")
    clock.at += DAY
    assert tokens.revoke(issued.token.id, "cli:0").revoked_at == NOW + DAY
    clock.at += DAY
    assert tokens.revoke(issued.token.id, "cli:0").revoked_at == NOW + DAY
    found = tokens.check(issued.text)
    assert found is not None
    assert found.state(NOW) == "revoked"


def test_a_pasted_token_is_not_told_again(tokens: Tokens) -> None:
    """Who gives the whole token in the place of its id is told so, without it."""
    issued = tokens.issue(GRANT, "cli:0")
    for ask in (tokens.find, lambda id_: tokens.revoke(id_, "cli:0")):
        with pytest.raises(UnknownToken, match="third part") as caught:
            ask(issued.text)
        assert issued.text not in str(caught.value)


def test_tokens_come_in_pages(tokens: Tokens) -> None:
    """All by id, or those of one owner."""
    made = [tokens.issue(GRANT, "cli:0").token for _ in range(5)]
    other = tokens.issue(dataclasses.replace(GRANT, owner="sales"), "cli:0").token
    ordered = sorted([*made, other], key=lambda token: token.id)
    first = tokens.page(limit=2)
    assert first == ordered[:2]
    assert tokens.page(after=first[-1].id) == ordered[2:]
    assert tokens.page(owner="sales") == [other]


def test_a_use_is_noted_once_a_minute(tokens: Tokens, clock: Clock) -> None:
    """Several processes that see a token used write it once, and again after a minute."""
    ids = [tokens.issue(GRANT, "cli:0").token.id for _ in range(2)]
    assert tokens.note_use(ids) == 2
    clock.at += timedelta(seconds=59)
    assert tokens.note_use(ids) == 0
    clock.at += timedelta(seconds=1)
    assert tokens.note_use(ids[:1]) == 1
    assert tokens.find(ids[0]).last_used_at == NOW + timedelta(minutes=1)
    assert tokens.find(ids[1]).last_used_at == NOW
    assert tokens.note_use([]) == 0


def test_every_change_has_its_record(tokens: Tokens, vault: Vault) -> None:
    """Issue, rotation and revocation are recorded with who, which token and what it allows, not whose it is."""
    old = tokens.issue(GRANT, "user:anna")
    new = tokens.rotate(old.token.id, "cli:0", overlap=DAY)
    tokens.revoke(old.token.id, "cli:0")
    records = Audit(vault).records()
    assert [(record.actor, record.action, record.target) for record in records] == [
        ("user:anna", "token.issue", old.token.id),
        ("cli:0", "token.rotate", old.token.id),
        ("cli:0", "token.revoke", old.token.id),
    ]
    assert records[0].detail == {
        "scopes": ["clubs:read", "people:read"],
        "partner": "insurer",
        "purpose": "quotes",
        "not_before": "2026-03-02T08:00:00+00:00",
        "expires_at": "2026-05-31T08:00:00+00:00",
        "networks": 2,
        "dealers": 2,
        "cities": 0,
        "brands": None,
    }
    assert records[1].detail["to"] == new.token.id
    told = repr(records)
    assert GRANT.owner not in told
    assert GRANT.name not in told
    assert Audit(vault).verify() is None


def test_no_secret_stays(tokens: Tokens, url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the tables, the files, the logs nor an error hold a secret."""
    caplog.set_level("DEBUG")
    issued = [tokens.issue(GRANT, "cli:0") for _ in range(20)]
    issued += [tokens.rotate(one.token.id, "cli:0", overlap=DAY) for one in issued]
    for one in issued:
        assert tokens.check(one.text) is not None
    stored = cells(url) + caplog.text + repr(issued)
    files = b"".join(path.read_bytes() for path in (tmp_path / "vault").glob("*"))
    for one in issued:
        secret = one.text.split("_")[3]
        assert secret not in stored
        assert secret.encode() not in files


def test_a_vault_of_an_earlier_version_gets_its_column(vault: Vault, tokens: Tokens, url: str) -> None:
    """Opened again, a vault from before purposes keeps its tokens, which have none, and takes tokens that have one."""
    old = tokens.issue(GRANT, "cli:0")
    with vault.engine.begin() as connection:
        connection.execute(text("ALTER TABLE api_tokens DROP COLUMN purpose"))
    for _ in range(2):
        with Vault.open(url, KEYS, now=Clock()) as newer:
            found = Tokens(newer).check(old.text)
            assert found == dataclasses.replace(old.token, purpose=None)
            assert Tokens(newer).issue(GRANT, "cli:0").token.purpose == "quotes"


def test_a_failing_database_tells_nothing(vault: Vault, tokens: Tokens, caplog: pytest.LogCaptureFixture) -> None:
    """When the vault refuses, the error and its causes name neither the token nor its owner."""
    caplog.set_level("DEBUG")
    issued = tokens.issue(GRANT, "cli:0")
    with vault.engine.begin() as connection:
        connection.execute(text("DROP TABLE api_tokens"))
    for work in (lambda: tokens.check(issued.text), lambda: tokens.issue(GRANT, "cli:0")):
        with pytest.raises(VaultUnavailable) as caught:
            work()
        error: BaseException | None = caught.value
        told = caplog.text
        while error is not None:
            told += f"{error!r}{error}"
            error = error.__cause__ or error.__context__
        assert issued.text not in told
        assert GRANT.owner not in told
        assert isinstance(caught.value, VaultError)
