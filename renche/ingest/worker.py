"""The worker: a process that reads, checks, fingerprints and encrypts rows while its owner writes the graph.

It hands batches over through a pipe, in order. A pipe, since it ends when either side does: a dead worker is an
error at once and never a wait, and a worker whose owner died stops at its next batch.
"""

import asyncio
import contextlib
import gc
import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Final

from renche.graph.errors import RencheError
from renche.ingest.batch import Batch
from renche.ingest.batches import Job, prepared_batches
from renche.ingest.errors import RefusedFile
from renche.vault.errors import VaultError

_AHEAD: Final = 4
_PATIENCE: Final = 5
_NICENESS: Final = 19
_PROGRAM: Final = "from renche.ingest.worker import main; main()"


class IngestFailed(RencheError):
    """A load ended before its end; the same command goes on where it stopped."""


class Worker:
    """The worker process, seen from its owner."""

    def __init__(self) -> None:
        self._pipe, theirs = Pipe()
        # A process of its own kind: multiprocessing's would run the owner's main module first. In a process group of
        # its own, a Ctrl-C in the terminal is the owner's to handle; in the owner's session, since Linux weighs
        # sessions against one another whatever the niceness of their processes.
        self._process = subprocess.Popen(  # noqa: S603 - our own code, no shell
            [sys.executable, "-P", "-c", _PROGRAM, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            process_group=0,
        )
        theirs.close()

    async def batches(self, job: Job) -> AsyncIterator[Batch]:
        """The batches of the job, in order; some are prepared ahead.

        Raises RefusedFile, VaultError, or IngestFailed when the worker died or met a bug.
        """
        ready: asyncio.Queue[Batch | Exception | None] = asyncio.Queue(_AHEAD)

        async def receive() -> None:
            while True:
                message = await asyncio.to_thread(self._receive)
                await ready.put(message)
                if not isinstance(message, Batch):
                    return

        try:
            await asyncio.to_thread(self._pipe.send, job)
        except OSError:
            raise self._death() from None
        receiver = asyncio.create_task(receive())
        try:
            while (message := await ready.get()) is not None:
                if isinstance(message, Exception):
                    raise message
                yield message
        finally:
            self._process.terminate()  # the pipe ends, and with it a receive that waits in its thread
            receiver.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await receiver

    def _receive(self) -> Batch | Exception | None:
        try:
            data = self._pipe.recv_bytes()
        except (EOFError, OSError):
            return self._death()
        # Rows hold no cycles, so looking for some while they come takes most of the time.
        gc.disable()
        try:
            message: Batch | Exception | None = pickle.loads(data)  # noqa: S301 - our own worker
        finally:
            gc.enable()
        return message

    def _death(self) -> IngestFailed:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)
        return IngestFailed(
            f"The process that reads the files ended (exit code {self._process.returncode}); what it had handed over "
            "is loaded. Run the same command again to go on from there."
        )

    async def close(self) -> None:
        """Ends the process, whatever it is doing."""
        self._process.terminate()
        try:
            await asyncio.to_thread(self._process.wait, _PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)
        self._pipe.close()


def main() -> None:
    """The worker's program; its argument is the number of its end of the pipe."""
    run(Connection(int(sys.argv[1])))


def run(pipe: Connection) -> None:
    """The worker's own life: one job, then the end."""
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the owner is gone
        job: Job = pipe.recv()
        # The database is what everybody waits for: where cores are few, this process has what is left.
        os.nice(_NICENESS)
        try:
            # Rows hold no cycles, so looking for some while thousands are alive is a quarter of the time wasted.
            gc.disable()
            gc.freeze()
            for batch in prepared_batches(job):
                pipe.send_bytes(pickle.dumps(batch, 5))
                del batch
                gc.collect(0)  # what is not of this batch need not be looked at again
            last: Exception | None = None
        except (BrokenPipeError, ConnectionResetError):
            return
        except (RefusedFile, VaultError) as error:
            last = error
        except Exception as error:  # noqa: BLE001 - whatever it is, the owner must hear of it
            last = _bug(error)
        pipe.send_bytes(_pickled(last))


def _pickled(message: Exception | None) -> bytes:
    if isinstance(message, RefusedFile):
        return pickle.dumps(_Refusal(message.path, message.reason), 5)
    if isinstance(message, VaultError):
        message.__cause__ = None
    return pickle.dumps(message, 5)


class _Refusal:
    """Carries a RefusedFile, whose arguments differ from its text, through the pipe."""

    def __init__(self, path: Path, reason: str) -> None:
        self._arguments = path, reason

    def __reduce__(self) -> tuple[type[RefusedFile], tuple[Path, str]]:
        return RefusedFile, self._arguments


def _bug(error: Exception) -> IngestFailed:
    """Where it happened, without the error's text: it may quote a value."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    return IngestFailed(
        f"Reading the files failed with {type(error).__name__} in {Path(at.filename).name}, line {at.lineno}: "
        "a bug; please report it."
    )
