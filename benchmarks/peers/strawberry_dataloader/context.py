"""What resolvers are given: the driver, and loaders for this request alone."""

from typing import TypeAlias

from neo4j import AsyncDriver
from strawberry.types import Info as StrawberryInfo

from benchmarks.peers.strawberry_dataloader.loaders import Loaders


class Context:
    """One for each request."""

    def __init__(self, driver: AsyncDriver) -> None:
        self.driver = driver
        self.loaders = Loaders(driver)


Info: TypeAlias = StrawberryInfo[Context, None]
