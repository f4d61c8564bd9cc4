"""A real Neo4j Community server for tests and benchmarks, wherever one can be had.

In this order: the server that RENCHE_TEST_NEO4J_URI names, one run from the jars of Maven Central (needs
`mvn` and Java 17), one in a container (needs a Docker engine).
"""

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import LiteralString

from neo4j import GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

from renche.graph.endpoint import Endpoint

VERSION = "5.26.30"
IMAGE = "neo4j:5.26-community"
JAVA = 17
READY_WITHIN = 120.0
NO_SETTINGS: Mapping[str, str] = MappingProxyType({})

# Kept in the checkout (ignored by git), so that the jars are fetched once.
_CACHE = Path(__file__).resolve().parent.parent / ".neo4j"

_POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>renche</groupId>
  <artifactId>neo4j-for-tests</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.neo4j</groupId><artifactId>neo4j</artifactId><version>{v}</version></dependency>
    <dependency><groupId>org.neo4j.app</groupId><artifactId>neo4j-server</artifactId><version>{v}</version></dependency>
  </dependencies>
</project>
"""
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"

# The kernel ends a server when its owner is gone, however the owner went (Linux). This runs in the new process
# before the server's own program does, since `preexec_fn` is not safe beside threads.
_TIED = """\
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):
        sys.exit("the owner is gone")
os.execvp(sys.argv[2], sys.argv[2:])
"""


def tied(command: list[str]) -> list[str]:
    """The command of a process that ends when this one does, however that comes."""
    return [sys.executable, "-c", _TIED, str(os.getpid()), *command]


class NoNeo4j(Exception):
    """No Neo4j can be had here; the message says what is missing."""


class Neo4jFailed(Exception):
    """A Neo4j that should run here did not start; the message ends with its last log lines."""


@contextmanager
def neo4j_server(
    heap: str = "1g", page_cache: str = "512m", settings: Mapping[str, str] = NO_SETTINGS
) -> Iterator[Endpoint]:
    """A Neo4j server for as long as the block runs.

    Arguments: `heap`, `page_cache` and `settings` (lines of neo4j.conf) shape a server that is started
    here; the one of RENCHE_TEST_NEO4J_URI is taken as it is, and is not stopped.
    Errors: NoNeo4j where none can be had, Neo4jFailed where one can but did not start.
    """
    given = os.environ.get("RENCHE_TEST_NEO4J_URI")
    if given:
        user = os.environ.get("RENCHE_TEST_NEO4J_USER", "neo4j")
        password = os.environ.get("RENCHE_TEST_NEO4J_PASSWORD", "")
        yield Endpoint(uri=given, user=user, password=password, database="neo4j")
        return
    server: AbstractContextManager[Endpoint]
    try:
        server = _from_jars(_jars(), heap, page_cache, settings)
    except NoNeo4j as missing:
        if not _docker_answers():
            raise NoNeo4j(f"no RENCHE_TEST_NEO4J_URI, {missing}, no Docker engine answers") from None
        server = _in_container(heap, page_cache)
    with server as endpoint:
        yield endpoint


@contextmanager
def kept_neo4j_server(
    home: Path, heap: str = "1g", page_cache: str = "512m", settings: Mapping[str, str] = NO_SETTINGS
) -> Iterator[Endpoint]:
    """A server run from the jars whose data stay in the folder `home`; stopped in order, so that they are whole.

    Errors: NoNeo4j where the jars cannot be had or run, Neo4jFailed where the server did not start.
    """
    with _run(_jars(), home, heap, page_cache, settings) as (process, endpoint):
        yield endpoint
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=READY_WITHIN)


def _jars() -> Path:
    """The folder of the server's jars, fetched by Maven at the first call. Errors: NoNeo4j."""
    java, mvn = shutil.which("java"), shutil.which("mvn")
    if java is None:
        raise NoNeo4j(f"Java {JAVA} or later is not installed")
    spoken = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', spoken)
    if found is None or int(found[1]) < JAVA:
        raise NoNeo4j(f"Java {JAVA} or later is not installed")
    lib = _CACHE / VERSION / "lib"
    if lib.is_dir():
        return lib
    if mvn is None:
        raise NoNeo4j("Maven is not installed")
    lib.parent.mkdir(parents=True, exist_ok=True)
    # Fetched aside and moved into place, so that an interrupted or a second run never leaves half a server.
    with tempfile.TemporaryDirectory(dir=_CACHE, prefix="fetch-") as aside:
        pom = Path(aside, "pom.xml")
        pom.write_text(_POM.format(v=VERSION), encoding="utf-8")
        copy = [mvn, "-q", "-B", "-f", str(pom), _COPY, "-DincludeScope=runtime"]
        copy.append(f"-DoutputDirectory={aside}/lib")
        fetched = subprocess.run(copy, capture_output=True, text=True, check=False)
        if fetched.returncode != 0:
            raise NoNeo4j(f"Maven could not fetch it ({_tail(fetched.stdout + fetched.stderr, 3)})")
        try:
            Path(aside, "lib").rename(lib)
        except OSError:
            if not lib.is_dir():
                raise
    return lib


