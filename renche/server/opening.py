"""Opens what the settings name: the keys, the vault, the graph."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

from renche.graph.analysts import Analysts, Limits
from renche.graph.cursor import Cursors
from renche.graph.database import Database
from renche.graph.embedded import embedded
from renche.graph.embedded_folder import ANALYST, READER, as_reader
from renche.graph.endpoint import Endpoint
from renche.graph.errors import EngineUnavailable
from renche.graph.keyed import Keyed
from renche.graph.migrate import migrate, pending
from renche.server.settings import Settings, SettingsError
from renche.vault.keys import Keys
from renche.vault.rotation import CurrentKeys
from renche.vault.store import Vault
from renche.vault.values import Field


def open_keys(settings: Settings) -> Keys:
    """The keys; raises SettingsError when there are none yet, KeysUnusable when they cannot be used."""
    if settings.keys is not None:
        return Keys.parse(settings.keys.get_secret_value(), origin="RENCHE_KEYS")
    if not settings.keys_path.exists():
        raise SettingsError(
            f"There are no keys at {settings.keys_path}. Make some with `renche keys` and keep a copy safe (what the"
            " vault holds cannot be read without them), or name those you have in RENCHE_KEYS_FILE or RENCHE_KEYS."
        )
    return Keys.load(settings.keys_path)


def current_keys(settings: Settings) -> Callable[[], Keys]:
    """The keys as they are at each moment, for a server that runs while they change; raises what `open_keys` does."""
    keys = open_keys(settings)
    return CurrentKeys(settings.keys_path) if settings.keys is None else lambda: keys


def keyed_by(keys: Callable[[], Keys]) -> Keyed:
    """What questions need of the keys; the kinds of identifiers are the vault's fields by name."""
    return Keyed(Cursors(keys().cursor_key), lambda kind, value: keys().fingerprints(Field[kind], value))


def open_vault(settings: Settings, keys: Keys | Callable[[], Keys]) -> Vault:
    """The vault; raises VaultError when it cannot be opened, or is another keys' vault."""
    return Vault.open(settings.vault_address, keys)


@asynccontextmanager
async def open_migrated_graph(
    settings: Settings, *, retry_for: timedelta = timedelta(seconds=1)
) -> AsyncIterator[Database]:
    """The graph with its constraints and indexes; the embedded engine is given them here.

    A Neo4j may serve others and be large: there an operator runs `renche migrate`, and EngineUnavailable says so.
    """
    async with open_graph(settings, retry_for=retry_for) as database:
        if settings.neo4j_uri is None:
            await migrate(database, settings.clock)
        elif missing := await pending(database):
            raise EngineUnavailable(f"The graph lacks {len(missing)} migrations; run `renche migrate` first.")
        yield database


@asynccontextmanager
async def open_graph(settings: Settings, *, retry_for: timedelta = timedelta(seconds=1)) -> AsyncIterator[Database]:
    """The graph: Neo4j where an address is set, otherwise the embedded engine of the data folder.

    An engine that another process of ours runs there is used; otherwise one is started, and stopped at the end.
    Raises EngineUnavailable when the embedded engine cannot be started or reached.
    """
    if (endpoint := _neo4j(settings)) is not None:
        async with Database.connect(endpoint, time_limit=settings.statement_limit, retry_for=retry_for) as database:
            yield database
        return
    async with (
        _embedded(settings) as own,
        Database.connect(
            own,
            reading=as_reader(READER, settings.data_dir, own),
            time_limit=settings.statement_limit,
            retry_for=retry_for,
        ) as database,
    ):
        yield database


@asynccontextmanager
async def open_analysts(settings: Settings) -> AsyncIterator[Analysts]:
    """The graph for analysts' statements, read-only and within the settings' limits, found as `open_graph` finds it."""
    limits = Limits(timedelta(seconds=settings.cypher_time_limit), settings.cypher_rows, settings.cypher_bytes)
    if (endpoint := _neo4j(settings)) is not None:
        async with Analysts.connect(endpoint, embedded=False, limits=limits) as analysts:
            yield analysts
        return
    async with (
        _embedded(settings) as own,
        Analysts.connect(as_reader(ANALYST, settings.data_dir, own), embedded=True, limits=limits) as analysts,
    ):
        yield analysts


def _neo4j(settings: Settings) -> Endpoint | None:
    if settings.neo4j_uri is None or settings.neo4j_password is None:
        return None
    password = settings.neo4j_password.get_secret_value()
    return Endpoint(settings.neo4j_uri, settings.neo4j_user, password, settings.neo4j_database)


def _embedded(settings: Settings) -> AbstractAsyncContextManager[Endpoint]:
    return embedded(
        settings.data_dir,
        command_timeout=timedelta(minutes=5),
        heap=settings.embedded_heap,
        analyst_timeout=timedelta(seconds=settings.cypher_time_limit),
        reader_timeout=settings.statement_limit,
    )
