"""`renche token`: the token alone on stdout and once, everything else on stderr, and a sentence for each mistake."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from renche.graph.ids import Kind, make_id
from renche.server.cli import app
from renche.server.settings import SettingsError
from renche.vault.audit import Audit
from renche.vault.errors import BadGrant, UnknownToken, VaultError
from renche.vault.keys import Keys
from renche.vault.store import Vault
from renche.vault.token_form import read_token
from renche.vault.tokens import Tokens

DEALER = make_id(Kind.DEALER, "dms", "1")
ISSUE = ["issue", "--name", "CRM, nightly", "--owner", "marketing", "--scope", "people:read", "--expires", "90d"]


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data folder with keys, and no setting from outside."""
    for name in list(os.environ):
        if name.upper().startswith("RENCHE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RENCHE_DATA_DIR", str(tmp_path))
    Keys.create(tmp_path / "keys.json")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["token", *arguments])


def issue(*more: str) -> tuple[str, str]:
    """The id and the text of a new token."""
    done = run(*ISSUE, *more)
    assert done.exit_code == 0, done.output
    token = read_token(done.stdout.strip())
    assert token is not None
    return token.id, token.text


def test_a_token_is_printed_once(folder: Path) -> None:
    """stdout has the token and a line's end, so that it can be piped on; stderr tells what it allows."""
    restrictions = ["--dealer", DEALER, "--city", "310000", "--brand", "A [b]", "--network", "10.0.0.0/8"]
    done = run(*ISSUE, *restrictions, "--partner", "insurer", "--purpose", "quotes", "--env", "test")
    token = read_token(done.stdout.removesuffix("\n"))
    assert token is not None
    assert token.text.startswith("rch_test_")
    assert token.text not in done.stderr
    for shown in ("only time", "CRM, nightly", DEALER, "310000", "A [b]", "insurer", "10.0.0.0/8"):
        assert shown in done.stderr
    for again in (run("show", token.id), run("list"), run("list", "--ended")):
        assert again.exit_code == 0
        assert token.id in again.output
        assert token.text.split("_")[3] not in again.output
    with Vault.open(f"sqlite:///{folder / 'vault.sqlite'}", Keys.load(folder / "keys.json")) as vault:
        found = Tokens(vault).check(token.text)
        (record,) = Audit(vault).records()
    assert found is not None
    assert (found.dealers, found.cities, found.brands) == ({DEALER}, {"310000"}, {"A [b]"})
    assert timedelta(days=89) < found.expires_at - datetime.now(UTC) <= timedelta(days=90)
    assert (record.actor, record.action, record.target) == (f"cli:{os.getuid()}", "token.issue", token.id)


def test_the_life_of_a_token() -> None:
    """Rotated with overlap, both are listed; revoked, only the new one is."""
    old, _ = issue()
    done = run("rotate", old, "--overlap", "12h")
    new = read_token(done.stdout.strip())
    assert new is not None
    assert f"The old one, {old}, is good until" in done.stderr
    assert {line.split()[0] for line in run("list").stdout.splitlines()} == {old, new.id}
    done = run("revoke", old)
    assert done.stdout == ""
    assert f"successor {new.id}" in done.stderr
    assert {line.split()[0] for line in run("list").stdout.splitlines()} == {new.id}
    assert {line.split()[1] for line in run("list", "--ended").stdout.splitlines()} == {"valid", "revoked"}
    assert "revoked" in run("show", old).stdout


def test_an_empty_list_says_so() -> None:
    """Nothing on stdout, a hint on stderr; an owner without tokens likewise."""
    assert "token issue --help" in run("list").stderr
    issue()
    assert run("list", "--owner", "sales").stdout == ""


def test_a_day_begins_where_the_brand_is() -> None:
    """A day as the end means its beginning in the brand's time zone."""
    day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    id_, _ = issue("--expires", day)
    assert f"{day}T00:00+08:00" in run("show", id_).stdout


WRONG: list[tuple[list[str], type[Exception], str]] = [
    (["--scope", "people:raed"], SettingsError, "no scope people:raed; do you mean people:read?"),
    (["--scope", "xx"], SettingsError, "no scope xx. There are: people:read, identifiers:read,"),
    (["--expires", "tomorrow"], SettingsError, "--expires: tomorrow is no time. Write a number of days"),
    (["--expires", "2027-01-31T18:00:00"], SettingsError, "an instant with offset"),
    (["--expires", "2026-02-30"], SettingsError, "is no time"),
    (["--expires", ""], SettingsError, "is no time"),
    (["--not-before", "soon"], SettingsError, "--not-before: soon is no time"),
    (["--expires", "2020-01-01"], BadGrant, "expired already"),
    (["--expires", "9999d"], BadGrant, "after 366 days at the latest"),
    (["--not-before", "91d"], BadGrant, "before it begins"),
    (["--dealer", "per_x"], SettingsError, "--dealer: per_x is no id of a dealer; it begins with dea_."),
    (["--dealer", ""], SettingsError, "is no id of a dealer"),
    (["--city", "shanghai"], SettingsError, "--city: shanghai is no code of a city; it has six digits"),
    (["--city", ""], SettingsError, "is no code of a city"),
    (["--brand", ""], BadGrant, "Each of the brands"),
    (["--network", "10.0.0.1/8"], BadGrant, "write 10.0.0.0/8"),
    (["--network", "example"], BadGrant, "is no network; write a CIDR"),
    (["--env", "LIVE"], BadGrant, "lower-case"),
    (["--partner", "a b"], BadGrant, "partner must be"),
    (["--partner", "insurer"], BadGrant, "both the partner and the purpose"),
    (["--name", ""], BadGrant, "name of a token"),
]


@pytest.mark.parametrize(("more", "error", "said"), WRONG, ids=[" ".join(more) for more, *_ in WRONG])
def test_a_wrong_option_is_explained(more: list[str], error: type[Exception], said: str) -> None:
    """Each mistake has a sentence that names it and says what to write; no token is made."""
    done = run(*ISSUE, *more)
    assert isinstance(done.exception, error)
    assert said in str(done.exception)
    assert done.stdout == ""
    assert run("list", "--ended").stdout == ""


@pytest.mark.parametrize("command", ["show", "revoke", "rotate"])
def test_an_unknown_token_is_told(command: str) -> None:
    """An id that is not there, and a whole token in the place of an id, which is not repeated."""
    _, text = issue()
    for given, said in (("a" * 12, "renche token list"), (text, "third part")):
        done = run(command, given)
        assert isinstance(done.exception, UnknownToken)
        assert said in str(done.exception)
        assert text not in str(done.exception) + done.output


def test_a_wrong_overlap_is_told() -> None:
    """An overlap is a length within 30 days."""
    id_, _ = issue()
    for overlap, error, said in (("week", SettingsError, "as 7d or 12h"), ("31d", BadGrant, "0 to 30 days")):
        done = run("rotate", id_, "--overlap", overlap)
        assert isinstance(done.exception, error)
        assert said in str(done.exception)


def test_without_keys_nothing_is_made(folder: Path) -> None:
    """The vault is not opened with keys that are missing or not its own."""
    issue()
    (folder / "keys.json").unlink()
    done = run("list")
    assert isinstance(done.exception, SettingsError)
    assert "renche keys" in str(done.exception)
    Keys.create(folder / "keys.json")
    assert isinstance(run("list").exception, VaultError)
