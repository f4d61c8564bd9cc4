"""The embedded engine: a graph database of one's own in a data folder, as a child process.

Used when no Neo4j address is set. The child (`embedded_child`) runs ArcadeDB on 127.0.0.1 and is reached
over Bolt like any other engine. It ends with its owner, however the owner ends, and a data folder has one
owner at a time; other processes `attach` to the engine that runs there.

The folder then holds:

- `engine.lock`: locked by the child as long as it lives, so it is free only when none has the files open;
- `engine.json`: where the engine answers, there only while it does;
- `engine.password`: the root password, made at the first start, mode 0600;
- `engine.analyst`, `engine.reader`: the passwords of the users that can only read, made at each start, mode 0600;
- `engine/`: the database, the engine's settings and its logs.
"""

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from renche.graph.embedded_folder import EngineFolder, write_private
from renche.graph.endpoint import Endpoint
from renche.graph.errors import EngineUnavailable

USER = "root"
ANALYST_LIMIT = timedelta(seconds=5)
DATABASE = "renche"
CLOSING = "closing "  # what the lock file begins with when the engine in it has begun to close

READY_TIMEOUT = timedelta(seconds=120)
STOP_TIMEOUT = timedelta(seconds=30)

# How long a folder must look taken before a start gives up: a look by `attach` holds the lock for an instant,
# and an engine whose owner was killed needs a moment to notice.
_TAKEN_AFTER = 2.0
_POLL = 0.05
_LAST_LINES = 12

_log = logging.getLogger(__name__)


class EmbeddedEngine:
    """An engine that this process owns: it ends with `stop`, with a `with` block, or with the process."""

    def __init__(self, child: subprocess.Popen[bytes], channel: socket.socket, endpoint: Endpoint) -> None:
        self._child = child
        self._channel = channel  # its end, on our side, is what tells the child that we are gone
        self.endpoint = endpoint

    @classmethod
    def start(
        cls,
        data_dir: Path,
        *,
        command_timeout: timedelta,
        heap: str = "1g",
        bolt_port: int | None = None,
        ready_timeout: timedelta = READY_TIMEOUT,
        analyst_timeout: timedelta = ANALYST_LIMIT,
        reader_timeout: timedelta | None = None,
    ) -> Self:
        """Start the engine of `data_dir` and wait until it answers; what a crash left behind is recovered.

        `command_timeout` ends every statement that runs longer (zero: no limit), `analyst_timeout` and
        `reader_timeout` those of the users that can only read (the reader's, when not given, as every other); `heap`
        is the JVM's largest heap, for example "1g" or "512m"; without `bolt_port` the engine takes a free one.
        Blocks for seconds.

        Raises EngineUnavailable when the folder or the port is taken, or the engine does not come up in time;
        the message says which, and holds the engine's own last lines where it has something to say.
        """
        deadline = time.monotonic() + ready_timeout.total_seconds()
        folder = EngineFolder(data_dir.absolute())
        with _file_errors(folder.data_dir):
            folder.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = _claim(folder, deadline)
            try:
                folder.endpoint.unlink(missing_ok=True)
                password = _root_password(folder)
                timeouts = {
                    "command": command_timeout,
                    "analyst": analyst_timeout,
                    "reader": command_timeout if reader_timeout is None else reader_timeout,
                }
                child, channel = _spawn(folder, lock, heap, bolt_port or 0, timeouts)
            finally:
                # From here on the child alone holds it.
                os.close(lock)
        try:
            port = _wait_until_ready(folder, child, channel, deadline)
        except BaseException:
            child.kill()
            child.wait()
            channel.close()
            raise
        return cls(child, channel, Endpoint(f"bolt://127.0.0.1:{port}", USER, password, DATABASE))

    @property
    def is_alive(self) -> bool:
        return self._child.poll() is None

    def stop(self, timeout: timedelta = STOP_TIMEOUT) -> None:
        """Have the engine close its database, and wait for it. Stopping twice does nothing.

        After `timeout` it is killed, which loses nothing that was committed.
        """
        self._child.terminate()
        try:
            self._child.wait(timeout.total_seconds())
        except subprocess.TimeoutExpired:
            _log.warning("the embedded engine did not close in time and was killed; the next start recovers")
            self._child.kill()
            self._child.wait()
        finally:
            self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def attach(data_dir: Path, *, patience: timedelta = READY_TIMEOUT) -> Endpoint | None:
    """Where the engine of `data_dir` answers, whichever process owns it; None when none runs there.

    An engine that is just starting or closing is waited for. Raises EngineUnavailable when that takes longer
    than `patience`, or the folder cannot be read.
    """
    deadline = time.monotonic() + patience.total_seconds()
    folder = EngineFolder(data_dir.absolute())
    with _file_errors(folder.data_dir):
        while _is_held(folder):
            try:
                known = json.loads(folder.endpoint.read_text(encoding="utf-8"))
                password = folder.password.read_text(encoding="utf-8").strip()
                return Endpoint(known["uri"], known["user"], password, known["database"])
            except FileNotFoundError:
                if time.monotonic() > deadline:
                    raise EngineUnavailable(
                        f"The engine of {folder.data_dir} is still starting or closing: try again later, "
                        f"or end process {_holder(folder)}."
                    ) from None
                time.sleep(_POLL)
    return None


