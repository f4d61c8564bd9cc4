"""What a resolver has at hand during one request."""

from dataclasses import dataclass
from functools import cached_property
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

    `keyed` has the cursors of who sees what the caller does; `stores` are what mutations change, whoever asks.
    """

    database: Reader
    keyed: Keyed
    present: Moment
    request_id: str
    caller: Caller
    stores: Stores

    @cached_property
    def loaders(self) -> Loaders:
        """What has been read for it, and is read no second time."""
        return Loaders(self.database)


Info: TypeAlias = strawberry.Info[Context, None]
