"""The commands as a user runs them: processes of their own, on a data folder with the embedded engine."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import EXAMPLES

RENCHE = Path(sys.executable).parent / "renche"
BRAND = sorted(str(file) for file in (EXAMPLES / "brand").glob("*.csv"))


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """An environment without any setting but these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RENCHE_")}
    return kept | {"RENCHE_DATA_DIR": str(folder)} | settings


def run(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """What a command answers, within a minute."""
    return subprocess.run(
        [str(RENCHE), *arguments],
        env=environment(folder, **settings),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with keys and the example brand in the embedded engine."""
    folder = tmp_path_factory.mktemp("commands")
    assert run(folder, "keys").returncode == 0
    loaded = run(folder, "ingest", *BRAND)
    assert loaded.returncode == 0, loaded.stderr
    return folder


COMMANDS = ["serve", "demo", "generate", "ingest", "migrate", "schema", "doctor", "keys", "explain", "cypher", "token"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(tmp_path: Path, command: str) -> None:
    """--help works everywhere without a setting, and `renche --help` lists the command."""
    assert run(tmp_path, command, "--help").returncode == 0
    assert f" {command} " in run(tmp_path, "--help").stdout


def test_without_keys_every_command_says_how_to_make_some(tmp_path: Path) -> None:
    """serve, ingest and doctor fail with what to do, and leave no engine behind."""
    for arguments in (["serve", "--port", "0"], ["ingest", *BRAND], ["doctor"]):
        done = run(tmp_path, *arguments)
        assert done.returncode == 1, arguments
        assert "renche keys" in done.stdout + done.stderr
    assert not (tmp_path / "engine.json").exists()


def test_keys_are_private_and_never_overwritten(tmp_path: Path) -> None:
    """The file of keys has mode 0600; a second run refuses to replace it."""
    assert run(tmp_path, "keys").returncode == 0
    file = tmp_path / "keys.json"
    before = file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert run(tmp_path, "keys").returncode == 1
    assert file.read_bytes() == before


def test_an_unknown_setting_is_named_at_start(tmp_path: Path) -> None:
    """A misspelt RENCHE_ variable is refused, with the setting that was meant."""
    done = run(tmp_path, "doctor", RENCHE_PROT="8000")
    assert done.returncode == 1
    assert "RENCHE_PROT" in done.stderr
    assert "RENCHE_PORT" in done.stderr


def test_a_second_ingest_changes_nothing(folder: Path) -> None:
    """The table of a repeated load has every row under unchanged."""
    done = run(folder, "ingest", *BRAND)
    assert done.returncode == 0, done.stderr
    people = next(line for line in done.stdout.splitlines() if "people" in line)
    assert people.split()[1:] == ["people", "41", "0", "0", "41", "0", "0"][1:] or "41" in people


def test_rejected_rows_give_exit_code_two(folder: Path, tmp_path: Path) -> None:
    """A bad row is written to rejects with its reason, without its personal values; the good one is loaded."""
    file = tmp_path / "people.csv"
    file.write_text("source,source_id,name,phone\ncrm,new-1,赵新,13912345678\ncrm,new-2,钱新,1391234567x\n", "utf-8")
    done = run(folder, "ingest", str(file))
    assert done.returncode == 2, done.stderr
    (rejected,) = [path for path in (folder / "rejects").rglob("*.csv") if "new-2" in path.read_text("utf-8")]
    text = rejected.read_text("utf-8")
    assert "phone" in text
    assert "钱新" not in text
    assert "1391234567x" not in text
    assert stat.S_IMODE(rejected.stat().st_mode) == 0o600


def test_the_doctor_finds_a_loaded_folder_well(folder: Path) -> None:
    """doctor looks at keys, vault, graph and indexes, and exits with 0."""
    done = run(folder, "doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WRONG" not in done.stdout
    assert "index" in done.stdout


def test_the_doctor_names_foreign_keys(folder: Path, tmp_path: Path) -> None:
    """Keys of another vault are found out before anything is written."""
    assert run(tmp_path, "keys").returncode == 0
    done = run(folder, "doctor", RENCHE_KEYS_FILE=str(tmp_path / "keys.json"))
    assert done.returncode == 1
    assert "WRONG" in done.stdout


def test_migrate_may_be_repeated(folder: Path) -> None:
    """A second migrate has nothing to do and says so."""
    done = run(folder, "migrate")
    assert done.returncode == 0, done.stderr
    assert "Nothing to do" in done.stdout


def test_two_commands_share_a_data_folder(folder: Path, tmp_path: Path) -> None:
    """While `serve` owns the engine, `ingest` attaches to it, and its rows are answered at once."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [str(RENCHE), "serve", "--port", str(port)],
        env=environment(folder),
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while not _ready(url):
            assert server.poll() is None, server.stderr.read() if server.stderr else ""
            assert time.monotonic() < deadline
            time.sleep(0.2)
        file = tmp_path / "clubs.csv"
        file.write_text("source,source_id,name,city\nclub,late,晚来车友会,310000\n", "utf-8")
        done = run(folder, "ingest", str(file))
        assert done.returncode == 0, done.stderr
        issued = run(
            folder, "token", "issue", "--name", "test", "--owner", "tests", "--scope", "clubs:read", "--expires", "1d"
        )
        headers = {"authorization": f"Bearer {issued.stdout.split()[0]}"}
        query = {"query": "{ clubs { nodes { sourceId } } }"}
        answer = httpx.post(f"{url}/graphql", json=query, headers=headers, timeout=10)
        assert "late" in {each["sourceId"] for each in answer.json()["data"]["clubs"]["nodes"]}
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)
        assert server.stderr is not None
        server.stderr.close()
    assert not (folder / "engine.json").exists()


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def test_generate_writes_the_same_bytes_for_the_same_seed(tmp_path: Path) -> None:
    """Two runs of the command with one seed give equal files."""
    for name in ("a", "b"):
        done = run(tmp_path, "generate", "--people", "200", "--seed", "5", "--out", str(tmp_path / name))
        assert done.returncode == 0, done.stderr
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name


@pytest.mark.parametrize("data", ["brand", "nhts"])
def test_the_demo_answers_every_example(tmp_path: Path, data: str) -> None:
    """`demo --check` loads, serves, asks every example document and stops all it started."""
    done = run(tmp_path, "demo", "--data", data, "--check")
    assert done.returncode == 0, done.stdout + done.stderr
    for document in (EXAMPLES / "queries").glob("*.graphql"):
        assert document.stem in done.stdout
    assert "Every example was answered" in done.stdout


@pytest.mark.parametrize("command", [["serve"], ["demo", "--data", "brand"]])
def test_a_port_that_is_taken_is_told_at_once(tmp_path: Path, command: list[str]) -> None:
    """In one sentence with what to do, before anything is loaded."""
    assert run(tmp_path, "keys").returncode == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run(tmp_path, *command, "--port", port)
    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "Choose another --host or --port." in done.stderr
    assert "Traceback" not in done.stderr
    assert "Loading" not in done.stdout


def test_a_wrong_option_is_explained(tmp_path: Path) -> None:
    """An unknown kind of demo data is named, with those that there are."""
    done = run(tmp_path, "demo", "--data", "mars")
    assert done.returncode == 1
    assert "nhts" in done.stderr


def test_explain_shows_what_becomes_of_a_document(folder: Path) -> None:
    """The statement, its parameters, the database's plan and the number of rows, for a document of the examples."""
    document = str(EXAMPLES / "queries" / "owners-who-referred.graphql")
    explained = run(folder, "explain", document, "--variables", '{"city": "310000"}')
    assert explained.returncode == 0, explained.stderr
    assert explained.stdout.startswith("// OwnersWhoReferred\nCALL () {")
    assert '$ownersWhoReferred_city = "310000"' in explained.stdout
    assert "Rows: 1\n" in explained.stdout
    assert "Execution Plan" in explained.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.graphql"], "cannot be read"),
        (["{document}", "--variables", "{"], "not valid JSON"),
        (["{document}", "--variables", "[]"], "JSON object"),
        (["{document}"], "$city"),
        (["{document}", "--operation", "Nothing", "--variables", '{"city": "310000"}'], "Unknown operation"),
    ],
)
def test_explain_says_what_is_wrong(folder: Path, arguments: list[str], says: str) -> None:
    """A file, variables or an operation that will not do is told in a sentence, with exit code 1."""
    document = str(EXAMPLES / "queries" / "owners-who-referred.graphql")
    explained = run(folder, "explain", *(each.replace("{document}", document) for each in arguments))
    assert explained.returncode == 1
    assert says in explained.stderr
    assert "Traceback" not in explained.stderr
