"""What a resolver has at hand during one request."""

from dataclasses import dataclass
from typing import TypeAlias

import strawberry

from renche.graph.caller import Caller
from renche.graph.clock import Moment
from renche.graph.keyed import Keyed
from renche.graph.reader import Reader
from renche.loaders.request import Loaders
from renche.resolvers.stores import Stores


@dataclass(frozen=True)
class Context:
    """One request's: its caller, what the caller sees of the graph, loaders and present moment, and what it can open.

    `stores` are what mutations change, whoever asks.
    """

    database: Reader
    loaders: Loaders
    keyed: Keyed
    present: Moment
    request_id: str
    caller: Caller
    stores: Stores

    @classmethod
    def of_request(cls, database: Reader, keyed: Keyed, request_id: str, caller: Caller, stores: Stores) -> "Context":
        """A context with fresh loaders and the present of this instant."""
        return cls(database, Loaders(database), keyed, Moment.present(stores.clock), request_id, caller, stores)


Info: TypeAlias = strawberry.Info[Context, None]
