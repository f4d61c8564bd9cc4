"""What answers statements that read: the database, or what a restricted caller sees of it."""

from collections.abc import Mapping
from typing import Any, Protocol

from renche.graph.named_queries import Statement


class Reader(Protocol):
    """Answers statements that read."""

    async def read(self, statement: Statement, parameters: Mapping[str, Any] | None = None) -> list[list[Any]]:
        """The rows of a statement."""

    async def read_value(self, statement: Statement, parameters: Mapping[str, Any] | None = None) -> Any:
        """The only value of a statement that answers with one; None when there is no row."""
