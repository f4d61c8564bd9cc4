"""What renche is built from: every package pinned by its hashes, none with a known hole, all of them listed."""

import json
import re
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PINNED = dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z,]+\])?==([^\s;]+)", LOCK, re.MULTILINE))

# The first version without an advisory that matters here.
FLOORS = {"strawberry-graphql": "0.327.2", "graphql-core": "3.3.1", "starlette": "1.3.1"}


def test_every_package_is_pinned_by_its_hashes() -> None:
    """So that nobody can put another file in its place, wherever it is fetched from; the lock names no place."""
    requirements = re.split(r"\n(?=[a-z0-9])", LOCK.strip())
    assert len(requirements) >= len(PINNED) > 50  # one may have a version for each Python
    for requirement in requirements:
        assert "--hash=sha256:" in requirement, requirement.splitlines()[0]
    assert "://" not in LOCK


@pytest.mark.parametrize("name", FLOORS)
def test_no_version_has_a_known_hole(name: str) -> None:
    """Neither in the lock, nor installed, nor allowed to those who install renche otherwise."""
    floor = Version(FLOORS[name])
    assert Version(PINNED[name]) >= floor
    assert Version(version(name)) >= floor
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (required,) = [each for each in map(Requirement, project["dependencies"]) if each.name == name]
    lowest = [Version(part.version) for part in required.specifier if part.operator in (">=", "==", "~=")]
    assert lowest
    assert min(lowest) >= floor


def test_the_bill_of_materials_lists_every_package() -> None:
    """As CycloneDX, each with its version and the name by which scanners look it up."""
    done = subprocess.run([str(ROOT / "scripts" / "sbom")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    bill = json.loads(done.stdout)
    assert bill["bomFormat"] == "CycloneDX"
    listed = {component["name"].lower(): component for component in bill["components"]}
    assert {name: component["version"] for name, component in listed.items()} == PINNED
    assert all(component["purl"] == f"pkg:pypi/{name}@{PINNED[name]}" for name, component in listed.items())
    assert str(ROOT) not in done.stdout
