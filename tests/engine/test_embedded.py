"""The embedded engine: its life, its folder, and what of it can be seen from outside."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import neo4j
import pytest

from renche.graph.database import Database
from renche.graph.embedded import EmbeddedEngine, EngineFolder, attach, embedded
from renche.graph.endpoint import Endpoint
from renche.graph.errors import EngineUnavailable, OperationTimeout, RencheError
from renche.graph.named_queries import Statement
from renche.server.opening import open_graph
from renche.server.settings import Settings

NO_LIMIT = timedelta(0)
ENDLESS = "UNWIND range(1, 1000) AS a UNWIND range(1, 1000) AS b UNWIND range(1, 1000) AS c RETURN count(*)"
LONGER = "UNWIND range(1, 1000) AS a UNWIND range(1, 10000) AS b WITH a, b WHERE a + b = 0 RETURN count(*)"
needs_proc = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads Linux's /proc")


def start(data_dir: Path, **settings: Any) -> EmbeddedEngine:
    return EmbeddedEngine.start(data_dir, **{"command_timeout": NO_LIMIT, "heap": "256m", **settings})


def run(endpoint: Endpoint, statement: str, **parameters: Any) -> list[Any]:
    """The first column of a statement's answer."""
    with neo4j.GraphDatabase.driver(endpoint.uri, auth=(endpoint.user, endpoint.password)) as driver:
        answer = driver.execute_query(statement, parameters, database_=endpoint.database)
        return [record[0] for record in answer.records]


def child_pid(data_dir: Path) -> int:
    pid: int = json.loads(EngineFolder(data_dir).endpoint.read_text())["pid"]
    return pid


def port_of(endpoint: Endpoint) -> int:
    return int(endpoint.uri.rpartition(":")[2])


@dataclass(frozen=True)
class Running:
    engine: EmbeddedEngine
    data_dir: Path


@pytest.fixture(scope="module", autouse=True)
def quick_starts() -> Iterator[None]:
    """Engines that live for seconds only do not earn back what the JVM's second compiler costs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARCADEDB_JVM_ARGS", "-XX:TieredStopAtLevel=1")
        yield


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One engine for all tests that only look; its statements end after a second."""
    data_dir = tmp_path_factory.mktemp("running") / "data"
    engines: list[EmbeddedEngine] = []
    starter = threading.Thread(
        target=lambda: engines.append(start(data_dir, heap="321m", command_timeout=timedelta(seconds=1)))
    )
    starter.start()
    starter.join()
    with engines[0] as engine:
        yield Running(engine, data_dir)
    assert attach(data_dir) is None


def test_an_engine_outlives_the_thread_that_started_it(running: Running) -> None:
    """The fixture's thread has ended, and the engine answers."""
    assert running.engine.is_alive
    assert run(running.engine.endpoint, "RETURN 1") == [1]


def test_the_password_is_not_shown_with_the_endpoint(running: Running) -> None:
    """An endpoint that lands in a log does not carry the password there."""
    assert running.engine.endpoint.password not in repr(running.engine.endpoint)


def test_attach_from_another_process(running: Running) -> None:
    """Another process finds the engine by its folder and can use it."""
    code = """
        import sys, neo4j, pathlib, renche.graph.embedded as embedded
        found = embedded.attach(pathlib.Path(sys.argv[1]))
        with neo4j.GraphDatabase.driver(found.uri, auth=(found.user, found.password)) as driver:
            print(driver.execute_query("RETURN 40 + 2", database_=found.database).records[0][0])
    """
    other = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), running.data_dir], capture_output=True, check=True
    )
    assert other.stdout.strip() == b"42"


def test_a_second_start_is_refused(running: Running) -> None:
    """A folder has one owner: the error names the folder and the owner, who goes on undisturbed."""
    with pytest.raises(EngineUnavailable) as refused:
        start(running.data_dir)
    assert str(running.data_dir) in refused.value.message
    assert f"in use by process {os.getpid()}," in refused.value.message
    assert attach(running.data_dir) == running.engine.endpoint
    assert run(running.engine.endpoint, "RETURN 1") == [1]


def test_the_folder_is_private(running: Running) -> None:
    """Nobody but this user can read anything the engine keeps."""
    folder = EngineFolder(running.data_dir)
    for path in (folder.password, folder.endpoint, folder.lock, folder.console):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for path in (running.data_dir, *running.data_dir.rglob("*")):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_the_endpoint_file_holds_no_password(running: Running) -> None:
    """The password stands in its own file and in no other, the engine's logs included."""
    folder = EngineFolder(running.data_dir)
    password = running.engine.endpoint.password.encode()
    holders = [path for path in running.data_dir.rglob("*") if path.is_file() and password in path.read_bytes()]
    assert holders == [folder.password]
    assert (folder.home / "log" / "arcadedb.log.0").exists()


@needs_proc
def test_the_password_is_in_no_command_line(running: Running) -> None:
    """Neither `ps` nor the environment of the child shows the password."""
    password = running.engine.endpoint.password.encode()
    child = str(child_pid(running.data_dir))
    assert b"embedded_child" in (Path("/proc") / child / "cmdline").read_bytes()
    assert password not in (Path("/proc") / child / "environ").read_bytes()
    for cmdline in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # gone in the meantime
            assert password not in cmdline.read_bytes()


