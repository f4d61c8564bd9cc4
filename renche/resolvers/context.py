"""What a resolver has at hand during one request."""

from dataclasses import dataclass
from typing import TypeAlias

import strawberry

from renche.graph.caller import Caller
from renche.graph.clock import Clock, Moment
from renche.graph.database import Reader
from renche.graph.keyed import Keyed
from renche.loaders.request import Loaders


@dataclass(frozen=True)
class Context:
    """One request's: its caller, database, loaders and present moment, and what it can open."""

    database: Reader
    loaders: Loaders
    keyed: Keyed
    present: Moment
    request_id: str
    caller: Caller

    @classmethod
    def of_request(cls, database: Reader, keyed: Keyed, clock: Clock, request_id: str, caller: Caller) -> "Context":
        """A context with fresh loaders and the present of this instant."""
        return cls(database, Loaders(database), keyed, Moment.present(clock), request_id, caller)


Info: TypeAlias = strawberry.Info[Context, None]
