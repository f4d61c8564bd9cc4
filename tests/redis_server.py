"""A real Redis for tests, from Debian's package."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.neo4j_server import tied

_READY_WITHIN = 30.0


@contextmanager
def redis_server(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address of an empty Redis on a loopback port, which keeps nothing, and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    log = folder / "redis.log"
    with log.open("wb") as output:
        process = subprocess.Popen(tied(command), cwd=folder, stdout=output, stderr=output, start_new_session=True)
    try:
        until = time.monotonic() + _READY_WITHIN
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"Redis does not start: {log.read_text(errors='replace')}")
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0", process
    finally:
        process.kill()
        process.wait()


def there_is_redis() -> bool:
    """Whether one can be started here."""
    return shutil.which("redis-server") is not None


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as asking:
            asking.sendall(b"PING\r\n")
            return asking.recv(5) == b"+PONG"
    except OSError:
        return False
