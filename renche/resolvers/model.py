"""Models of vehicles."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from renche.graph import words
from renche.graph.page import DEFAULT_PAGE
from renche.graph.traversal import traversal
from renche.resolvers.connection import After, Connection, First, connection, root_connection
from renche.resolvers.context import Info
from renche.resolvers.node import AsKnownAt, AsOf, Node, find, prop

if TYPE_CHECKING:
    from renche.resolvers.vehicle import Vehicle
else:
    Vehicle = Annotated["Vehicle", strawberry.lazy("renche.resolvers.vehicle")]

MODELS = traversal("models")


@strawberry.type(description="A model of vehicles.")
class Model(Node):
    source: str = prop("source", "The system whose record the model is.")
    source_id: str = prop("sourceId", "What that system calls the model.")
    brand: str = prop("brand", "The brand.")
    name: str = prop("name", "The name.")
    type: words.VehicleType | None = prop("type", "The body.", of=words.VehicleType)
    energy: words.Energy | None = prop("energy", "What drives it.", of=words.Energy)
    vehicles: Connection[Vehicle] = connection("model.vehicles")


@strawberry.type
class ModelQueries:
    @strawberry.field(description="The model with this id; null when there is none.")
    async def model(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The model's id (mod_…).")],  # noqa: A002
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> Model | None:
        found: Model | None = await find(info, "Model", id, as_of, as_known_at)
        return found

    @strawberry.field(description="Models, in the order of their ids.")
    async def models(
        self,
        info: Info,
        brand: Annotated[str | None, strawberry.argument(description="Only of this brand.")] = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
        as_of: AsOf = None,
        as_known_at: AsKnownAt = None,
    ) -> Connection[Model]:
        found: Connection[Model] = await root_connection(
            info, MODELS, first, after, as_of, as_known_at, filters={"brand": brand}
        )
        return found
