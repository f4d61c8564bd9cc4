"""Both stores as mutations change them: whole, whatever the caller sees of them."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

import structlog

from renche.graph.clock import Clock
from renche.graph.database import Database
from renche.graph.errors import EngineUnavailable
from renche.vault.errors import VaultUnavailable
from renche.vault.store import Vault

_log = structlog.get_logger()
_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Stores:
    """The graph and the vault, the clock, and the folder that loads and erasures share.

    Whether the caller may, and whether what it names is there for it, is looked at before anything is done here.
    """

    graph: Database
    vault: Vault
    clock: Clock
    data_dir: Path


@contextmanager
def vault_errors() -> Iterator[None]:
    """Says that the vault is away as the graph's absence is said; whatever else is wrong with it is ours to mend."""
    try:
        yield
    except VaultUnavailable as error:
        _log.error("vault unavailable", detail=str(error))
        raise EngineUnavailable("The vault cannot be used at the moment; try again later.") from None


async def in_vault(work: Callable[_Given, _Found], *args: _Given.args, **kwargs: _Given.kwargs) -> _Found:
    """What work in the vault gives, done beside the event loop."""
    with vault_errors():
        return await asyncio.to_thread(work, *args, **kwargs)
