"""The load: `wrk` sends rotating bodies over open connections and says how long each took."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from benchmarks.reads.servers import Server

CONNECTIONS: Final = 16
_SCRIPT: Final = Path(__file__).with_name("rotate.lua")


class NoLoad(Exception):
    """The load cannot be made, or was not answered whole; the message says why."""


@dataclass(frozen=True)
class Load:
    """What one run of the load saw; times in seconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    bytes: int

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


def ensure_wrk() -> str:
    """The command of wrk, installed from the distribution's packages where it is missing. Raises NoLoad."""
    if not shutil.which("wrk") and shutil.which("apt-get") and os.geteuid() == 0:
        for arguments in (["update"], ["install", "-y", "--no-install-recommends", "wrk"]):
            subprocess.run(["apt-get", "-q", *arguments], check=False, stdout=subprocess.DEVNULL)
    found = shutil.which("wrk")
    if not found:
        raise NoLoad("wrk is not installed. Install it (Debian: apt-get install wrk) and run this again.")
    return found


def load(server: Server, bodies: Path, seconds: int, *, connections: int = CONNECTIONS) -> Load:
    """Sends the bodies (one a line) round and round. Raises NoLoad when a request failed."""
    headers = [part for name, value in server.headers.items() for part in ("-H", f"{name}: {value}")]
    script = [*headers, "-s", str(_SCRIPT), server.url, "--", str(bodies)]
    ran = subprocess.run(
        [ensure_wrk(), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", *script],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = ran.stdout.strip().splitlines()
    if ran.returncode or not lines or not lines[-1].startswith("{"):
        raise NoLoad(f"wrk failed: {ran.stderr.strip() or ran.stdout.strip()[-300:]}")
    said = orjson.loads(lines[-1])
    if said["errors"]:
        raise NoLoad(f"{said['errors']} of {said['requests']} requests to {server.url} failed.")
    return Load(
        requests=said["requests"],
        seconds=said["microseconds"] / 1e6,
        p50=said["p50"] / 1e6,
        p99=said["p99"] / 1e6,
        bytes=said["bytes"],
    )


def write_bodies(file: Path, bodies: Sequence[bytes]) -> None:
    """The bodies for `load`, one a line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"\n".join(bodies) + b"\n")
