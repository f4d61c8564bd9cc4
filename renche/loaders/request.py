"""The loaders of one request: questions asked at the same moment go to the database together."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from strawberry.dataloader import DataLoader

from renche.graph.clock import Moment
from renche.graph.page import Page
from renche.graph.reader import Reader
from renche.graph.traversal import Traversal
from renche.loaders.batch import Grouping, Row, count, read_groups, read_nodes, read_pages, read_values


class Loaders:
    """One for each request, so that no answer outlives it.

    A loader is made for each different question (a traversal with its page, a label) when it is first asked.
    """

    def __init__(self, database: Reader) -> None:
        self._database = database
        self._made: dict[Any, DataLoader[str, Any]] = {}

    async def node(self, label: str, id_: str) -> Mapping[str, Any] | None:
        """The properties of the node with this id, None where there is none."""
        found: Mapping[str, Any] | None = await self._nodes(label).load(id_)
        return found

    def know(self, label: str, node: Mapping[str, Any]) -> None:
        """Keeps a node that was read on the way, so that nobody asks for it again."""
        self._nodes(label).prime(node["id"], node)

    def forget(self) -> None:
        """Forgets what was read: something has changed since."""
        self._made.clear()

    async def rows(self, traversal: Traversal, key: str, page: Page, moment: Moment) -> list[Row]:
        """The page of this traversal from this node and, where there are more rows, one beyond it."""
        rows: list[Row] = await self._loader(
            (traversal, page, moment), lambda keys: read_pages(self._database, traversal, keys, page, moment)
        ).load(key)
        return rows

    async def count(self, traversal: Traversal, key: str, page: Page, moment: Moment) -> int:
        """How many rows this traversal has from this node, on all pages together."""
        counted: int = await self._loader(
            ("count", traversal, page, moment),
            lambda keys: count(self._database, traversal, keys, page, moment),
        ).load(key)
        return counted

    async def groups(
        self, traversal: Traversal, key: str, page: Page, grouping: Grouping, moment: Moment
    ) -> list[list[Any]]:
        """The groups of the rows that this traversal has from this node."""
        found: list[list[Any]] = await self._loader(
            ("groups", traversal, page, grouping, moment),
            lambda keys: read_groups(self._database, traversal, keys, page, grouping, moment),
        ).load(key)
        return found

    async def value(self, traversal: Traversal, key: str, moment: Moment) -> Any:
        """The value that a traversal of the form `value:` finds for this node."""
        return await self._loader(
            ("value", traversal, moment), lambda keys: read_values(self._database, traversal, keys, moment)
        ).load(key)

    def _nodes(self, label: str) -> DataLoader[str, Any]:
        return self._loader(("node", label), lambda keys: read_nodes(self._database, label, keys))

    def _loader(self, question: Any, load: Callable[[list[str]], Awaitable[Sequence[Any]]]) -> DataLoader[str, Any]:
        if question not in self._made:
            self._made[question] = DataLoader(load_fn=load)
        return self._made[question]