@contextlib.asynccontextmanager
async def embedded(
    data_dir: Path,
    *,
    command_timeout: timedelta,
    heap: str = "1g",
    bolt_port: int | None = None,
    analyst_timeout: timedelta = ANALYST_LIMIT,
    reader_timeout: timedelta | None = None,
) -> AsyncIterator[Endpoint]:
    """The engine of `data_dir` for the length of a block: the one that runs there, else one of our own.

    For commands that come and go beside a server. Arguments and errors are those of `EmbeddedEngine.start`;
    an engine that another process owns keeps its own settings.
    """
    endpoint = await asyncio.to_thread(attach, data_dir)
    engine = None
    if endpoint is None:
        starting = asyncio.ensure_future(
            asyncio.to_thread(
                EmbeddedEngine.start,
                data_dir,
                command_timeout=command_timeout,
                heap=heap,
                bolt_port=bolt_port,
                analyst_timeout=analyst_timeout,
                reader_timeout=reader_timeout,
            )
        )
        try:
            engine = await asyncio.shield(starting)
            endpoint = engine.endpoint
        except asyncio.CancelledError:
            # The thread cannot be called back: let it finish, then close what it started.
            with contextlib.suppress(EngineUnavailable):
                (await starting).stop()
            raise
        except EngineUnavailable:
            # Another process may have been quicker.
            endpoint = await asyncio.to_thread(attach, data_dir)
            if endpoint is None:
                raise
    try:
        yield endpoint
    finally:
        if engine is not None:
            await asyncio.to_thread(engine.stop)


@contextlib.contextmanager
def _file_errors(data_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EngineUnavailable(
            f"The data folder {data_dir} cannot be used ({error.strerror}): make it a folder that this user "
            "may read and write, on a file system with locks, or choose another one."
        ) from error


def _claim(folder: EngineFolder, deadline: float) -> int:
    """Lock the folder and put our process's name on it; waits for an engine that is closing."""
    lock = os.open(folder.lock, os.O_RDWR | os.O_CREAT, 0o600)
    taken_since = time.monotonic()
    try:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                now = time.monotonic()
                text = _lock_text(folder)
                if not text or text.startswith(CLOSING):
                    taken_since = now
                elif now - taken_since > _TAKEN_AFTER:
                    raise EngineUnavailable(
                        f"The data folder {folder.data_dir} is in use by process {_holder(folder)}, which "
                        "runs its engine: stop that process first, or choose another folder."
                    ) from None
                if now > deadline:
                    raise EngineUnavailable(
                        f"The engine that ran in {folder.data_dir} is still closing: try again later, or end "
                        f"process {_holder(folder)}."
                    ) from None
                time.sleep(_POLL)
            else:
                os.ftruncate(lock, 0)
                os.pwrite(lock, str(os.getpid()).encode(), 0)
                return lock
    except BaseException:
        os.close(lock)
        raise


def _is_held(folder: EngineFolder) -> bool:
    try:
        lock = os.open(folder.lock, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(lock)


def _lock_text(folder: EngineFolder) -> str:
    return folder.lock.read_text(encoding="utf-8")


def _holder(folder: EngineFolder) -> str:
    """The process to name to people: the owner, or the engine itself once it closes."""
    return _lock_text(folder).removeprefix(CLOSING) or "(unknown)"


def _root_password(folder: EngineFolder) -> str:
    """The password in the folder; made, and kept there, at the first start."""
    if not folder.password.exists():
        if folder.users.exists():
            raise EngineUnavailable(
                f"{folder.password} is missing, but its engine has its users already: put the file back, "
                f"or remove {folder.users} to have new ones made."
            )
        write_private(folder.password, secrets.token_urlsafe(32))
    folder.password.chmod(0o600)
    return folder.password.read_text(encoding="utf-8").strip()


def _spawn(
    folder: EngineFolder,
    lock: int,
    heap: str,
    bolt_port: int,
    timeouts: Mapping[str, timedelta],
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """The child, and our end of the socket that is its stdin: its report comes out there."""
    for made in (folder.home, folder.console.parent):
        made.mkdir(mode=0o700, exist_ok=True)
    ours, theirs = socket.socketpair()
    console = os.open(folder.console, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        child = subprocess.Popen(  # noqa: S603 - our own module, arguments as a list
            # -P: or a module lying in the working directory would come first.
            [
                sys.executable,
                "-P",
                "-m",
                "renche.graph.embedded_child",
                str(folder.data_dir),
                f"--lock={lock}",
                f"--heap={heap}",
                f"--bolt-port={bolt_port}",
                *(f"--{whose}-timeout-ms={round(each.total_seconds() * 1000)}" for whose, each in timeouts.items()),
            ],
            cwd=folder.home,
            stdin=theirs.fileno(),
            stdout=console,
            stderr=console,
            pass_fds=[lock],
            umask=0o077,
            # A Ctrl-C in the terminal is the owner's to handle: it stops the engine after its own work. In its session,
            # the engine goes before whatever the owner runs with less priority.
            process_group=0,
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
        os.close(console)
    return child, ours


def _wait_until_ready(
    folder: EngineFolder, child: subprocess.Popen[bytes], channel: socket.socket, deadline: float
) -> int:
    """The Bolt port, from the child's report."""
    try:
        channel.settimeout(max(deadline - time.monotonic(), 0.001))
        with channel.makefile("rb") as reports:
            line = reports.readline()
    except TimeoutError:
        raise EngineUnavailable(
            f"The embedded engine in {folder.data_dir} was not ready in time. {_last_words(folder)}"
        ) from None
    except ConnectionError:
        line = b""
    if not line:
        raise EngineUnavailable(
            f"The embedded engine in {folder.data_dir} ended while starting (exit code {child.wait()}). "
            f"{_last_words(folder)}"
        )
    report = json.loads(line)
    if "error" in report:
        raise EngineUnavailable(report["error"])
    port: int = report["bolt_port"]
    return port


def _last_words(folder: EngineFolder) -> str:
    lines = folder.console.read_text(encoding="utf-8", errors="replace").splitlines()
    last = [line for line in lines if line.strip()][-_LAST_LINES:]
    return "\n".join([f"The last lines of {folder.console}:", *last])
