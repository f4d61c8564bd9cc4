"""`renche audit`: what was done leaves the house as JSON lines, and a gap shows."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from renche.server.cli import app
from renche.server.settings import SettingsError
from renche.vault.audit import Audit
from renche.vault.database import transaction
from renche.vault.keys import Keys
from renche.vault.store import Vault


@pytest.fixture(autouse=True)
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vault:
    """A vault with three records, which the commands find."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RENCHE_DATA_DIR", str(tmp_path))
    keys = Keys.create(tmp_path / "keys.json")
    opened = Vault.open(f"sqlite:///{tmp_path / 'vault.sqlite'}", keys)
    for number in range(3):
        Audit(opened).append("cli:0", "test.done", f"target-{number}", {"count": number})
    return opened


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["audit", *arguments])


def shipped(*arguments: str) -> list[dict[str, object]]:
    done = run("ship", *arguments)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_records_are_shipped_in_order_and_once() -> None:
    """From where the last shipment ended."""
    assert [(each["number"], each["target"]) for each in shipped()] == [(n + 1, f"target-{n}") for n in range(3)]
    assert [each["number"] for each in shipped("--after", "2")] == [3]
    assert shipped("--after", "3") == []


def test_a_sound_record_is_called_sound() -> None:
    """Also with the mark of a record that was shipped."""
    last = shipped()[-1]
    assert run("verify").exit_code == 0
    assert run("verify", "--mark", f"{last['number']}:{last['hash']}").exit_code == 0


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("DELETE FROM audit_records WHERE number = 2", 2),
        ("UPDATE audit_records SET target = 'other' WHERE number = 3", 3),
        ("DELETE FROM audit_records WHERE number = 3", 3),
    ],
)
def test_what_was_tampered_with_is_named(vault: Vault, statement: str, broken: int) -> None:
    """A gap, a change, and, by the mark, an end that was cut off."""
    last = shipped()[-1]
    with transaction(vault.engine) as connection:
        connection.execute(text(statement))
    done = run("verify", "--mark", f"{last['number']}:{last['hash']}")
    assert done.exit_code == 1
    assert f"Record {broken} " in done.output


def test_a_mark_that_is_none_is_refused() -> None:
    """With what it must look like."""
    assert isinstance(run("verify", "--mark", "3").exception, SettingsError)
