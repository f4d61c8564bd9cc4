"""A person's copy and erasure, and a change of keys, as an operator does them beside a server that runs."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from renche.graph.database import Database
from renche.graph.endpoint import Endpoint
from renche.graph.ids import Kind
from renche.privacy.asked import Asked
from renche.privacy.erase import erase
from renche.privacy.export import export
from renche.privacy.rekey import rekey, retire_older
from renche.vault.audit import Audit
from renche.vault.keys import Keys
from renche.vault.rotation import current_alone, rotated
from renche.vault.store import Vault
from tests.api.conftest import BRAND_DAY, EXAMPLES, KEYS, Api, load, serving, thing
from tests.api.test_commands import BRAND, run
from tests.conftest import empty

LIN = thing(Kind.PERSON, "crm:lin")
LIN_SAID = ("林若兰", "13800000101", "lin@example.com", "unionid-demo-0001", "yh_lin", "M000001", "沪AD10101")
EVERYBODY = """query { people(first: 100) { nodes {
  id kind name phone gender birthYear city licensed
  registrations { id source sourceId name phone city identifiers { kind mask } }
  ownedVehicles { edges { role { validFrom } node { id vin plate } } }
  purchases { edges { role { id validFrom validTo price { amount } motive } node { id } } }
  drives { edges { node { id } } }
  clubs { edges { role { rank } node { id name } } }
  households { edges { node { id city } } }
  referralsMade { nodes { id status friend { id } vehicle { id } statusHistory { status } } }
  referralsReceived { nodes { id status referrer { id } } }
} } }"""


async def others(api: Api) -> dict[str, Any]:
    """What is answered about everybody else."""
    nodes = (await api.ask(EVERYBODY))["people"]["nodes"]
    return {node["id"]: node for node in nodes if node["id"] != LIN}


async def test_other_peoples_answers_stay_the_same(site: tuple[Endpoint, Database], tmp_path: Path) -> None:
    """Beside a running API a person is erased: others' answers do not change, and none names the person."""
    endpoint, database = site
    await empty(database)
    KEYS.replace(tmp_path / "keys.json")
    await load(database, sorted((EXAMPLES / "brand").glob("*.csv")), BRAND_DAY, tmp_path)
    search = "query($text: String!) { search(text: $text) { hits { node { id } } } }"
    async with serving(endpoint, BRAND_DAY, tmp_path) as api:
        before = await others(api)
        assert len(before) == 40
        for text in ("13800000101", "沪AD10101"):
            hits = (await api.ask(search, text=text))["search"]["hits"]
            assert LIN in {hit["node"]["id"] for hit in hits}
        with Vault.open(f"sqlite:///{tmp_path / 'vault.sqlite'}", KEYS) as vault:
            copy = str(await export(database, vault, BRAND_DAY, LIN, Asked("cli:0")))
            assert [value for value in LIN_SAID if value not in copy] == []
            await erase(database, vault, BRAND_DAY, tmp_path, LIN, Asked("cli:0"))
        assert await others(api) == before
        for text in ("13800000101", "沪AD10101"):
            assert (await api.ask(search, text=text))["search"]["hits"] == []
        answer = json.dumps(await api.ask(EVERYBODY), ensure_ascii=False)
        assert [value for value in (*LIN_SAID, "林**", "138****0101") if value in answer] == []
        (lin,) = [node for node in (await api.ask(EVERYBODY))["people"]["nodes"] if node["id"] == LIN]
        assert {lin[name] for name in ("name", "phone", "gender", "birthYear", "city", "licensed")} == {None}
        assert lin["referralsMade"]["nodes"]
        assert [lin[name]["edges"] for name in ("drives", "clubs", "households")] == [[], [], []]


