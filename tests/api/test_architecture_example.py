"""The example in docs/architecture.md is what the planner makes of it, and what the example brand answers."""

import json
import re
from pathlib import Path
from typing import Final

import pytest

from renche.graph.clock import Moment
from renche.graph.cursor import Cursors
from renche.graph.keyed import Keyed
from renche.graph.named_queries import condition
from renche.planner.plan import Planner
from renche.resolvers.schema import build_schema
from tests.api.conftest import BRAND_DAY, Api

PAGE: Final = Path(__file__).parents[2] / "docs" / "architecture.md"
SECTION: Final = PAGE.read_text(encoding="utf-8").partition("### An example")[2]
CITY: Final = "310000"
KEYED: Final = Keyed(Cursors(bytes(range(32))), lambda _, value: (value,))


def _block(language: str, place: int = 0) -> str:
    return re.findall(rf"```{language}\n(.*?)```", SECTION, re.DOTALL)[place].strip()


@pytest.mark.parametrize("what", ["statement", "record", "answer"])
async def test_the_example_of_the_planner_is_true(brand: Api, what: str) -> None:
    """Its statement but for the conditions of time, its record and its answer."""
    planner = Planner(build_schema()._schema)
    asked = planner.ask(planner.document(_block("graphql"), None), {"city": CITY}, Moment.present(BRAND_DAY), KEYED)
    assert asked.plan is not None
    assert asked.plan.statement is not None
    if what == "statement":
        text = asked.plan.statement.text
        for edge in ("made", "membership"):
            held = re.escape(condition("valid", edge))
            text = re.sub(re.sub(r"(\\ |\\\n)+", r"\\s+", held), "…", text)
        assert _plain(text) == _plain(_block("cypher"))
    elif what == "record":
        assert await brand.database.read_value(asked.plan.statement, asked.parameters) == json.loads(_block("json"))
    else:
        assert await brand.ask(_block("graphql"), city=CITY) == json.loads(_block("json", 1))


def _plain(text: str) -> str:
    return re.sub(r"\(?…\)?( AND \(?…\)?)*", "…", re.sub(r"\s+", " ", text))
