"""Models of vehicles."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from renche.graph import words
from renche.resolvers.connection import Connection, connection, listing
from renche.resolvers.node import Node, by_id, prop

if TYPE_CHECKING:
    from renche.resolvers.vehicle import Vehicle
else:
    Vehicle = Annotated["Vehicle", strawberry.lazy("renche.resolvers.vehicle")]


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
    model: Model | None = by_id("Model", "The model with this id; null when there is none.", "model", example="mod_…")
    models: Connection[Model] = listing("models")
