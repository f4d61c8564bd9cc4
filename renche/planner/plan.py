"""From a document to its answer: documents and plans are kept, so that a known one costs neither parsing nor planning.

A plan holds for a document, its operation, the values of its conditions and the shapes of its arguments, never for a
value.
"""

from collections.abc import Hashable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    get_variable_values,
    specified_rules,
    validate,
)
from graphql.execution.values import VariableValues

from renche.graph.caller import Scope
from renche.graph.clock import Moment
from renche.graph.cursor import Cursors, Position
from renche.graph.database import native
from renche.graph.errors import RencheError
from renche.graph.keyed import Keyed
from renche.graph.reader import Reader
from renche.planner.bind import Bound, Given, Listed, bind
from renche.planner.compile import HANDLERS, Compiler, Handler, Plan
from renche.planner.connection import connection
from renche.planner.cost import Costs, introspected
from renche.planner.document import Document, Outline, Site, slimmed
from renche.planner.limits import DEFAULT, Limits
from renche.planner.meaning import Pages
from renche.planner.recent import Recent
from renche.planner.records import HANDLERS as RECORDS
from renche.planner.scopes import refusal
from renche.planner.shape import NullInNonNull
from renche.planner.size import check_cost, check_lookups, check_variables, parsed

DOCUMENTS: Final = 1_000
PLANS: Final = 1_000
MAXIMUM_ERRORS: Final = 3  # the suggestions of one may take 10 ms
_NO_VARIABLES: Final = VariableValues({}, {})
_ALL_HANDLERS: Mapping[type, Handler] = {**HANDLERS, **RECORDS, Pages: connection}


