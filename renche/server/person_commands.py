"""`renche person`: what a person may ask of what is held about them."""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from renche.server.actor import actor
from renche.server.settings import Settings, SettingsError, load_settings

person_commands = typer.Typer(help="A copy of all that is held about a person, and its erasure.", no_args_is_help=True)
_err = Console(stderr=True, soft_wrap=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The person's id (per_…).")]
Reason = Annotated[str | None, typer.Option(help="Why, for the audit record; it must name nobody.")]


@person_commands.command()
def export(
    id_: Id,
    reason: Reason = None,
    out: Annotated[Path | None, typer.Option(help="A new file for it, mode 0600, in the place of the output.")] = None,
) -> None:
    """Give everything that is held about a person, in clear, as JSON."""
    text = asyncio.run(_export(load_settings(), id_, reason))
    if out is None:
        sys.stdout.buffer.write(text)
        return
    try:
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
    except OSError as error:
        raise SettingsError(f"--out: {out} cannot be made ({error.strerror}); name a file that is not there.") from None
    _err.print(f"The copy is in {out}. It holds personal data in clear.", markup=False)


async def _export(settings: Settings, id_: str, reason: str | None) -> bytes:
    from renche.privacy.asked import Asked
    from renche.privacy.export import export as carry_out
    from renche.server.opening import open_keys, open_migrated_graph, open_vault

    asked = Asked(actor(), reason)
    with open_vault(settings, open_keys(settings)) as vault:
        async with open_migrated_graph(settings, retry_for=timedelta(seconds=10)) as database:
            found = await carry_out(database, vault, settings.clock, id_, asked)
    return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


@person_commands.command()
def erase(id_: Id, reason: Reason = None) -> None:
    """Erase a person from vault and graph for good; print the proof, which holds no personal data."""
    text = asyncio.run(_erase(load_settings(), id_, reason))
    sys.stdout.buffer.write(text)


async def _erase(settings: Settings, id_: str, reason: str | None) -> bytes:
    from renche.privacy.asked import Asked
    from renche.privacy.erase import erase as carry_out
    from renche.server.opening import open_keys, open_migrated_graph, open_vault
    from renche.vault.erasures import settle

    asked = Asked(actor(), reason)
    with open_vault(settings, open_keys(settings)) as vault:
        async with open_migrated_graph(settings, retry_for=timedelta(seconds=10)) as database:
            proof = await carry_out(database, vault, settings.clock, settings.data_dir, id_, asked)
        if not settle(vault):
            _err.print("The vault's log is in use and may hold copies; run the same command again to empty it.")
    return orjson.dumps(proof, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