async def test_keys_change_beside_a_running_api(site: tuple[Endpoint, Database], tmp_path: Path) -> None:
    """A phone is found before a rotation, after it, after the re-keying, and when the old keys are gone."""
    endpoint, database = site
    await empty(database)
    path = tmp_path / "keys.json"
    KEYS.replace(path)
    await load(database, [EXAMPLES / "brand" / "people.csv"], BRAND_DAY, tmp_path)
    async with serving(endpoint, BRAND_DAY, tmp_path) as api:

        async def found() -> bool:
            data = await api.ask('{ search(text: "13800000101") { hits { matched node { id } } } }')
            return data["search"]["hits"] == [{"matched": "PHONE", "node": {"id": LIN}}]

        assert await found()
        newer = rotated(KEYS)
        newer.replace(path)
        assert await found()
        with Vault.open(f"sqlite:///{tmp_path / 'vault.sqlite'}", newer) as vault:
            await rekey(database, vault, tmp_path)
            assert await found()
            await retire_older(database, vault, tmp_path)
        current_alone(newer).replace(path)
        assert await found()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with keys and the example brand in the embedded engine."""
    folder = tmp_path_factory.mktemp("person")
    assert run(folder, "keys").returncode == 0
    assert run(folder, "ingest", *BRAND).returncode == 0
    return folder


def test_a_person_is_exported_and_erased(folder: Path) -> None:
    """The copy goes to the output or a private file; the proof is printed, twice the same; a load says what it left."""
    copy = folder / "lin.json"
    why = ("--reason", "asked for by letter")
    assert run(folder, "person", "export", LIN, *why, "--out", str(copy)).returncode == 0
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert run(folder, "person", "export", LIN, "--out", str(copy)).returncode == 1
    shown = run(folder, "person", "export", LIN)
    assert [value for value in LIN_SAID if value not in shown.stdout] == []
    copy.unlink()
    first = run(folder, "person", "erase", LIN)
    assert first.returncode == 0, first.stderr
    proof = json.loads(first.stdout)
    assert (proof["person"], proof["counts"]["registrations"]) == (LIN, 1)
    assert run(folder, "person", "erase", LIN).stdout == first.stdout
    gone = run(folder, "person", "export", LIN)
    assert gone.returncode == 1
    assert "was erased on" in gone.stderr
    again = run(folder, "ingest", *BRAND)
    assert again.returncode == 0
    assert "7 rows are of people who were erased" in again.stdout
    assert run(folder, "doctor").returncode == 0
    with Vault.open(f"sqlite:///{folder / 'vault.sqlite'}", Keys.load(folder / "keys.json")) as vault:
        told_of = [(one.action, one.target, one.detail) for one in Audit(vault).records()]
    assert told_of == [
        ("person.export", LIN, {"reason": "asked for by letter"}),
        ("person.export", LIN, {}),  # before the file turned out to be there
        ("person.export", LIN, {}),
        ("person.erase", LIN, {}),
        ("person.erase", LIN, {}),
    ]
    told = first.stdout + again.stdout + again.stderr + gone.stderr
    assert [value for value in LIN_SAID if value in told] == []


@pytest.mark.parametrize("command", ["export", "erase"])
def test_a_reason_names_nobody(folder: Path, command: str) -> None:
    """A reason with a phone number is refused before anything is done."""
    done = run(folder, "person", command, thing(Kind.PERSON, "crm:lu"), "--reason", "calls 13800000102 back")
    assert (done.returncode, done.stdout) == (1, "")
    assert "a phone number" in done.stderr


@pytest.mark.parametrize("command", ["export", "erase"])
@pytest.mark.parametrize(
    ("id_", "says"),
    [
        ("per_" + "a" * 26, "no person with the id"),
        (thing(Kind.VEHICLE, "dms:v1"), "begin with 'per_'"),
        ("x", "not an id"),
    ],
)
def test_who_is_not_there_is_told(folder: Path, command: str, id_: str, says: str) -> None:
    """A wrong id is a sentence on stderr and exit code 1."""
    done = run(folder, "person", command, id_)
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr


def test_keys_are_rotated_and_retired(folder: Path) -> None:
    """The commands in order: what is in use stays, what is not goes, and everything is found in the end."""
    path = folder / "keys.json"
    first = json.loads(path.read_text())
    rotated = run(folder, "keys", "rotate")
    assert rotated.returncode == 0, rotated.stderr
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    early = run(folder, "keys", "retire")
    assert early.returncode == 1
    assert "renche keys rekey" in early.stderr
    assert run(folder, "keys", "rekey").returncode == 0
    retired = run(folder, "keys", "retire")
    assert retired.returncode == 0, retired.stderr
    now = json.loads(path.read_text())
    assert {name: list(now[name]) for name in ("key_encryption_keys", "hmac_keys")} == {
        "key_encryption_keys": ["2"],
        "hmac_keys": ["2"],
    }
    assert now["cursor_key"] == first["cursor_key"]
    assert not [key for key in first["hmac_keys"].values() if key in path.read_text()]
    assert "Nothing to do" in run(folder, "keys", "retire").stdout
    assert run(folder, "keys", "rotate", "--only", "wrapping").returncode == 0
    assert list(json.loads(path.read_text())["hmac_keys"]) == ["2"]
    assert run(folder, "doctor").returncode == 0
    lu = run(folder, "person", "export", thing(Kind.PERSON, "crm:lu"))
    assert "13800000102" in lu.stdout


def test_keys_of_the_environment_are_not_changed_from_here(folder: Path) -> None:
    """With RENCHE_KEYS the command says how to change them instead."""
    done = run(folder, "keys", "rotate", RENCHE_KEYS=(folder / "keys.json").read_text())
    assert done.returncode == 1
    assert "RENCHE_KEYS_FILE" in done.stderr
    assert run(folder, "keys", "rotate", "--only", "all").returncode == 1
