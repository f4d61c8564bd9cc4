"""The GraphQL schema: every query and every mutation, in one list each."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from renche.resolvers import enums  # noqa: F401  registers the enums that the types name
from renche.resolvers.club import ClubQueries
from renche.resolvers.consent import ConsentMutations, ConsentQueries
from renche.resolvers.costs import give_costs
from renche.resolvers.dealer import DealerQueries
from renche.resolvers.household import HouseholdQueries
from renche.resolvers.model import ModelQueries
from renche.resolvers.node import NodeQueries
from renche.resolvers.path import PathQueries
from renche.resolvers.person import PersonQueries, Registration
from renche.resolvers.privacy import PrivacyMutations
from renche.resolvers.referral import ReferralQueries
from renche.resolvers.scopes import state_scopes
from renche.resolvers.search import SearchQueries
from renche.resolvers.surface import Surface
from renche.resolvers.token import TokenMutations, TokenQueries
from renche.resolvers.vehicle import ServiceVisit, VehicleQueries


@strawberry.type(description="Every question that can be asked.")
class Query(
    NodeQueries,
    PersonQueries,
    VehicleQueries,
    ModelQueries,
    DealerQueries,
    ClubQueries,
    HouseholdQueries,
    ReferralQueries,
    PathQueries,
    SearchQueries,
    TokenQueries,
    ConsentQueries,
):
    pass


@strawberry.type(
    description="Everything that can be changed, and what leaves a record. What the user can mend is in the payload's"
    " `userErrors`; then nothing was changed."
)
class Mutation(TokenMutations, PrivacyMutations, ConsentMutations):
    pass


class Schema(strawberry.Schema):
    """A schema that leaves the logging of errors to the HTTP endpoint, which knows the request's id."""

    def process_errors(self, errors: object, execution_context: object = None) -> None:
        """Does nothing: Strawberry's own logger would print arguments."""


def build_schema() -> Schema:
    """The schema, ready to execute; its text is `schema.graphql`."""
    schema = Schema(query=Query, mutation=Mutation, types=[Registration, ServiceVisit], config=StrawberryConfig())
    schema._schema = Surface(schema._schema).derive()
    give_costs(schema._schema)
    state_scopes(schema._schema)
    return schema