@needs_proc
def test_only_loopback_listens(running: Running) -> None:
    """The child listens for Bolt and HTTP on 127.0.0.1, and for nothing else."""
    process = Path("/proc") / str(child_pid(running.data_dir))
    inodes = set()
    for descriptor in (process / "fd").iterdir():
        with contextlib.suppress(OSError):
            inodes.add(str(descriptor.readlink()))
    listening = []
    for table in ("tcp", "tcp6"):
        for line in (process / "net" / table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                listening.append(fields[1].split(":"))
    loopback = {"0100007F", "0000000000000000FFFF00000100007F"}
    assert [address for address, _ in listening if address not in loopback] == []
    assert len(listening) == 2
    assert port_of(running.engine.endpoint) in {int(port, 16) for _, port in listening}


def test_the_heap_setting_reaches_the_jvm(running: Running) -> None:
    """The engine says itself how much memory it may take."""
    told = re.search(r"MAXRAM=([0-9.]+)MB", EngineFolder(running.data_dir).console.read_text())
    assert told is not None
    # 321m were given; the parallel collector does not count the part that it keeps empty for copying.
    assert 260 < float(told[1]) <= 322


def test_a_statement_ends_at_the_time_limit(running: Running) -> None:
    """A statement past the limit is ended by the engine."""
    with pytest.raises(neo4j.exceptions.Neo4jError) as ended:
        run(running.engine.endpoint, ENDLESS)
    assert ended.value.code == "Neo.ClientError.Transaction.TransactionTimedOut"


@pytest.fixture
async def own_graph(tmp_path: Path) -> AsyncIterator[Database]:
    """The graph as a server with a time limit of a second opens it, which itself waits far longer."""
    settings = Settings(data_dir=tmp_path, time_limit=1, embedded_heap="256m", _env_file=None)
    async with open_graph(settings) as database:
        database._time_limit = timedelta(minutes=1)
        yield database


async def test_a_read_ends_in_the_engine_at_its_own_limit(own_graph: Database) -> None:
    """Nobody has to wait for it: what a client has left goes on no longer than that, where a load may take minutes."""
    began = time.monotonic()
    with pytest.raises(OperationTimeout):
        await own_graph.read(Statement("test.endless", ENDLESS))
    assert time.monotonic() - began < 30  # a second is meant; the next limit is a minute
    began = time.monotonic()
    await own_graph.run(Statement("test.longer", LONGER, write=True))
    assert time.monotonic() - began > 1  # or nothing would be shown


async def test_what_reads_cannot_write(own_graph: Database) -> None:
    """The engine itself would write in a read, so those go as a user that cannot."""
    with pytest.raises(RencheError):
        await own_graph.read(Statement("test.write", "CREATE (n:Person {id: 'x'}) RETURN n.id"))
    await own_graph.run(Statement("test.writes", "CREATE (n:Person {id: 'y'}) RETURN n.id", write=True))
    assert await own_graph.read(Statement("test.people", "MATCH (n:Person) RETURN n.id")) == [["y"]]


def test_local_files_cannot_be_loaded(running: Running, tmp_path: Path) -> None:
    """LOAD CSV reads no file of this machine."""
    (tmp_path / "secret.csv").write_text("secret\n")
    with pytest.raises(neo4j.exceptions.Neo4jError):
        run(
            running.engine.endpoint,
            "LOAD CSV FROM $url AS line RETURN line",
            url=f"file://{tmp_path}/secret.csv",
        )


def test_a_restart_keeps_the_data(tmp_path: Path) -> None:
    """Data, password and a given port are the same after a stop and a start."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with start(tmp_path, bolt_port=port) as first:
        run(first.endpoint, "CREATE (:Kept {n: 7})")
    assert not first.is_alive
    assert not EngineFolder(tmp_path).endpoint.exists()
    first.stop()
    with start(tmp_path, bolt_port=port) as second:
        assert second.endpoint == first.endpoint
        assert port_of(second.endpoint) == port
        assert run(second.endpoint, "MATCH (k:Kept) RETURN k.n") == [7]


def test_a_killed_engine_recovers(tmp_path: Path) -> None:
    """After kill -9 amid writing, every transaction that was confirmed is there, and each is whole."""
    confirmed = []
    with start(tmp_path) as engine:

        def write() -> None:
            with (
                neo4j.GraphDatabase.driver(
                    engine.endpoint.uri, auth=("root", engine.endpoint.password), max_transaction_retry_time=0
                ) as driver,
                contextlib.suppress(neo4j.exceptions.DriverError, neo4j.exceptions.Neo4jError),
            ):
                for batch in range(100_000):
                    driver.execute_query(
                        "UNWIND range(1, 50) AS n CREATE (:Row {batch: $batch, n: n})",
                        batch=batch,
                        database_="renche",
                    )
                    confirmed.append(batch)
                    if batch == 20:
                        enough.set()

        enough = threading.Event()
        writer = threading.Thread(target=write)
        writer.start()
        assert enough.wait(30)
        os.kill(child_pid(tmp_path), signal.SIGKILL)
        writer.join()
    assert not engine.is_alive
    # The endpoint file still lies there, but the lock is free.
    assert EngineFolder(tmp_path).endpoint.exists()
    assert attach(tmp_path) is None
    with start(tmp_path) as again:
        batches = run(
            again.endpoint,
            "MATCH (r:Row) WITH r.batch AS batch, count(*) AS rows RETURN [batch, rows] ORDER BY batch",
        )
    # The last one may have been written without the answer having reached us.
    assert [batch for batch, _ in batches] in (confirmed, [*confirmed, len(confirmed)])
    assert {rows for _, rows in batches} == {50}


def test_the_engine_goes_with_a_killed_owner(tmp_path: Path) -> None:
    """After kill -9 of the owner the engine closes by itself, and the next start waits for that."""
    code = """
        import os, pathlib, sys, time, renche.graph.embedded as embedded
        from datetime import timedelta
        engine = embedded.EmbeddedEngine.start(
            pathlib.Path(sys.argv[1]), command_timeout=timedelta(0), heap="256m"
        )
        # A fork holds on to what tells the engine that its owner lives.
        fork = os.fork() if sys.argv[2] == "forked" else None
        if fork != 0:
            print(fork, flush=True)
        time.sleep(120)
    """
    left = []
    for kind in ("alone", "forked"):
        with subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code), tmp_path, kind], stdout=subprocess.PIPE
        ) as owner:
            assert owner.stdout is not None
            fork = owner.stdout.readline().strip()
            endpoint = attach(tmp_path)
            assert endpoint is not None
            run(endpoint, "CREATE (:Kept {owner: $kind})", kind=kind)
            owner.kill()
            left.append(port_of(endpoint))
    with start(tmp_path) as engine:
        assert run(engine.endpoint, "MATCH (k:Kept) RETURN k.owner ORDER BY k.owner") == ["alone", "forked"]
    for port in left:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
    os.kill(int(fork), signal.SIGKILL)


def test_an_engine_that_does_not_close_is_killed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Stopping ends at its deadline, and says that it had to use force."""
    engine = start(tmp_path)
    os.kill(child_pid(tmp_path), signal.SIGSTOP)
    engine.stop(timedelta(seconds=0.2))
    assert not engine.is_alive
    assert attach(tmp_path) is None
    assert "was killed" in caplog.text


async def test_commands_share_one_engine(tmp_path: Path) -> None:
    """Of two commands that begin at once on one folder, one owns the engine and the other attaches."""
    owned_first = asyncio.Event()
    endpoints = []

    async def command() -> None:
        async with embedded(tmp_path, command_timeout=NO_LIMIT, heap="256m") as endpoint:
            endpoints.append(endpoint)
            if len(endpoints) == 2:
                owned_first.set()
            await owned_first.wait()

    await asyncio.gather(command(), command())
    assert endpoints[0] == endpoints[1]
    assert attach(tmp_path) is None


async def test_a_cancelled_command_leaves_no_engine(tmp_path: Path) -> None:
    """An engine that comes up after its command was cancelled is closed again."""

    async def command() -> None:
        async with embedded(tmp_path, command_timeout=NO_LIMIT, heap="256m"):
            raise AssertionError

    task = asyncio.create_task(command())
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert attach(tmp_path) is None


def test_attach_where_nothing_runs(tmp_path: Path) -> None:
    """A folder without an engine, or no folder at all, has nothing to attach to."""
    assert attach(tmp_path) is None
    assert attach(tmp_path / "missing") is None


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """A port that something else listens on is named in the error, and the folder is free again."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EngineUnavailable, match=f"Port {port} on 127.0.0.1 cannot be used"):
            start(tmp_path, bolt_port=port)
    assert attach(tmp_path) is None


def test_the_engines_own_words_explain_a_failed_start(tmp_path: Path) -> None:
    """What the engine said last is in the error."""
    with pytest.raises(EngineUnavailable, match="Invalid maximum heap size: -Xmxplenty"):
        start(tmp_path, heap="plenty")


def test_a_start_ends_at_its_deadline(tmp_path: Path) -> None:
    """An engine that is not ready in time is ended, and the folder is free again."""
    with pytest.raises(EngineUnavailable, match="was not ready in time"):
        start(tmp_path, ready_timeout=timedelta(seconds=0.2))
    assert attach(tmp_path) is None


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    """A file in the place of the data folder is named, with the reason."""
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineUnavailable, match=r"The data folder .*file cannot be used"):
        start(tmp_path / "file")


def test_a_changed_password_file(tmp_path: Path) -> None:
    """A password that the engine does not know, and a lost one, are explained at the start."""
    folder = EngineFolder(tmp_path)
    with start(tmp_path):
        pass
    first = folder.password.read_text()
    folder.password.write_text("another-password")
    with pytest.raises(EngineUnavailable, match="does not accept the password in"):
        start(tmp_path)
    folder.password.unlink()
    with pytest.raises(EngineUnavailable, match=r"engine\.password is missing"):
        start(tmp_path)
    assert first not in folder.console.read_text()
