"""Files into the graph.

A worker process reads, checks, fingerprints and encrypts; here its batches are written, each in one transaction,
while it prepares the next. After a crash the same call goes on at the last committed batch.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from renche.graph.clock import Clock
from renche.graph.database import Database, Transaction
from renche.graph.errors import EngineUnavailable
from renche.ingest.batch import Batch, Reject
from renche.ingest.batches import Job
from renche.ingest.checks import Checks
from renche.ingest.errors import RefusedFile
from renche.ingest.files import InputFile, find_files
from renche.ingest.ledger import Counts, Load, alone, begin, content_id, record, take_turn
from renche.ingest.rejects import Rejects
from renche.ingest.report import Report, Step, list_awaited
from renche.ingest.waiting import all_arrived, awaited, number_awaited, release, waiting_counts
from renche.ingest.worker import IngestFailed, Worker
from renche.ingest.write import Outcome, write_batch
from renche.vault.keys import Keys

T = TypeVar("T")

BATCH_SIZE: Final = 2_000
"""More rows at once keep more alive in the database until they are committed, which its memory pays for."""


async def ingest(
    paths: Sequence[Path],
    *,
    database: Database,
    vault_url: str,
    keys: Keys,
    checks: Checks,
    clock: Clock,
    data_dir: Path,
    batch_size: int = BATCH_SIZE,
    encoding: str | None = None,
    progress: Callable[[Step], None] | None = None,
) -> Report:
    """Loads the files at the paths, things before what refers to them.

    Rejected rows go to `data_dir/rejects`. `encoding` spares text files the guess; `progress` is called after each
    batch. Cancelling it leaves the graph at the last committed batch.

    Raises RefusedFile for a file that cannot be input, VaultError, EngineUnavailable when the database went away
    (the same call goes on from there), IngestFailed when the reading process did.
    """
    files = await asyncio.to_thread(find_files, paths)
    worker = Worker()  # it starts while we look at the files
    try:
        loading = Loading(database, clock, secrets.token_hex(8), files, data_dir, batch_size, progress)
        await loading.begin()
        after = [load.line for load in loading.loads]
        job = Job(list(zip(files, after, strict=True)), vault_url, keys, checks, batch_size, encoding)
        with loading.rejects:
            async for batch in worker.batches(job):
                await loading.write(batch)
        await loading.end()
        return await loading.report()
    except EngineUnavailable as error:
        raise EngineUnavailable(
            f"{error.message} What was loaded so far is kept: run the same command again to go on from there."
        ) from None
    finally:
        await worker.close()


class Loading:
    """One call of `ingest` under way."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        run: str,
        files: list[InputFile],
        data_dir: Path,
        batch_size: int,
        progress: Callable[[Step], None] | None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._run = run
        self._files = files
        self._batch_size = batch_size
        self._progress = progress
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._data_dir = data_dir
        self._report = Report(data_dir / "rejects")
        self._rows = 0
        self._done = 0
        self._total = sum(file.size for file in files)
        self.rejects = Rejects(data_dir / "rejects", files)
        self.loads: list[Load] = []

    async def begin(self) -> None:
        """Finds how far an earlier run came with each file, and finishes what it left half released."""
        loads = [await asyncio.to_thread(self._load_of, file) for file in self._files]

        async def work(transaction: Transaction) -> tuple[list[Load], list[str]]:
            found = [await begin(transaction, self._run, load) for load in loads]
            return found, await self._tidy(transaction, found[0])

        self.loads, left = await self._transact("ingest.begin", work)
        for file, load in zip(self._files, self.loads, strict=True):
            self.rejects.resume(file, load.line)
            self._report.add(file.kind, load.counts)
        await self._release(left)

    def _load_of(self, file: InputFile) -> Load:
        try:
            return Load(content_id(file.path, file.kind), file.kind, file.path.name)
        except OSError as error:
            raise RefusedFile(file.path, "it cannot be read; check its permissions.") from error

    async def write(self, batch: Batch) -> None:
        """Writes one batch, and the links that waited for what it brought."""
        file, load = self._files[batch.file], self.loads[batch.file]
        attempts = 0

        def reject(rejects: list[Reject]) -> None:
            if attempts > 1:
                self.rejects.resume(file, load.line)
            for line, found, raw in rejects:
                self.rejects.add(file, line, found, raw)
            self.rejects.flush()

        async def work(transaction: Transaction) -> Outcome:
            nonlocal attempts
            attempts += 1
            return await write_batch(transaction, batch, load, self._run, self._clock.now(), reject)

        outcome = await self._transact("ingest.batch", work)
        self.loads[batch.file] = outcome.load
        counts = Counts(*(new - old for new, old in zip(outcome.load.counts.values, load.counts.values, strict=True)))
        self._report.add(batch.kind, counts)
        self._report.warn(batch.kind, batch.warnings)
        await self._release(outcome.arrived)
        self._rows += batch.read
        if self._progress is not None:
            done = self._done + min(batch.bytes_read, file.size)
            self._progress(Step(file.path.name, done, self._total, self._rows))
        if batch.final:
            self._done += file.size

    async def report(self) -> Report:
        """What became of everything. Raises IngestFailed when a row is missing in the counts."""
        for kind, counts in self._report.counts.items():
            if not counts.balanced:
                raise IngestFailed(f"The counts of {kind} do not add up: a bug; please report it.")
        self._report.waiting = await waiting_counts(self._database)
        await list_awaited(self._report, awaited(self._database))
        return self._report

    async def _tidy(self, transaction: Transaction, load: Load) -> list[str]:
        """Things whose links are still to be released; notes anew whether there are any, and whether links wait."""
        turn = await take_turn(transaction, self._run, load.id)
        if not turn.waits:
            return []
        arrived = await all_arrived(transaction) if turn.arrived else []
        said = {"waits": await number_awaited(transaction) > 0, "arrived": bool(arrived)}
        await record(transaction, replace(turn, load={}), load, said, finished=False)
        return arrived

    async def _release(self, ids: list[str]) -> None:
        """Writes the links that waited for these things, some in each transaction."""
        if not ids:
            return
        load = self.loads[0]

        async def work(transaction: Transaction) -> bool:
            await take_turn(transaction, self._run, load.id)
            return await release(transaction, ids, self._batch_size, self._clock.now())

        while await self._transact("ingest.release", work):
            pass

    async def end(self) -> None:
        """Notes that nothing is left half released."""

        async def work(transaction: Transaction) -> list[str]:
            return await self._tidy(transaction, self.loads[0])

        await self._release(await self._transact("ingest.end", work))

    async def _transact(self, name: str, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await alone(self._database, self._data_dir, name, work)
