"""Three witnesses of one question: planned execution, the reference way of graphql-core, and the evaluator."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from graphql import GraphQLSchema, parse

from renche.graph.caller import Caller, Restriction, Scope
from renche.graph.clock import FixedClock, Moment
from renche.graph.cursor import Cursors, Position
from renche.graph.database import Database
from renche.graph.keyed import Keyed
from renche.graph.policy import FEW, Policies
from renche.graph.reader import Reader
from renche.planner.limits import Limits
from renche.planner.plan import Asked, NullInNonNull, Planner, Refused
from renche.resolvers.context import Context
from renche.resolvers.schema import Schema, build_schema
from tests.evaluator import Cursor, Evaluator, Graph
from tests.random_documents import Drawn
from tests.random_graph import PRESENT
from tests.visible import visible

MOMENT = Moment(PRESENT.day, PRESENT.instant)


class Remembered(Cursors):
    """Cursors as always, that also remember what was sealed in each."""

    def __init__(self) -> None:
        super().__init__(bytes(range(32)))
        self.sealed: dict[str, Cursor] = {}

    def seal(self, position: Position, binding: str) -> str:
        cursor = super().seal(position, binding)
        moment = position.moment
        self.sealed[cursor] = Cursor(tuple(position.keys), moment.as_of, moment.as_known_at)
        return cursor


def keyed_with(cursors: Remembered) -> Keyed:
    """The cursors, and fingerprints that show what they are of."""
    return Keyed(cursors, lambda kind, value: (f"{kind}:{value}",))


class Disagreement(AssertionError):
    """Two witnesses gave different answers."""


CLOCK = FixedClock(PRESENT.instant)
UNRESTRICTED = Restriction()
ANYBODY = Caller("user:test", frozenset(Scope))


@dataclass
class Court:
    """Hears the witnesses on one engine, whose database holds the graph."""

    engine: str
    database: Database
    cursors: Remembered
    planner: Planner
    schema: Schema

    @classmethod
    def of(cls, engine: str, database: Database) -> "Court":
        schema, cursors = build_schema(), Remembered()
        planner = Planner(schema._schema, Limits(cost=10**9))  # some are drawn with long lists
        return cls(engine, database, cursors, planner, schema)

    async def planned(self, drawn: Drawn, reader: Reader, caller: Caller) -> Any:
        """The answer in one statement; None for the data when the data breaks a promise of the schema."""
        asked = self._asked(drawn, caller)
        assert asked.plan is not None
        try:
            return await self.planner.answer(asked, reader)
        except NullInNonNull:
            return None

    def statement(self, drawn: Drawn, caller: Caller = ANYBODY) -> str:
        """The statement's text; the refusal, where there is none."""
        try:
            plan = self._asked(drawn, caller).plan
        except Refused as refused:
            return str(refused.errors)
        return plan.statement.text if plan and plan.statement else ""

    def _asked(self, drawn: Drawn, caller: Caller) -> Asked:
        document = self.planner.document(drawn.text, None)
        return self.planner.ask(document, drawn.variables, MOMENT, self._keyed(caller))

    def _keyed(self, caller: Caller) -> Keyed:
        return keyed_with(self.cursors).within(caller.sight)

    async def reference(self, drawn: Drawn, reader: Reader, caller: Caller) -> Any:
        """The answer of graphql-core and the loaders."""
        context = Context(
            reader,
            self._keyed(caller),
            MOMENT,
            "test",
            caller,
            stores=None,  # type: ignore[arg-type]  # a question changes nothing
        )
        result = await self.schema.execute(drawn.text, variable_values=dict(drawn.variables), context_value=context)
        if result.errors:  # type: ignore[union-attr]
            raise result.errors[0].original_error or result.errors[0]  # type: ignore[union-attr]
        return result.data  # type: ignore[union-attr]


