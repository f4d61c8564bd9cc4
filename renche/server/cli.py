"""The command line: `renche COMMAND`; errors go to stderr with what to do, and the exit code tells."""

import asyncio
import gc
import logging
import sys
from datetime import date, timedelta
from math import ceil
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from renche.graph.errors import RencheError
from renche.server.audit_commands import audit_commands
from renche.server.cypher_commands import cypher
from renche.server.key_commands import key_commands
from renche.server.person_commands import person_commands
from renche.server.settings import Settings, SettingsError, load_settings
from renche.server.token_commands import token_commands
from renche.vault.errors import VaultError

app = typer.Typer(
    help="renche: a GraphQL API over a person-vehicle knowledge graph.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(token_commands, name="token")
app.add_typer(key_commands, name="keys")
app.add_typer(person_commands, name="person")
app.add_typer(audit_commands, name="audit")
_out = Console(soft_wrap=True)
_err = Console(stderr=True, soft_wrap=True)

Host = Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.", show_default="8000")]


@app.command()
def serve(host: Host = None, port: Port = None) -> None:
    """Answer GraphQL over HTTP until stopped."""
    import uvicorn

    from renche.server.app import create_app
    from renche.server.listening import NotListening, bound
    from renche.server.log import configure_logs
    from renche.server.opening import open_keys, open_vault

    settings = load_settings(host=host, port=port)
    open_vault(settings, open_keys(settings)).close()  # what is wrong with it is told before anything starts
    try:
        sockets = bound(settings.host, settings.port)
    except NotListening as error:
        _fail(str(error))
    configure_logs()
    config = uvicorn.Config(
        create_app(settings),
        settings.host,
        settings.port,
        access_log=False,
        log_level="warning",
        # Longer than any question may take: what has not ended by then never will.
        timeout_graceful_shutdown=ceil(settings.time_limit) + 5,
    )

    class Announced(uvicorn.Server):
        """Says where it answers, once it does."""

        async def startup(self, sockets: list[Any] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                port = self.servers[0].sockets[0].getsockname()[1]
                _err.print(f"renche answers at http://{settings.host}:{port}/graphql; stop it with Ctrl-C.")

    server = Announced(config)
    # What lives as long as the process is looked through for garbage no more: each look took 50 ms, amid a request.
    gc.collect()
    gc.freeze()
    server.run(sockets)
    if not server.started:
        raise typer.Exit(1)


@app.command()
def demo(
    people: Annotated[int, typer.Option(min=1, help="How many people to invent.")] = 20_000,
    data: Annotated[
        str, typer.Option(help="What to run on: generated, brand (the small example) or nhts (a real survey).")
    ] = "generated",
    check: Annotated[
        bool, typer.Option("--check", help="Ask every example question of a temporary copy, then stop.")
    ] = False,
    host: Host = None,
    port: Port = None,
) -> None:
    """Make, load and serve a demo brand."""
    from renche.server import demo as demos
    from renche.server.listening import NotListening
    from renche.server.log import configure_logs

    try:
        chosen = demos.DemoData(data)
    except ValueError:
        raise SettingsError(f"--data: choose one of {', '.join(demos.DemoData)}, not {data}.") from None
    settings = load_settings(host=host, port=port)
    configure_logs(logging.ERROR)  # lines about each request would drown what the demo says
    run = demos.check_demo if check else demos.run_demo
    try:
        asyncio.run(run(settings, chosen, people, _out))
    except (demos.DemoError, NotListening) as error:
        _fail(str(error))


@app.command()
def generate(
    out: Annotated[Path, typer.Option(help="Folder to write the files into.")],
    people: Annotated[int, typer.Option(min=1, help="How many people to invent.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    file_format: Annotated[str, typer.Option("--format", help="csv or ndjson.")] = "csv",
    today: Annotated[str | None, typer.Option(help="The day on which the history ends [default: 2026-07-01].")] = None,
) -> None:
    """Write the files of an invented brand."""
    from renche.generate import TODAY
    from renche.generate import generate as write

    if file_format not in ("csv", "ndjson"):
        raise SettingsError(f"--format: choose csv or ndjson, not {file_format}.")
    try:
        day = date.fromisoformat(today) if today else TODAY
        counts = write(people, seed, out, format=file_format, today=day)  # type: ignore[arg-type]  # checked above
    except (ValueError, OSError) as error:
        _fail(str(error))
    for kind, rows in counts.items():
        _out.print(f"{kind:16} {rows:12,}")


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders of files; the kind is in the file's name.")],
    encoding: Annotated[str | None, typer.Option(help="Force an encoding: utf-8 or gb18030.")] = None,
) -> None:
    """Load files into the graph; exit code 2 when rows were rejected."""
    raise typer.Exit(asyncio.run(_ingest(load_settings(), paths, encoding)))


async def _ingest(settings: Settings, paths: list[Path], encoding: str | None) -> int:
    from renche.ingest.checks import Checks
    from renche.ingest.load import ingest as load
    from renche.ingest.report import progress_bar, show
    from renche.server.opening import open_keys, open_migrated_graph

    keys = open_keys(settings)
    checks = Checks.build(settings.clock.today(), settings.cities_file)
    async with open_migrated_graph(settings, retry_for=timedelta(minutes=1)) as database:
        with progress_bar(_err) as progress:
            report = await load(
                paths,
                database=database,
                vault_url=settings.vault_address,
                keys=keys,
                checks=checks,
                clock=settings.clock,
                data_dir=settings.data_dir,
                encoding=encoding,
                progress=progress,
            )
    show(report, _out)
    return report.exit_code


@app.command()
def migrate() -> None:
    """Make the graph's constraints and indexes, and wait until they are online."""
    asyncio.run(_migrate(load_settings()))


async def _migrate(settings: Settings) -> None:
    from renche.graph.migrate import migrate as carry_out
    from renche.server.opening import open_graph

    async with open_graph(settings, retry_for=timedelta(seconds=30)) as database:
        done = await carry_out(database, settings.clock)
    for migration in done:
        _out.print(f"Carried out {migration.number:04} {migration.name}.")
    if not done:
        _out.print("Nothing to do: every migration was carried out before, and every index is online.")


@app.command()
def schema() -> None:
    """Print the GraphQL schema."""
    from renche.resolvers.schema import build_schema

    typer.echo(build_schema().as_str())


@app.command()
def explain(
    file: Annotated[Path, typer.Argument(help="A GraphQL document.")],
    variables: Annotated[str, typer.Option(help='The variables as a JSON object, as {"city": "310000"}.')] = "{}",
    operation: Annotated[str | None, typer.Option(help="Which operation, where the document has several.")] = None,
) -> None:
    """Print a document's statement, its parameters, the database's plan, rows and db hits."""
    from renche.server.explain import explain as carry_out

    typer.echo(asyncio.run(carry_out(load_settings(), file, variables, operation)))


@app.command()
def doctor(
    sweep: Annotated[bool, typer.Option("--sweep", help="Delete vault entries that no row of the graph has.")] = False,
) -> None:
    """Say what is wrong with settings, keys, vault and graph, and how to mend it."""
    if not asyncio.run(_doctor(load_settings(), sweep)):
        raise typer.Exit(1)


async def _doctor(settings: Settings, sweep: bool) -> bool:
    from renche.server.doctor import examine

    well = True
    async for finding in examine(settings, sweep=sweep):
        well = well and finding.well
        _out.print(f"{'ok   ' if finding.well else 'WRONG'} {finding.what}", highlight=False, markup=False)
        if finding.mend:
            _out.print(f"      {finding.mend}", highlight=False, markup=False)
    return well


app.command()(cypher)


def _fail(message: str) -> Any:
    _err.print(message, style="red", markup=False, highlight=False)
    raise typer.Exit(1)


def main() -> None:
    """Runs a command; an error that we know becomes a sentence and exit code 1."""
    try:
        app()
    except (RencheError, SettingsError, VaultError) as error:
        _err.print(str(error), style="red", markup=False, highlight=False)
        sys.exit(1)
