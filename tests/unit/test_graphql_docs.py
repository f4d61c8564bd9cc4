"""docs/graphql.md has every error code and every limit."""

import re
from pathlib import Path

from renche.graph.errors import RencheError
from renche.server import auth_errors, graphql
from renche.server.settings import Settings
from tests.graphql_door import KEYED, planner
from tests.unit.test_planner import PRESENT

DOCUMENT = Path(__file__).parents[2] / "docs" / "graphql.md"


def codes(error: type[RencheError]) -> set[str]:
    return {error.code}.union(*(codes(each) for each in error.__subclasses__()))


def test_every_code_is_documented() -> None:
    """The table lists the codes of our errors and of the HTTP door, and no others."""
    source = Path(graphql.__file__).read_text(encoding="utf-8")
    door = set(re.findall(r'"(BAD_REQUEST|GRAPHQL_REFUSED|[A-Z]+_[A-Z_]+)"', source))
    text = DOCUMENT.read_text(encoding="utf-8").partition("## Errors")[2]
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))
    assert auth_errors.Unauthenticated.code in codes(RencheError)
    assert documented == codes(RencheError) | door


def test_every_limit_is_documented() -> None:
    """The table has each limit that can be set, with its default."""
    found = re.findall(r"^\| `RENCHE_(LIMIT_\w+)` \| (\d+) \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    limits = {name: field.default for name, field in Settings.model_fields.items() if name.startswith("limit_")}
    assert {name.lower(): int(default) for name, default in found} == limits


def test_the_cost_of_the_example_is_right() -> None:
    """The document whose cost is worked out there costs that."""
    text = DOCUMENT.read_text(encoding="utf-8").partition("### Cost")[2]
    query, figure = re.findall(r"```graphql\n(.*?)```.*? = (\d+)\.", text, re.DOTALL)[0]
    plans = planner()
    assert plans.ask(plans.document(query, None), {}, PRESENT, KEYED).cost == int(figure)
