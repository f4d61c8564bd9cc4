"""A real PostgreSQL for tests: the one that is named, or one of our own from Debian's binaries."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

_START_SECONDS = 60


@contextmanager
def postgres_url() -> Iterator[str]:
    """The address of a PostgreSQL in which tests may make schemas of their own.

    RENCHE_TEST_POSTGRES_URL where it is set, else a server of our own.
    With neither the test is skipped, or fails when RENCHE_REQUIRE_ENGINES=1.
    """
    if url := os.environ.get("RENCHE_TEST_POSTGRES_URL"):
        yield url
        return
    with own_postgres() as (url, _):
        yield url


@contextmanager
def own_postgres() -> Iterator[tuple[str, Path]]:
    """A server of our own on a socket in a temporary folder: its address, and the folder with all its files.

    Without PostgreSQL's programs the test is skipped, or fails when RENCHE_REQUIRE_ENGINES=1.
    """
    binaries = _binaries()
    if binaries is None:
        reason = "no PostgreSQL: set RENCHE_TEST_POSTGRES_URL or install Debian's package postgresql"
        if os.environ.get("RENCHE_REQUIRE_ENGINES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    # Below /tmp whatever TMPDIR says: the path of a socket holds 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="renche-pg-", dir="/tmp"))
    try:
        with _server(binaries, folder) as url:
            yield url, folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path | None:
    """The folder with the newest initdb."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def _unprivileged() -> dict[str, object]:
    """Who runs the server: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return {}


@contextmanager
def _server(binaries: Path, folder: Path) -> Iterator[str]:
    who = _unprivileged()
    if who:
        os.chown(folder, who["user"], who["group"])  # type: ignore[arg-type]
    data, log = folder / "data", folder / "log"
    initdb = [binaries / "initdb", "-D", data, "-U", "renche", "-A", "trust", "-E", "UTF8", "--no-sync"]
    made = subprocess.run(initdb, cwd=folder, capture_output=True, text=True, check=False, **who)  # type: ignore[call-overload]
    if made.returncode:
        pytest.fail(f"initdb: {made.stderr}")
    # The shell waits on its input, which closes when the tests end in whatever way: no server outlives them.
    script = '"$@" </dev/null & server=$!; read -r _; kill -INT $server; wait $server'
    settings = [f"unix_socket_directories={folder}", "listen_addresses=", "fsync=off", "max_connections=50"]
    postgres = [binaries / "postgres", "-D", data, *(part for value in settings for part in ("-c", value))]
    with log.open("wb") as output:
        process = subprocess.Popen(  # type: ignore[call-overload]
            ["sh", "-c", script, "sh", *postgres],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            **who,
        )
    try:
        url = f"postgresql://renche@/postgres?host={folder}"
        _wait(process, url, log)
        yield url
    finally:
        process.stdin.close()
        process.wait(timeout=60)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"PostgreSQL does not start: {log.read_text(errors='replace')}")
            time.sleep(0.05)
        else:
            return
