"""`renche keys`: make them, give them a new version, bring everything under it, destroy the old one."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from renche.server.settings import Settings, SettingsError, load_settings
from renche.vault.keys import HMAC, KEK, Keys

key_commands = typer.Typer(
    help="Make the keys of a new installation, mode 0600; with a command, change them.", invoke_without_command=True
)
_out = Console(soft_wrap=True)
_WHICH = {"wrapping": [KEK], "hashing": [HMAC], "both": [KEK, HMAC]}


@key_commands.callback()
def make(context: typer.Context) -> None:
    """Make the keys of a new installation, mode 0600; with a command, change them."""
    if context.invoked_subcommand is not None:
        return
    path = load_settings().keys_path
    path.parent.mkdir(parents=True, exist_ok=True)
    Keys.create(path)
    _out.print(f"The keys are in {path}. Keep a copy: what the vault holds cannot be read without them.")


@key_commands.command()
def rotate(
    only: Annotated[str, typer.Option(help="Which keys: wrapping (of the vault's data keys), hashing, or both.")] = (
        "both"
    ),
) -> None:
    """Make a new current version of the keys; the older ones stay and are still read."""
    from renche.server.opening import open_vault
    from renche.vault.rotation import alone_with, rotated

    if only not in _WHICH:
        raise SettingsError(f"--only: choose one of {', '.join(_WHICH)}, not {only}.")
    settings = load_settings()
    path = _keys_path(settings)
    with alone_with(path) as keys:
        # These must be the vault's keys: a version added to others would be of no use and hard to tell apart.
        open_vault(settings, keys).close()
        newer = rotated(keys, _WHICH[only])
        newer.replace(path)
        open_vault(settings, newer).close()
    _out.print(
        f"{path} now has wrapping keys up to version {newer.kek_version} and hashing keys up to version"
        f" {newer.hmac_version}. Keep a copy, bring the file to every machine (a server takes notice by itself; with"
        " RENCHE_KEYS restart it), then run `renche keys rekey`."
    )


@key_commands.command()
def rekey() -> None:
    """Bring vault and graph under the newest keys, beside a running API; after an interruption run it again."""
    asyncio.run(_rekey(load_settings()))


async def _rekey(settings: Settings) -> None:
    from renche.privacy.rekey import Rekeyed
    from renche.privacy.rekey import rekey as carry_out
    from renche.server.opening import open_keys, open_migrated_graph, open_vault

    with open_vault(settings, open_keys(settings)) as vault, _out.status("Nothing is done yet.") as status:

        def show(done: Rekeyed) -> None:
            status.update(f"{done.data_keys:,} data keys, {done.values:,} values are done.")

        async with open_migrated_graph(settings, retry_for=timedelta(minutes=1)) as database:
            done = await carry_out(database, vault, settings.data_dir, show)
    _out.print(
        f"Under the newest keys now: {done.data_keys:,} more data keys, {done.values:,} values, {done.identifiers:,}"
        f" identifiers. The next load will count {done.rows:,} people and vehicles as updated."
    )


@key_commands.command()
def retire(
    abandon_loads: Annotated[
        bool, typer.Option("--abandon-loads", help="Loads that were not finished will not be taken up again.")
    ] = False,
) -> None:
    """Destroy the older versions of the keys, once nothing was made with them; copies are yours to destroy."""
    asyncio.run(_retire(load_settings(), abandon_loads))


async def _retire(settings: Settings, abandon_loads: bool) -> None:
    from renche.privacy.rekey import retire_older
    from renche.server.opening import open_migrated_graph, open_vault
    from renche.vault.rotation import alone_with, current_alone

    path = _keys_path(settings)
    with alone_with(path) as keys, open_vault(settings, keys) as vault:
        async with open_migrated_graph(settings, retry_for=timedelta(minutes=1)) as database:
            ended = await retire_older(database, vault, settings.data_dir, abandon_loads=abandon_loads)
        # Last: a run that ended before this does nothing anew and comes here again.
        current_alone(keys).replace(path)
    if not ended:
        _out.print("Nothing to do: every key is the current one.")
        return
    for purpose, version in ended:
        _out.print(f"Version {version} of {purpose} is no longer in {path}.")
    _out.print(
        "Destroy every copy of the old file: from then on no backup of the vault from before the re-keying can be"
        " read, and with it nothing of people erased since. Make a new backup of vault and keys now."
    )


def _keys_path(settings: Settings) -> Path:
    """The file of the keys that are to be changed."""
    if settings.keys is not None:
        raise SettingsError(
            "The keys stand in RENCHE_KEYS, which cannot be changed from here: put them into a file, name it in"
            " RENCHE_KEYS_FILE for this command, and bring the changed text to where RENCHE_KEYS comes from."
        )
    return settings.keys_path