class Refused(Exception):
    """A document or its variables are wrong: nothing was run."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__()
        self.errors = errors


@dataclass(frozen=True)
class Asked:
    """One request of a document: its plan, the statement's parameters, and the arguments of each of its fields.

    Without a plan only graphql-core can answer it: it looks into the schema, or is a mutation. `cost` is the most that
    it may cost, `lookups` how many phones or plates it looks for, and people whose values it shows in clear. `weights`
    are what arguments cost, of each field where they do. `cursors` seal those of its answer.
    """

    plan: Plan | None
    parameters: dict[str, Any]
    bounds: Mapping[int, Bound]
    lookups: int
    cost: int
    costs: Costs
    weights: Mapping[int, int]
    cursors: Cursors

    def cost_of(self, data: Mapping[str, Any] | None) -> int:
        """What this answer to it cost; nothing when there is none."""
        return self.costs.actual(data, self.weights)


class Planner:
    """Answers the query operations of one schema, and says of every operation what it asks for and costs.

    Without `introspection` nobody may look into the schema, without `suggestions` no error guesses what was meant.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits = DEFAULT,
        *,
        introspection: bool = True,
        suggestions: bool = True,
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._rules = [*specified_rules, *([] if introspection else [NoSchemaIntrospectionCustomRule])]
        self._suggestions = suggestions
        self._introspected = introspected(schema)
        self._documents: Recent[tuple[str, str | None], Document] = Recent(DOCUMENTS)
        self._plans: Recent[Hashable, Plan] = Recent(PLANS)

    def document(self, text: str, operation_name: str | None) -> Document:
        """The document with the operation that is asked for; raises Refused with what is wrong."""
        return self._documents.get((text, operation_name), lambda: self._checked(text, operation_name))

    def check(self, text: str) -> DocumentNode:
        """The document, which is within the limits and valid; raises Refused with what is wrong."""
        try:
            node = parsed(text, self._limits)
        except GraphQLError as error:
            raise Refused([error]) from None
        if errors := validate(
            self._schema, node, self._rules, max_errors=MAXIMUM_ERRORS, hide_suggestions=not self._suggestions
        ):
            raise Refused(errors)
        return node

    def _checked(self, text: str, operation_name: str | None) -> Document:
        node = slimmed(self.check(text))
        return Document(self._schema, node, _operation(node, operation_name))

    def ask(self, document: Document, variables: Mapping[str, Any], present: Moment, keyed: Keyed) -> Asked:
        """What a request asks for, with its plan and parameters where there is one.

        `keyed` opens and seals its caller's cursors. Raises Refused for a variable or an argument that is wrong.
        """
        try:
            check_variables(variables, self._limits)
            values = self._variables(document, variables)
            outline = document.outline(values.coerced if values else {})
            if outline.costs is None:
                outline.costs = Costs(outline, self._introspected)
            bounds = _bounds(outline, values, keyed)
            weights = {key: bound.weight for key, bound in bounds.items() if isinstance(bound, Listed) and bound.weight}
            cost = outline.costs.requested(values.coerced if values else {}, weights)
            check_cost(cost, self._limits)
            lookups = sum(bound.lookups for key in outline.lookups if isinstance(bound := bounds[key], Given))
            check_lookups(lookups, self._limits)
        except GraphQLError as error:
            raise Refused([error]) from None
        if not outline.is_planned:
            return Asked(None, {}, bounds, lookups, cost, outline.costs, weights, keyed.cursors)
        shapes = tuple(bounds[key].shape for key in outline.varying)
        plan = self._plans.get((outline, shapes), lambda: Compiler(outline, bounds, _ALL_HANDLERS).plan(document.name))
        parameters = plan.parameters(bounds) | present.parameters
        return Asked(plan, parameters, bounds, lookups, cost, outline.costs, weights, keyed.cursors)

    def allow(self, scopes: Set[Scope], document: Document, asked: Asked) -> None:
        """Raises Refused when these scopes do not suffice for the document, or for what its arguments ask for."""
        if lacking := document.needs.keys() - scopes:
            node = document.needs[min(lacking)]
            raise Refused([GraphQLError("", node, original_error=refusal(lacking))])
        for bound in asked.bounds.values():
            if missing := bound.needs - scopes:
                raise Refused([GraphQLError("", original_error=refusal(missing))])

    async def answer(self, asked: Asked, database: Reader) -> dict[str, Any]:
        """The data of the answer, read in one statement.

        Raises NullInNonNull when the data breaks a promise of the schema, and what `Database.read` raises.
        """
        plan = asked.plan
        assert plan is not None  # noqa: S101 - the caller saw that there is one
        row: Any = None
        if plan.statement is not None:
            row = await database.read_value(plan.statement, asked.parameters)

        sealed: dict[tuple[int, tuple[Any, ...]], str] = {}  # each row of a list has one cursor, wherever it stands

        def seal(place: int, keys: Sequence[Any]) -> str:
            found = sealed.get(row_ := (place, tuple(keys)))
            if found is None:
                found = sealed[row_] = new_cursor(*row_)
            return found

        def new_cursor(place: int, keys: Sequence[Any]) -> str:
            placement = plan.placements[place]
            bound = asked.bounds[placement.site]
            assert isinstance(bound, Listed)  # noqa: S101 - only lists have cursors
            as_of, as_known_at = (asked.parameters[name] for name in placement.times.names.values())
            moment = Moment(as_of, datetime.fromisoformat(as_known_at))
            return asked.cursors.seal(Position(tuple(native(list(keys))), moment), bound.binding)

        return plan.shaper(row, asked.parameters, seal)

    def _variables(self, document: Document, variables: Mapping[str, Any]) -> VariableValues | None:
        definitions = document.operation.variable_definitions
        if not definitions:
            return None
        values = get_variable_values(
            self._schema, definitions, dict(variables), MAXIMUM_ERRORS, hide_suggestions=not self._suggestions
        )
        if isinstance(values, list):
            raise Refused(values)
        return values


def _bounds(outline: Outline, values: VariableValues | None, keyed: Keyed) -> dict[int, Bound]:
    if outline.constant is None:
        outline.constant = {key: _bound(outline.sites[key], None, keyed) for key in outline.fixed}
    return outline.constant | {key: _bound(outline.sites[key], values, keyed) for key in outline.varying}


def _bound(site: Site, values: VariableValues | None, keyed: Keyed) -> Bound:
    try:
        return bind(site.field, site.arguments.values(values or _NO_VARIABLES), keyed)
    except RencheError as error:
        raise located(error, site.node) from None


def located(error: RencheError, node: FieldNode) -> GraphQLError:
    """An error of ours at the field whose argument is wrong."""
    return GraphQLError(error.message, node, original_error=error)


def _operation(node: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [each for each in node.definitions if isinstance(each, OperationDefinitionNode)]
    if name is None and len(operations) == 1:
        return operations[0]
    for each in operations:
        if each.name is not None and each.name.value == name:
            return each
    if name is None:
        raise Refused([GraphQLError("Must provide operation name if query contains multiple operations.")])
    raise Refused([GraphQLError(f'Unknown operation named "{name}".')])


__all__ = ["Asked", "NullInNonNull", "Planner", "Refused"]