@dataclass(frozen=True)
class Trial:
    """A graph that a court's database holds, and who asks: what he sees of it, by `few` looked for from the people."""

    seed: int
    graph: Graph
    court: Court
    schema: GraphQLSchema
    restriction: Restriction = UNRESTRICTED
    few: float = FEW

    def asked_by(self, restriction: Restriction, few: float) -> "Trial":
        """The same graph before who is restricted so."""
        return replace(self, restriction=restriction, few=few)

    @property
    def caller(self) -> Caller:
        """Who asks: somebody with every scope who is restricted so."""
        return replace(ANYBODY, restriction=self.restriction)

    async def hear(self, drawn: Drawn, label: str) -> Any:
        """The planned answer, which must be equal to the others; raises Disagreement, which tells all."""
        expected = self._evaluated(drawn)
        answers = []
        reader = Policies(self.court.database, CLOCK, self.few).reader(self.restriction)
        for witness in (self.court.planned, self.court.reference):
            try:
                answers.append(await witness(drawn, reader, self.caller))
            except Exception as error:
                raise Disagreement(self._told(label, drawn, witness.__name__, "it failed", expected, error)) from error
            found = opened(answers[-1], self.court.cursors.sealed)
            if place := difference(expected, found):
                raise Disagreement(self._told(label, drawn, witness.__name__, place, expected, found))
        return answers[0]

    def _evaluated(self, drawn: Drawn) -> dict[str, Any]:
        evaluator = Evaluator(
            self.schema, visible(self.graph, self.restriction), PRESENT, self.court.cursors.sealed.__getitem__
        )
        return evaluator.answer(parse(drawn.text), drawn.variables)

    def _told(self, label: str, drawn: Drawn, witness: str, place: str, expected: Any, found: Any) -> str:
        return "\n".join(
            [
                f"{label} on {self.court.engine}: {witness} and the evaluator disagree at {place}",
                drawn.text,
                f"variables: {json.dumps(drawn.variables)}",
                f"{self.restriction}, few: {self.few}",
                f"statement:\n{self.court.statement(drawn, self.caller)}",
                f"evaluator: {expected}",
                f"{witness}: {found!r}",
            ]
        )


def opened(answer: Any, sealed: Mapping[str, Cursor]) -> Any:
    """An answer with each cursor opened."""
    if isinstance(answer, dict):
        return {name: opened(value, sealed) for name, value in answer.items()}
    if isinstance(answer, list):
        return [opened(value, sealed) for value in answer]
    return sealed.get(answer, answer) if isinstance(answer, str) else answer


def difference(one: Any, other: Any, place: str = "data") -> str:
    """The first place where two answers differ, empty when none does; the order of keys counts."""
    if isinstance(one, dict) and isinstance(other, dict):
        if list(one) != list(other):
            return f"{place}: keys {list(one)} and {list(other)}"
        return next((found for key in one if (found := difference(one[key], other[key], f"{place}.{key}"))), "")
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return f"{place}: {len(one)} and {len(other)} rows"
        pairs = enumerate(zip(one, other, strict=True))
        return next((found for at, (a, b) in pairs if (found := difference(a, b, f"{place}[{at}]"))), "")
    if isinstance(one, float) and isinstance(other, float):
        return "" if math.isclose(one, other, rel_tol=1e-9) else f"{place}: {one!r} and {other!r}"
    return "" if type(one) is type(other) and one == other else f"{place}: {one!r} and {other!r}"


def later(chance: Random, drawn: Drawn, answers: Any) -> Drawn | None:
    """The same document asked on: from a cursor that each of its marked lists gave; None when they gave none."""
    found: dict[str, Any] = {}
    for key, (cursor, size) in drawn.marks.items():
        infos = [each["pageInfo"] for each in _under(answers, key) if each]
        cursors = [each for info in infos for each in (info["startCursor"], info["endCursor"]) if each]
        if cursors:
            found[cursor] = chance.choice(cursors)
            found[size] = chance.choice([drawn.variables[size], 2, 5, 100])
    return replace(drawn, variables=drawn.variables | found, marks={}) if found else None


def _under(answer: Any, key: str) -> list[Any]:
    """What stands under a key, anywhere in an answer."""
    if isinstance(answer, dict):
        below = [each for value in answer.values() for each in _under(value, key)]
        return [answer[key], *below] if key in answer else below
    return [each for value in answer for each in _under(value, key)] if isinstance(answer, list) else []
