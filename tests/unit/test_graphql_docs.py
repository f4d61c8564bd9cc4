"""docs/graphql.md has every error code."""

import re
from pathlib import Path

from renche.graph.errors import RencheError
from renche.server import auth_errors, graphql

DOCUMENT = Path(__file__).parents[2] / "docs" / "graphql.md"


def codes(error: type[RencheError]) -> set[str]:
    return {error.code}.union(*(codes(each) for each in error.__subclasses__()))


def test_every_code_is_documented() -> None:
    """The table lists the codes of our errors and of the HTTP door, and no others."""
    source = Path(graphql.__file__).read_text(encoding="utf-8")
    door = set(re.findall(r'"(BAD_REQUEST|GRAPHQL_REFUSED|[A-Z]+_[A-Z_]+)"', source))
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE))
    assert auth_errors.Unauthenticated.code in codes(RencheError)
    assert documented == codes(RencheError) | door
