"""`renche cypher`: an analyst's read-only statements from the command line, or from a shell of its own."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from renche.graph.errors import InvalidArgument
from renche.server.settings import SettingsError, load_settings

_err = Console(stderr=True, soft_wrap=True)


def cypher(
    statement: Annotated[str | None, typer.Argument(help="A read-only Cypher statement.")] = None,
    file: Annotated[Path | None, typer.Option(help="Take the statement from this file.")] = None,
    saved: Annotated[str | None, typer.Option(help="Ask a saved query.")] = None,
    list_saved: Annotated[bool, typer.Option("--list", help="List the saved queries.")] = False,
    param: Annotated[list[str] | None, typer.Option(help='A parameter as name=JSON, as city="310000".')] = None,
    form: Annotated[str, typer.Option("--format", help="table, json, ndjson, csv or parquet.")] = "table",
    out: Annotated[Path | None, typer.Option(help="Write the answer into this file.")] = None,
) -> None:
    """Ask the graph read-only Cypher; without a statement, in a shell."""
    from renche.graph.saved_queries import saved_query
    from renche.server.cypher_output import Format
    from renche.server.cypher_shell import run_shell, show_saved

    if list_saved:
        show_saved(Console(soft_wrap=True))
        return
    try:
        chosen = Format(form)
    except ValueError:
        raise SettingsError(f"--format: choose one of {', '.join(Format)}, not {form}.") from None
    if sum(each is not None for each in (statement, file, saved)) > 1:
        raise SettingsError("Give one of: a statement, --file, --saved.")
    values = dict(parameter(each) for each in param or ())
    settings = load_settings()
    if file is not None:
        statement = _read(file)
    elif saved is not None:
        query = saved_query(saved)
        statement, values = query.text, query.values(values, settings.clock.today())
    elif statement is None:
        if sys.stdin.isatty():
            run_shell(settings, values)
            return
        statement = sys.stdin.read()
    answer = asyncio.run(_ask(settings, statement, values))
    _write(answer, chosen, out)
    if answer.truncated:
        _err.print("A limit left rows out of this answer; ask for less.", style="yellow")


def parameter(text: str) -> tuple[str, Any]:
    """Name and value of `name=JSON`; a word that is no JSON stands for itself."""
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise InvalidArgument(f"{text}: give a parameter as name=JSON, for example city='\"310000\"'.")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        if value.startswith(("[", "{", '"')):
            raise InvalidArgument(f"{name}: the value is not valid JSON.") from None
        return name, value


async def _ask(settings: Any, statement: str, values: dict[str, Any]) -> Any:
    from renche.server.opening import open_analysts

    async with open_analysts(settings) as analysts:
        return await analysts.ask(statement, values)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"{file} cannot be read: {error}.") from None


def _write(answer: Any, form: Any, out: Path | None) -> None:
    from renche.server.cypher_output import Format, as_bytes, show_table

    if form is Format.TABLE:
        if out is not None:
            raise SettingsError("--out wants a --format other than table.")
        show_table(answer, Console(soft_wrap=False))
        return
    content = as_bytes(answer, form)
    if out is not None:
        try:
            out.write_bytes(content)
        except OSError as error:
            raise InvalidArgument(f"{out} cannot be written: {error.strerror}.") from None
        return
    if form is Format.PARQUET and sys.stdout.isatty():
        raise SettingsError("Parquet is not for a terminal; name a file with --out.")
    sys.stdout.buffer.write(content if form is not Format.JSON else content + b"\n")
    sys.stdout.buffer.flush()
