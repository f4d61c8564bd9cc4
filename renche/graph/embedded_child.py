"""The child process of the embedded engine: `python -m renche.graph.embedded_child DATA_DIR …`.

Started by `embedded.py` only, with the data folder's lock and a socket to its owner on stdin. It reports on
that socket once (the Bolt port, or why it cannot run), and ends on a signal, or when the owner is gone.
"""

import argparse
import contextlib
import json
import os
import select
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import jpype
from arcadedb_embedded.server import ArcadeDBServer

from renche.graph.embedded import CLOSING, DATABASE, USER
from renche.graph.embedded_folder import ANALYST, READER, EngineFolder, write_private
from renche.graph.embedded_users import admit_readers, limit_commands

# Closing may write out all that is in memory; past this it hangs, and an orphan would keep the folder.
_CLOSE_SECONDS = 120.0

_JVM_ARGUMENTS = [
    "-Xrs",  # the JVM leaves signals to us, so that closing goes one way only
    "-XX:+UseParallelGC",  # takes less of few processors than the default one
    # Compiling took more time than a first load's own work: less inlining halves that, and the work takes no longer.
    "-XX:MaxInlineLevel=9",
    "-XX:FreqInlineSize=150",
    "-XX:InlineSmallCode=1200",
]

# How often to look whether the owner is still our parent; a start elsewhere waits longer than this.
_LOOK_SECONDS = 0.25


class CannotRun(Exception):
    """Why the engine does not run, as a sentence for the owner."""


def main() -> None:
    """Run the engine until the owner stops it, or is gone."""
    parser = argparse.ArgumentParser(prog="renche.graph.embedded_child")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--lock", type=int, required=True)
    parser.add_argument("--heap", required=True)
    parser.add_argument("--bolt-port", type=int, required=True)
    parser.add_argument("--command-timeout-ms", type=int, required=True)
    parser.add_argument("--analyst-timeout-ms", type=int, required=True)
    parser.add_argument("--reader-timeout-ms", type=int, required=True)
    settings = parser.parse_args()

    sys.excepthook = _end_at_once

    # Not PR_SET_PDEATHSIG: it fires when the *thread* that started us ends, and owners start us in threads.
    # The socket's end tells the same; the parent's id covers an owner whose end of it lives on in a fork.
    parent = os.getppid()
    owner = socket.socket(fileno=sys.stdin.fileno())
    folder = EngineFolder(settings.data_dir)
    with _signals() as signalled:
        try:
            server = _start(folder, settings.heap, settings.bolt_port)
            readers = {ANALYST: settings.analyst_timeout_ms, READER: settings.reader_timeout_ms}
            limit_commands(server, settings.command_timeout_ms, readers)
            admit_readers(server, folder)
            _leave_console()
        except CannotRun as error:
            _report(owner, {"error": str(error)})
            raise
        port = _bolt_port(server)
        address = {"uri": f"bolt://127.0.0.1:{port}", "user": USER, "database": DATABASE, "pid": os.getpid()}
        write_private(folder.endpoint, json.dumps(address))
        _report(owner, {"bolt_port": port})

        while os.getppid() == parent and not select.select([owner, signalled], [], [], _LOOK_SECONDS)[0]:
            pass

        os.ftruncate(settings.lock, 0)
        os.pwrite(settings.lock, f"{CLOSING}{os.getpid()}".encode(), 0)
        folder.endpoint.unlink(missing_ok=True)
        hanging = threading.Timer(_CLOSE_SECONDS, os._exit, [1])
        hanging.daemon = True
        hanging.start()
        server.stop()


def _end_at_once(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """End after an error: the JVM's threads would keep the process, and so the folder, for ever."""
    traceback.print_exception(kind, error, trace, limit=-2, chain=False)
    sys.stderr.flush()
    os._exit(1)


@contextlib.contextmanager
def _signals() -> Iterator[socket.socket]:
    """A socket that becomes readable when a signal asks us to end."""
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    with reading, writing:
        signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        yield reading
        signal.set_wakeup_fd(-1)


def _start(folder: EngineFolder, heap: str, bolt_port: int) -> ArcadeDBServer:
    if bolt_port:
        _refuse_taken(bolt_port)
    server = ArcadeDBServer(
        str(folder.home),
        None,
        {
            "host": "127.0.0.1",
            "mode": "production",  # LOAD CSV reads any local file otherwise
            # The path, not the password: a setting may be logged.
            "server_rootPasswordPath": str(folder.password),
            "server_plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
            "bolt_port": bolt_port,
            # It would tell its maker of this installation.
            "support_autoRegister": False,
            # Zero has the system choose a free one; HTTP cannot be left out.
            "http_port": 0,
        },
        jvm_kwargs={"heap_size": heap, "jvm_args": _JVM_ARGUMENTS},
    )
    server.start()
    server.create_database(DATABASE)
    _check_password(server, folder)
    return server


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        # As the engine does: a port that only waits for its last connections to fade is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CannotRun(
                f"Port {port} on 127.0.0.1 cannot be used by the embedded engine ({error.strerror}): "
                "stop what listens there, or set another port or none."
            ) from None


def _check_password(server: ArcadeDBServer, folder: EngineFolder) -> None:
    """The engine learnt the password at its first start: a file changed since would lock everyone out."""
    password = folder.password.read_text(encoding="utf-8").strip()
    try:
        server._java_server.getSecurity().authenticate(USER, password, None)
    except jpype.JException:
        server.stop()
        raise CannotRun(
            f"The engine does not accept the password in {folder.password}: put the first one back, or "
            f"remove both it and {folder.users} to have new ones made."
        ) from None


def _bolt_port(server: ArcadeDBServer) -> int:
    plugins = server._java_server.getPlugins()
    return next(int(plugin.getPort()) for plugin in plugins if "bolt" in str(plugin.getName()).lower())


def _leave_console() -> None:
    """From now on the engine logs to its own files, which it keeps short; the console's would only grow."""
    root = jpype.JClass("java.util.logging.Logger").getLogger("")
    for handler in list(root.getHandlers()):
        if handler.getClass().getSimpleName() == "ConsoleHandler":
            root.removeHandler(handler)


def _report(owner: socket.socket, report: dict[str, object]) -> None:
    # An owner who is gone already is noticed right after.
    with contextlib.suppress(OSError):
        owner.sendall(json.dumps(report).encode() + b"\n")


if __name__ == "__main__":
    main()
