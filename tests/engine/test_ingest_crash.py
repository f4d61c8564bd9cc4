"""Ingest beside crashes and beside itself: what is committed stays, what is not is done again, nothing twice."""

import asyncio
import csv
import json
import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import astuple
from pathlib import Path

import pytest

from renche.graph.database import Database
from renche.graph.embedded import EmbeddedEngine
from renche.graph.endpoint import Endpoint
from renche.graph.errors import EngineUnavailable
from renche.graph.migrate import migrate
from renche.graph.named_queries import Statement
from renche.ingest.ledger import Counts
from renche.ingest.rows import KINDS
from renche.ingest.worker import IngestFailed
from renche.vault.keys import Keys
from tests.canaries import found_in, scan
from tests.conftest import MIGRATED_AT, TIME_LIMIT
from tests.ingest_run import BRAND, Place, Snapshot, empty, snapshot

ROOT = Path(__file__).resolve().parents[2]
BRAND_ROWS = 340
COMMITTED = Statement("test.committed", "MATCH (n:Load) WHERE n.id <> 'turn' RETURN sum(n.read) AS rows")
FINISHED = Statement("test.finished", "MATCH (n:Load) WHERE n.finished = true RETURN sum(n.read) AS rows")

# What a user's process does, with the endpoint and the keys from its input.
LOADER = """
import asyncio, json, sys
from datetime import timedelta
from pathlib import Path
from renche.graph.database import Database
from renche.graph.endpoint import Endpoint
from renche.vault.keys import Keys
from tests.ingest_run import BRAND, Place

async def main():
    endpoint, folder, batch_size = json.loads(sys.stdin.readline())
    async with Database.connect(Endpoint(*endpoint), retry_for=timedelta(seconds=30)) as database:
        place = Place(Path(folder), Keys.load(Path(folder) / "keys"))
        await place.load(database, BRAND, batch_size=batch_size)

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, Keys.create(tmp_path / "keys"))


async def _committed(database: Database, at_least: int) -> int:
    """Waits until so many rows are recorded as loaded."""
    deadline = time.monotonic() + 60
    while (rows := await database.read_value(COMMITTED) or 0) < at_least:
        assert time.monotonic() < deadline, "the load does not get on"
        await asyncio.sleep(0.01)
    return int(rows)


def _workers() -> list[int]:
    """The reading processes of this one."""
    children = [pid for file in Path("/proc/self/task").glob("*/children") for pid in file.read_text().split()]
    return [int(pid) for pid in children if b"renche.ingest.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]


async def _resumed(database: Database, place: Place, batch_size: int) -> None:
    """Loads the brand again: files that were done are read as unchanged, the others go on where they were."""
    finished = int(await database.read_value(FINISHED) or 0)
    assert finished < BRAND_ROWS, "the load was too quick to be ended in the middle"
    report = await place.load(database, BRAND, batch_size=batch_size)
    assert report.total == Counts(BRAND_ROWS, BRAND_ROWS - finished, 0, finished, 0)


async def _reference(database: Database, folder: Path, keys: Keys) -> Snapshot:
    """The graph that an undisturbed load gives; the database is empty again afterwards."""
    await Place(folder, keys).load_in_order(database, [BRAND / f"{kind}.csv" for kind in KINDS], batch_size=100)
    expected = await snapshot(database)
    await empty(database)
    return expected


@pytest.fixture
def endpoint(request: pytest.FixtureRequest, graph: Database) -> Endpoint:
    """Where the graph of the test answers."""
    assert graph
    found: Endpoint = request.getfixturevalue(f"{request.node.callspec.params['engine']}_endpoint")
    return found


async def test_killed_loader_resumes_where_it_was(graph: Database, place: Place, endpoint: Endpoint) -> None:
    """A loader that is killed outright leaves whole batches; the next run does the rest and counts every row."""
    expected = await _reference(graph, place.folder / "reference", place.keys)
    program = place.folder / "loader.py"
    program.write_text(LOADER, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    loader = await asyncio.create_subprocess_exec(
        sys.executable, str(program), stdin=subprocess.PIPE, env=environment, start_new_session=True
    )
    assert loader.stdin is not None
    loader.stdin.write(json.dumps([list(astuple(endpoint)), str(place.folder), 5]).encode() + b"\n")
    loader.stdin.close()
    try:
        await _committed(graph, 60)
    finally:
        loader.kill()
        await loader.wait()
    await asyncio.sleep(1)  # the database may still be ending what it was sent
    await _resumed(graph, place, 5)
    assert await snapshot(graph) == expected
    assert (await place.load(graph, BRAND, batch_size=500)).total == Counts(BRAND_ROWS, 0, 0, BRAND_ROWS, 0)


async def test_killed_engine_is_a_clear_error_and_resumes(tmp_path: Path) -> None:
    """When the embedded engine is killed the load says that the same command goes on, and then it does."""
    place = Place(tmp_path)
    with EmbeddedEngine.start(tmp_path / "data", command_timeout=TIME_LIMIT) as engine:
        async with Database.connect(engine.endpoint, time_limit=TIME_LIMIT) as database:
            await migrate(database, MIGRATED_AT)
            expected = await _reference(database, tmp_path / "reference", place.keys)
            load = asyncio.create_task(place.load(database, BRAND, batch_size=5))
            await _committed(database, 60)
            engine._child.kill()
            with pytest.raises(EngineUnavailable, match="run the same command again"):
                await load
    with EmbeddedEngine.start(tmp_path / "data", command_timeout=TIME_LIMIT) as engine:
        async with Database.connect(engine.endpoint, time_limit=TIME_LIMIT) as database:
            assert await _committed(database, 1) >= 60
            await _resumed(database, place, 5)
            assert await snapshot(database) == expected


async def test_killed_worker_is_a_clear_error(graph: Database, place: Place) -> None:
    """When the reading process is killed the load ends with an error at once, and the next one goes on."""
    load = asyncio.create_task(place.load(graph, BRAND, batch_size=2))
    await _committed(graph, 10)
    (worker,) = _workers()
    os.kill(worker, signal.SIGKILL)
    with pytest.raises(IngestFailed, match="exit code -9"):
        await asyncio.wait_for(load, 30)
    await _resumed(graph, place, 100)


async def test_cancelled_load_leaves_whole_batches(graph: Database, place: Place) -> None:
    """A load that is interrupted ends its worker and can be taken up again."""
    load = asyncio.create_task(place.load(graph, BRAND, batch_size=2))
    await _committed(graph, 10)
    load.cancel()
    with pytest.raises(asyncio.CancelledError):
        await load
    assert not _workers()
    await _resumed(graph, place, 100)


async def test_resumed_load_writes_each_reject_once(graph: Database, place: Place) -> None:
    """Rejects of batches that were not committed are forgotten and found again; none is there twice."""
    rows = [{"source_id": str(number), "city": "310000" if number % 2 else "000000"} for number in range(400)]
    file = place.write("people", *rows)
    load = asyncio.create_task(place.load(graph, file, batch_size=2))
    await _committed(graph, 20)
    load.cancel()
    with pytest.raises(asyncio.CancelledError):
        await load
    report = await place.load(graph, file, batch_size=50)
    assert report.total == Counts(400, 200, 0, 0, 200)
    with (report.rejects / "people.csv.csv").open(encoding="utf-8") as rejects:
        assert [int(row["line"]) for row in csv.DictReader(rejects)] == list(range(2, 402, 2))


async def test_two_loads_at_once_give_one_graph(graph: Database, place: Place) -> None:
    """Two loads of the same rows, the files of one in halves, run side by side and lose and double nothing."""
    expected = await _reference(graph, place.folder / "reference", place.keys)
    halves = place.folder / "halves"
    halves.mkdir()
    for file in BRAND.glob("*.csv"):
        header, *lines = file.read_text(encoding="utf-8").splitlines()
        for name, part in (("1", lines[::-2]), ("2", lines[-2::-2])):
            text = "\n".join([header, *part]) + "\n"
            (halves / f"{file.stem}-{name}.csv").write_text(text, encoding="utf-8")
    first, second = await asyncio.gather(
        place.load(graph, BRAND, batch_size=20), place.load(graph, halves, batch_size=20)
    )
    assert await snapshot(graph) == expected
    for report in (first, second):
        assert report.total.read == BRAND_ROWS
        assert (report.total.updated, report.total.rejected) == (0, 0)
    assert first.total.created + second.total.created == BRAND_ROWS


async def test_two_loads_of_one_file_at_once(graph: Database, place: Place) -> None:
    """The same file loaded twice at the same time is loaded once, and both loads account for every row."""
    expected = await _reference(graph, place.folder / "reference", place.keys)
    reports = await asyncio.gather(*(place.load(graph, BRAND, batch_size=20) for _ in range(2)))
    assert await snapshot(graph) == expected
    for report in reports:
        assert report.total.read == BRAND_ROWS
        assert (report.total.updated, report.total.rejected) == (0, 0)


NAMES = ("夏侯惇子", "Zebulon Quixote", "13987654321", "zq.canary@example.org", "canary_unionid_77", "粤B98765")


async def test_nothing_personal_reaches_graph_files_or_logs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Planted names, phones, accounts and plates are in no property, engine file, reject, log or error."""
    caplog.set_level(logging.DEBUG)
    place = Place(tmp_path / "own")
    place.folder.mkdir()
    name, latin, phone, email, account, plate = NAMES
    people = place.write(
        "people",
        {"source_id": "a", "name": name, "phone": phone, "email": email, "wechat_unionid": account, "plate": plate},
        {"source_id": "b", "name": latin, "kind": "legal", "phone": f"+86 {phone}"},
        {"source_id": "c", "name": name, "phone": phone, "city": "999999"},
    )
    vehicles = place.write(
        "vehicles", {"source_id": "v", "plate": plate}, {"source_id": "w", "plate": plate, "vin": "x"}
    )
    with EmbeddedEngine.start(tmp_path / "data", command_timeout=TIME_LIMIT) as engine:
        async with Database.connect(engine.endpoint, time_limit=TIME_LIMIT) as database:
            await migrate(database, MIGRATED_AT)
            report = await place.load(database, people, vehicles)
            assert report.total == Counts(5, 3, 0, 0, 2)
            shown = repr(await snapshot(database))
    planted = (*NAMES, phone[1:], "98765")
    assert found_in(scan(tmp_path / "data", place.folder / "rejects"), planted) == []
    assert found_in((caplog.text + shown + repr(report)).encode(), planted) == []
    assert "夏**" in shown
