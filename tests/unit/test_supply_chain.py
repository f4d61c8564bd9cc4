"""What renche is built from: every package pinned by its hashes, none with a known hole, all of them listed."""

import json
import os
import re
import subprocess
import tomllib
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
# Each with its hashes: a requirement goes on where a line ends with a backslash.
LOCKED = [line for line in LOCK.replace("\\\n", "").splitlines() if not line.lstrip().startswith("#")]
PINNED = re.compile(
    r"([a-z0-9][a-z0-9._-]*)(?:\[[a-z,]+\])?==([^\s;]+)(?: ; [^#]+?)?(?:\s+--hash=sha256:[0-9a-f]{64})+\s*"
)

# The first versions without an advisory that matters here.
FLOORS = {"strawberry-graphql": "0.327.2", "graphql-core": "3.3.1", "starlette": "1.3.1"}


def pins() -> set[tuple[str, str]]:
    """Names and versions of the lock; a package may have one version for each Python."""
    return {match.groups() for line in LOCKED if (match := PINNED.fullmatch(line))}  # type: ignore[misc]


def test_every_package_is_pinned_by_its_hashes() -> None:
    """So that nobody can put another file in its place, wherever it is fetched from; the lock names no place."""
    assert [line for line in LOCKED if not PINNED.fullmatch(line)] == []
    assert len(pins()) > 50
    assert "://" not in LOCK
    assert not re.search(r"^\s*-(?!-hash=)", LOCK, re.MULTILINE)


@pytest.mark.parametrize("name", FLOORS)
def test_no_version_has_a_known_hole(name: str) -> None:
    """Neither in the lock, nor installed, nor allowed to those who install renche otherwise."""
    floor = Version(FLOORS[name])
    locked = [Version(pinned) for package, pinned in pins() if package == name]
    assert locked
    assert min(locked) >= floor
    assert Version(version(name)) >= floor
    (required,) = [each for each in map(Requirement, PROJECT["project"]["dependencies"]) if each.name == name]
    lowest = [Version(part.version) for part in required.specifier if part.operator in (">=", "==", "~=")]
    assert lowest
    # Several bounds hold together: the highest is the one that counts.
    assert max(lowest) >= floor


def bill(*arguments: str) -> tuple[set[tuple[str, str]], str]:
    """What a bill of materials lists, and its text; made as if packages came from a registry of this machine."""
    environment = {**os.environ, "PIP_INDEX_URL": "https://registry.invalid/simple"}
    command = [str(ROOT / "scripts" / "sbom"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    assert made["bomFormat"] == "CycloneDX"
    assert made["metadata"]["component"]["name"] == PROJECT["project"]["name"]
    for component in made["components"]:
        assert component["purl"] == f"pkg:pypi/{component['name']}@{component['version']}"
    return {(component["name"], component["version"]) for component in made["components"]}, done.stdout


def test_the_bill_of_materials_lists_every_package() -> None:
    """As CycloneDX, each with its version and the name by which scanners look it up; nothing of this machine."""
    listed, text = bill("--dev")
    assert listed == pins()
    for place in (str(ROOT), "registry.invalid", "file:"):
        assert place not in text


def test_the_bill_of_what_serves_is_that_of_the_installed_packages() -> None:
    """Whatever renche imports here, it and what it needs, is listed; what only developers need is not."""
    listed, _ = bill()
    assert listed <= pins()
    names = {name for name, _ in listed}
    serving = needed("renche")
    assert {(name, version(name)) for name in serving} <= listed
    only_here = {canonicalize_name(Requirement(each).name) for each in PROJECT["dependency-groups"]["dev"]} - serving
    assert names & only_here == {"pyarrow"}  # of the extra `parquet`


def needed(name: str, extras: frozenset[str] = frozenset()) -> set[str]:
    """What an installed package needs on this machine, as the packages themselves say."""
    found: set[str] = set()
    open_ = [(name, extras)]
    done: set[tuple[str, frozenset[str]]] = set()
    while open_:
        package, wanted = open_.pop()
        if (package, wanted) in done:
            continue
        done.add((package, wanted))
        for each in map(Requirement, requires(package) or ()):
            if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in ("", *wanted)):
                found.add(canonicalize_name(each.name))
                open_.append((canonicalize_name(each.name), frozenset(each.extras)))
    return found
