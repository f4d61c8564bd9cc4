"""The loaders of one request: questions asked at the same moment go to the database together."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader

from renche.graph.clock import Moment
from renche.graph.database import Database
from renche.graph.named_queries import named_query
from renche.graph.page import Page
from renche.graph.traversal import Traversal
from renche.loaders.batch import Row, count, read_nodes, read_pages

Answer = TypeVar("Answer")

REPURCHASE_REASONS = named_query("person.repurchase_reasons")
STATUSES = named_query("referral.statuses")


class Loaders:
    """One for each request, so that no answer outlives it.

    A loader is made for each different question (a traversal with its page, a label) when it is first asked.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._made: dict[Any, DataLoader[str, Any]] = {}

    async def node(self, label: str, id_: str) -> Mapping[str, Any] | None:
        """The properties of the node with this id, None where there is none."""
        found: Mapping[str, Any] | None = await self._nodes(label).load(id_)
        return found

    def know(self, label: str, node: Mapping[str, Any]) -> None:
        """Keeps a node that was read on the way, so that nobody asks for it again."""
        self._nodes(label).prime(node["id"], node)

    async def rows(self, traversal: Traversal, key: str, page: Page) -> list[Row]:
        """The page of this traversal from this node and, where there are more rows, one beyond it."""
        rows: list[Row] = await self._loader(
            (traversal.name, page), lambda keys: read_pages(self._database, traversal, keys, page)
        ).load(key)
        return rows

    async def count(self, traversal: Traversal, key: str, page: Page) -> int:
        """How many rows this traversal has from this node."""
        counted: int = await self._loader(
            ("count", traversal.name, page.moment),
            lambda keys: count(self._database, traversal, keys, page),
        ).load(key)
        return counted

    async def repurchase_reasons(self, person: str, moment: Moment) -> Sequence[bool]:
        """Whether each reason applies: a vehicle of age, a household short of vehicles, an intent that rose."""
        reasons: Sequence[bool] = await self._by_key(REPURCHASE_REASONS, moment, person, (False,) * 3)
        return reasons

    async def status(self, referral: str, moment: Moment) -> str | None:
        """The status of the referral's latest step, None where it has none yet."""
        found = await self._by_key(STATUSES, moment, referral, (None,))
        status: str | None = found[0]
        return status

    async def _by_key(self, statement: Any, moment: Moment, key: str, missing: Sequence[Any]) -> Sequence[Any]:
        """One of the answers [key, value, ...] that a statement gives for `$keys`."""

        async def load(keys: list[str]) -> list[Sequence[Any]]:
            parameters = {"keys": keys, "asOf": moment.as_of, "asKnownAt": moment.as_known_at}
            answers = await self._database.read_value(statement, parameters)
            found = {answer[0]: answer[1:] for answer in answers}
            return [found.get(each, missing) for each in keys]

        answer: Sequence[Any] = await self._loader((statement.name, moment), load).load(key)
        return answer

    def _nodes(self, label: str) -> DataLoader[str, Any]:
        return self._loader(("node", label), lambda keys: read_nodes(self._database, label, keys))

    def _loader(self, question: Any, load: Callable[[list[str]], Awaitable[Sequence[Any]]]) -> DataLoader[str, Any]:
        if question not in self._made:
            self._made[question] = DataLoader(load_fn=load)
        return self._made[question]
