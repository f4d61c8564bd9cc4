"""The embedded engine's files in a data folder, and the users whose passwords are among them."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from renche.graph.endpoint import Endpoint
from renche.graph.errors import EngineUnavailable

ANALYST: Final = "analyst"
READER: Final = "reader"
READERS: Final = (ANALYST, READER)
"""The users that can only read: one asks what analysts write, the other what the planner and the loaders do."""


@dataclass(frozen=True)
class EngineFolder:
    """The names of the engine's files in a data folder."""

    data_dir: Path

    @property
    def lock(self) -> Path:
        return self.data_dir / "engine.lock"

    @property
    def endpoint(self) -> Path:
        return self.data_dir / "engine.json"

    @property
    def password(self) -> Path:
        return self.data_dir / "engine.password"

    def password_of(self, reader: str) -> Path:
        """Where the password of a user that can only read lies."""
        return self.data_dir / f"engine.{reader}"

    @property
    def home(self) -> Path:
        """The engine's root and working directory: ArcadeDB puts its log beneath the latter."""
        return self.data_dir / "engine"

    @property
    def users(self) -> Path:
        return self.home / "config" / "server-users.jsonl"

    @property
    def console(self) -> Path:
        """What the engine printed while it started; from then on it writes `arcadedb.log.0` beside this."""
        return self.home / "log" / "console.log"


def write_private(path: Path, text: str) -> None:
    """Put `text` into `path` in one step, readable by this user alone."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, text.encode())
        os.fsync(file)
    finally:
        os.close(file)
    fresh.replace(path)


def as_reader(user: str, data_dir: Path, endpoint: Endpoint) -> Endpoint:
    """The same engine, which must be running, for one of its users that can only read."""
    file = EngineFolder(data_dir.absolute()).password_of(user)
    try:
        return replace(endpoint, user=user, password=file.read_text(encoding="utf-8"))
    except OSError as error:
        raise EngineUnavailable(
            f"{file} cannot be read ({error.strerror}): end the process that runs the engine, and start it anew."
        ) from None
