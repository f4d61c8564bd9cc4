"""The twelve documents as questions that a planner answers in this process, without a server."""

from typing import Any, Final

from benchmarks.reads.dataset import NOW, Dataset
from benchmarks.reads.deep import DOCUMENT as DEEP_PAGE
from benchmarks.reads.documents import request
from benchmarks.reads.parameters import parameters
from renche.graph.clock import FixedClock, Moment
from renche.graph.cursor import Cursors
from renche.graph.keyed import Keyed
from renche.graph.reader import Reader
from renche.planner.plan import Asked, Planner

CLOCK: Final = FixedClock(NOW)
KEYED: Final = Keyed(Cursors(bytes(range(32))), lambda kind, value: (kind + value,))


async def questions(name: str, planner: Planner, data: Dataset, database: Reader) -> list[Asked]:
    """The document, once for each set of its variables; a deep page as often as there are cursors."""
    given = parameters(data, name)
    if name == DEEP_PAGE:
        cursors = await _cursors(planner, given[0], database)
        given = [{**each, "after": cursor} for each, cursor in zip(given, cursors, strict=False)]
    return [_asked(name, planner, each) for each in given]


async def _cursors(planner: Planner, city: Any, database: Reader) -> list[str]:
    """Cursors from the second half of the list."""
    found: list[str] = []
    while True:
        asked = _asked(DEEP_PAGE, planner, {**city, **({"after": found[-1]} if found else {})})
        (page,) = (await planner.answer(asked, database)).values()
        if not page["pageInfo"]["hasNextPage"]:
            return found[len(found) // 2 :]
        found.append(page["pageInfo"]["endCursor"])


def _asked(name: str, planner: Planner, variables: Any) -> Asked:
    said = request("renche", name, variables)
    return asked(planner, said.query, said.variables, said.operation)


def asked(planner: Planner, text: str, variables: Any, operation: str | None = None) -> Asked:
    """This document with these values."""
    return planner.ask(planner.document(text, operation), variables, Moment.present(CLOCK), KEYED)
