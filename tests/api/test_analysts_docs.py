"""docs/analysts.md works as it stands, and `renche cypher` as it says."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.api.test_commands import RENCHE, environment, run

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "analysts.md").read_text(encoding="utf-8")
SHELL = [block.replace(".venv/bin/renche", str(RENCHE)) for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)]
CYPHER = re.findall(r"```cypher\n(.*?)```", TEXT, re.DOTALL)
SHOWN = re.findall(r"^```\n(┏.*?)```", TEXT, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as the document's first commands leave it; setup has been run before any test."""
    folder = tmp_path_factory.mktemp("analysts")
    first = SHELL[0].replace("scripts/setup\n", "")
    done = subprocess.run(["bash", "-ec", first], cwd=ROOT, env=environment(folder), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_first_answer_is_the_one_shown(folder: Path) -> None:
    """The table in the document comes out."""
    shown = subprocess.run(
        ["bash", "-ec", SHELL[1]], cwd=ROOT, env=environment(folder), capture_output=True, text=True, check=True
    )
    assert [line.rstrip() for line in shown.stdout.splitlines()] == SHOWN[0].splitlines()


@pytest.mark.parametrize("line", "".join(SHELL[2:]).splitlines())
def test_every_command_works(folder: Path, line: str) -> None:
    """Each answers something, and says nothing on stderr."""
    env = environment(folder) | {"OUT": str(folder)}
    done = subprocess.run(["bash", "-ec", line], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout or (folder / "models.csv").read_bytes().startswith(b"model,energy\r\n")


@pytest.mark.parametrize("statement", CYPHER)
def test_every_question_has_an_answer(folder: Path, statement: str) -> None:
    """Each statement passes the gate and finds rows in the example brand."""
    done = run(folder, "cypher", statement, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["MATCH (n)\nDELETE n"], "clauses, line 2, column 1"),
        (["RETURN $a AS a"], "$a"),
        (["RETURN 1 AS a", "--param", "b=1"], "no $b"),
        (["RETURN 1 AS a", "--param", "b"], "name=JSON"),
        (["RETURN 1 AS a", "--format", "xml"], "--format"),
        (["RETURN 1 AS a", "--saved", "fleet_by_age"], "Give one of"),
        (["--saved", "nothing"], "fleet_by_age"),
        (["--saved", "buyers_again"], "city"),
        (["--file", "/nowhere.cypher"], "/nowhere.cypher"),
    ],
)
def test_a_mistake_is_said_on_stderr(folder: Path, arguments: list[str], said: str) -> None:
    """The exit code is 1, and nothing goes to stdout."""
    done = run(folder, "cypher", *arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stdout == ""


def test_a_cut_answer_says_so(folder: Path) -> None:
    """The rows up to the limit come out, with a warning beside them."""
    done = run(folder, "cypher", "UNWIND range(1, 9) AS x RETURN x", "--format", "json", RENCHE_CYPHER_ROWS="3")
    assert json.loads(done.stdout) == {"columns": ["x"], "rows": [[1], [2], [3]], "truncated": True}
    assert "left rows out" in done.stderr


def test_parquet_is_read_back(folder: Path) -> None:
    """Columns keep their types; lists too."""
    from pyarrow import parquet

    file = folder / "out.parquet"
    statement = "UNWIND [1, 2] AS x RETURN x, 'a' AS text, [x] AS list, null AS nothing"
    assert run(folder, "cypher", statement, "--format", "parquet", "--out", str(file)).returncode == 0
    table = parquet.read_table(file)
    assert table.to_pylist() == [{"x": x, "text": "a", "list": [x], "nothing": None} for x in (1, 2)]
