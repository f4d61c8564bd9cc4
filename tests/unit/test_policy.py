"""How statements are guarded; that the answers are right is judged by the witnesses and over HTTP."""

import re
from typing import Any

import pytest

from renche.graph.caller import Restriction
from renche.graph.clock import FixedClock
from renche.graph.named_queries import Definition, QueryFileError, Statement, definitions
from renche.graph.page import PageShape
from renche.graph.policy import Policies, Shape, guarded
from renche.graph.traversal import traversal
from renche.loaders.batch import _root_page
from tests.witnesses import MOMENT

CLOCK = FixedClock(MOMENT.as_known_at)
SELF = Shape(person=True, few="person")
NODE = re.compile(r"\((\w*)(?::([A-Z]\w*(?:\|[A-Z]\w*)*))?(?: \{[^{}]*\})?(?: WHERE|\))")
# Of texts that only loads, commands or the keepers of the graph use.
OTHERS = ("consent.", "doctor.", "erase.", "export.", "ingest.", "migration.", "policy.", "rekey.")
ASKED = [found for found in definitions().values() if not found.write and not found.name.startswith(OTHERS)]


class Answers:
    """A database that keeps what it was asked and has one answer to everything."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[tuple[Statement, dict[str, Any]]] = []

    async def read(self, statement: Statement, parameters: Any = None) -> list[list[Any]]:
        self.asked.append((statement, dict(parameters or {})))
        return [[self.answer]]

    async def read_value(self, statement: Statement, parameters: Any = None) -> Any:
        return (await self.read(statement, parameters))[0][0]


@pytest.mark.parametrize("found", ASKED, ids=lambda found: found.name)
def test_every_node_has_a_label_or_was_bound_before(found: Definition) -> None:
    """So that none is matched without the condition under which it is seen."""
    pieces = re.findall(
        r"(?:MATCH|EXISTS \{|COUNT \{)(.*?)(?=\bWHERE\b|\bRETURN\b|\bWITH\b|\}|\Z)", found.text, re.DOTALL
    )
    labelled = set(re.findall(r"\((\w+):[A-Z]", found.text))
    start = re.findall(r"\w+(?=:)", found.attributes.get("from", ""))
    for piece in pieces:
        for variable in re.findall(r"[->]\((\w+)\)|\((\w+)\)[-<]", piece):
            name = variable[0] or variable[1]
            assert name in labelled or name in start, f"{found.name}: ({name}) in {piece.strip()}"


@pytest.mark.parametrize("found", ASKED, ids=lambda found: found.name)
def test_every_relationship_is_looked_at(found: Definition) -> None:
    """One that was corrected is shown to nobody who is restricted."""
    text = guarded(Statement(found.name, f"// {found.name}\n{found.text}"), Shape(cities=True)).text
    for variable in re.findall(r"-\[(\w*):[A-Z_|]+(?! WHERE)\]-", text):
        # What the guard itself looks at has its condition behind the pattern.
        assert variable.startswith("seen_"), f"{found.name}: [{variable}]"


def test_a_label_that_no_rule_names_is_no_hole() -> None:
    """A new kind of thing is seen by nobody until somebody says by whom."""
    with pytest.raises(QueryFileError, match="Novelty"):
        guarded(Statement("new", "// new\nMATCH (new:Novelty) RETURN new"), SELF)


def test_who_is_not_restricted_reads_the_database_itself() -> None:
    """At no cost."""
    database = Answers(None)
    assert Policies(database, CLOCK).reader(Restriction()) is database


@pytest.mark.parametrize(("dealing", "begins_at_dealers"), [(9, True), (11, False)])
async def test_a_list_begins_at_the_people_where_few_are_left(dealing: int, begins_at_dealers: bool) -> None:
    """Up to a tenth of all; with more it keeps the order of its index."""
    database = Answers([100, dealing, 0])
    reader = Policies(database, CLOCK).reader(Restriction(dealers=frozenset({"dea_x"})))
    await reader.read(_root_page(traversal("people"), PageShape()))
    statement, parameters = database.asked[-1]
    assert parameters["policyDealers"] == ["dea_x"]
    assert ("UNWIND $policyDealers" in statement.text) == begins_at_dealers
    assert "EXISTS" in statement.text


async def test_a_partner_is_asked_about_today() -> None:
    """Whatever day the question is about."""
    database = Answers(None)
    await (
        Policies(database, CLOCK)
        .reader(Restriction(), ("bank", "loans"))
        .read(_root_page(traversal("people"), PageShape()))
    )
    statement, parameters = database.asked[-1]
    assert (parameters["policyPartner"], parameters["policyPurpose"]) == ("bank", "loans")
    assert parameters["policyToday"] == CLOCK.today()
    assert "CONSENTED_TO" in statement.text


def test_no_value_of_a_restriction_becomes_text() -> None:
    """All of them are parameters."""
    shape = Shape(dealers=True, cities=True, brands=True, person=True, consent=True, few="cities")
    text = guarded(_root_page(traversal("owners_who_referred"), PageShape()), shape).text
    for name in ("policyDealers", "policyCities", "policyBrands", "policyPerson", "policyPartner", "policyPurpose"):
        assert f"${name}" in text