@contextmanager
def _from_jars(lib: Path, heap: str, page_cache: str, settings: Mapping[str, str]) -> Iterator[Endpoint]:
    # Its data goes too, so there is nothing to save and no reason to wait for an orderly end.
    with (
        tempfile.TemporaryDirectory(prefix="renche-neo4j-", ignore_cleanup_errors=True) as folder,
        _run(lib, Path(folder), heap, page_cache, settings) as (_, endpoint),
    ):
        yield endpoint


@contextmanager
def _run(
    lib: Path, home: Path, heap: str, page_cache: str, settings: Mapping[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], Endpoint]]:
    """A server in the folder `home`, new or with the data of an earlier one; it is killed at the end."""
    port = _free_port()
    conf, log, secret = home / "conf", home / "server.log", home / "password"
    conf.mkdir(parents=True, exist_ok=True)
    lines = _settings(port, page_cache) | dict(settings)
    text = "".join(f"{name}={value}\n" for name, value in lines.items())
    (conf / "neo4j.conf").write_text(text, encoding="utf-8")
    opens = [f"--add-opens=java.base/{p}=ALL-UNNAMED" for p in ("java.nio", "java.io", "sun.nio.ch")]
    java = ["java", f"-Xms{heap}", f"-Xmx{heap}", "-XX:+UseG1GC", *opens, "-cp", f"{lib}/*"]
    main = ["org.neo4j.server.CommunityEntryPoint", f"--home-dir={home}", f"--config-dir={conf}"]
    with log.open("wb") as sink:
        # A session of its own: Ctrl-C goes to the tests alone, which then stop the server in order.
        process = subprocess.Popen(
            tied([*java, *main]),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process, _when_ready(process, port, log, secret)
    finally:
        process.kill()
        process.wait()


def _settings(port: int, page_cache: str) -> dict[str, str]:
    """What a server on one loopback port needs; a misspelt setting stops it."""
    return {
        "server.config.strict_validation.enabled": "true",
        "server.bolt.listen_address": f"127.0.0.1:{port}",
        "server.bolt.advertised_address": f"127.0.0.1:{port}",
        "server.http.enabled": "false",
        "server.https.enabled": "false",
        "server.memory.pagecache.size": page_cache,
        "dbms.usage_report.enabled": "false",
        "dbms.security.allow_csv_import_from_file_urls": "false",
        # Half a gigabyte of empty log files otherwise, for each server started.
        "db.tx_log.preallocate": "false",
    }


def _when_ready(process: subprocess.Popen[bytes], port: int, log: Path, secret: Path) -> Endpoint:
    """Wait for the server, give it a password once, and return where it answers. Errors: Neo4jFailed."""
    uri = f"bolt://127.0.0.1:{port}"
    deadline = time.monotonic() + READY_WITHIN
    while not _listens(port):
        if process.poll() is not None:
            raise Neo4jFailed(f"Neo4j ended with code {process.returncode} while starting:\n{_log_tail(log)}")
        if time.monotonic() > deadline:
            raise Neo4jFailed(f"Neo4j did not answer within {READY_WITHIN:.0f} s:\n{_log_tail(log)}")
        time.sleep(0.1)

    def insist(login: str, database: str, statement: LiteralString, **values: str) -> None:
        # The port opens a moment before the databases do.
        while True:
            try:
                with GraphDatabase.driver(uri, auth=("neo4j", login)) as driver:
                    driver.execute_query(statement, values, database_=database)
                return
            except (DriverError, Neo4jError, OSError) as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise Neo4jFailed(f"Neo4j listens but does not serve:\n{_log_tail(log)}") from error
                time.sleep(0.2)

    if secret.exists():
        password = secret.read_text(encoding="utf-8")
    else:
        password = secrets.token_urlsafe(18)
        insist("neo4j", "system", "ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $new", new=password)
        secret.touch(mode=0o600)
        secret.write_text(password, encoding="utf-8")
    insist(password, "neo4j", "RETURN 1")
    return Endpoint(uri=uri, user="neo4j", password=password, database="neo4j")


def _docker_answers() -> bool:
    docker = shutil.which("docker")
    if docker is None:
        return False
    asked = [docker, "version", "--format", "{{.Server.Version}}"]
    with contextlib.suppress(subprocess.TimeoutExpired):
        return subprocess.run(asked, capture_output=True, check=False, timeout=20).returncode == 0
    return False


@contextmanager
def _in_container(heap: str, page_cache: str) -> Iterator[Endpoint]:
    # Imported here, since only this way needs it and the import takes a second.
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    password = secrets.token_urlsafe(18)
    container = (
        DockerContainer(IMAGE)
        .with_env("NEO4J_AUTH", f"neo4j/{password}")
        .with_env("NEO4J_server_memory_heap_initial__size", heap)
        .with_env("NEO4J_server_memory_heap_max__size", heap)
        .with_env("NEO4J_server_memory_pagecache_size", page_cache)
        .with_env("NEO4J_dbms_usage__report_enabled", "false")
        .with_exposed_ports(7687)
        .waiting_for(LogMessageWaitStrategy("Started.").with_startup_timeout(int(READY_WITHIN)))
    )
    with container:
        uri = f"bolt://{container.get_container_host_ip()}:{container.get_exposed_port(7687)}"
        yield Endpoint(uri=uri, user="neo4j", password=password, database="neo4j")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _log_tail(log: Path) -> str:
    return _tail(log.read_text(encoding="utf-8", errors="replace"), 30)


def _tail(text: str, lines: int) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])
