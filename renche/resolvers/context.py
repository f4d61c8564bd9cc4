"""What a resolver has at hand during one request."""

from dataclasses import dataclass
from typing import TypeAlias

import strawberry

from renche.graph.clock import Clock, Moment
from renche.graph.cursor import Cursors
from renche.graph.database import Database
from renche.loaders.request import Loaders


@dataclass(frozen=True)
class Context:
    """One request's: its database, loaders and present moment, and the sealing of cursors."""

    database: Database
    loaders: Loaders
    cursors: Cursors
    present: Moment
    request_id: str

    @classmethod
    def of_request(cls, database: Database, cursors: Cursors, clock: Clock, request_id: str) -> "Context":
        """A context with fresh loaders and the present of this instant."""
        return cls(database, Loaders(database), cursors, Moment.present(clock), request_id)


Info: TypeAlias = strawberry.Info[Context, None]
