"""`renche audit`: ship the audit records as JSON lines, and find out whether one is missing or changed."""

import re
import sys
from dataclasses import asdict
from typing import Annotated, Final

import orjson
import typer
from rich.console import Console

from renche.server.settings import SettingsError, load_settings

audit_commands = typer.Typer(help="Ship and verify the record of what was done.", no_args_is_help=True)
_err = Console(stderr=True, soft_wrap=True)
_PAGE: Final = 1_000
_MARK: Final = re.compile(r"(\d{1,18}):([0-9a-f]{64})", re.ASCII)


@audit_commands.command()
def ship(
    after: Annotated[int, typer.Option(min=0, help="The number of the last record that was shipped before.")] = 0,
) -> None:
    """Print every record after a number, one JSON object a line; the last one's number is where to go on."""
    from renche.server.opening import open_keys, open_vault
    from renche.vault.audit import Audit

    settings = load_settings()
    with open_vault(settings, open_keys(settings)) as vault:
        audit = Audit(vault)
        while page := audit.records(after, _PAGE):
            for record in page:
                sys.stdout.buffer.write(orjson.dumps(asdict(record), option=orjson.OPT_APPEND_NEWLINE))
            after = page[-1].number
    sys.stdout.buffer.flush()


@audit_commands.command()
def verify(
    mark: Annotated[
        str | None,
        typer.Option(help="NUMBER:HASH of a record shipped before: shows whether the end was cut off since."),
    ] = None,
) -> None:
    """Say whether every record is there as it was written; exit code 1, with its number, when one is not."""
    from renche.server.opening import open_keys, open_vault
    from renche.vault.audit import Audit, Mark

    settings = load_settings()
    known = None
    if mark is not None:
        found = _MARK.fullmatch(mark)
        if found is None:
            raise SettingsError("--mark: give the number and the hash of a shipped record, as 12:9f86….")
        known = Mark(int(found[1]), found[2])
    with open_vault(settings, open_keys(settings)) as vault:
        broken = Audit(vault).verify(known)
    if broken is not None:
        _err.print(f"Record {broken} is missing or not as it was written.", style="red")
        raise typer.Exit(1)
    _err.print("Every audit record is as it was written.")
