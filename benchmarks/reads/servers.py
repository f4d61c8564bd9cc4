"""The API processes: started, waited for, watched, and stopped by their ids."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.reads.dataset import HEAP, KEPT, NOW, ROOT, Dataset
from benchmarks.reads.documents import BENCHMARKS
from benchmarks.reads.environment import serving_python
from renche.graph.caller import READS, Scope
from renche.vault.grants import Grant
from renche.vault.keys import Keys
from renche.vault.store import Vault
from renche.vault.tokens import Tokens
from tests.neo4j_server import tied

READY_WITHIN: Final = 60.0
NODE: Final = BENCHMARKS / "peers" / "neo4j_graphql"
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_RENCHE: Final = "from renche.server.cli import main; main()"
# What `renche serve` has by itself is stated for the other Python servers.
_UVICORN: Final = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")


class NotServing(Exception):
    """A server did not start; the message names its log."""


@dataclass(frozen=True)
class Server:
    """A running API: its address, the headers it wants, its process, and how long it took until it answered."""

    name: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    process: subprocess.Popen[bytes]
    seconds_to_start: float

    def cpu(self) -> float:
        """Seconds of CPU that the process and its children have used."""
        return sum(_cpu(pid) for pid in _family(self.process.pid))

    def memory(self) -> float:
        """Megabytes resident."""
        return sum(_resident(pid) for pid in _family(self.process.pid))


def install_node_modules() -> None:
    """The packages of package-lock.json, where they are not there yet. Raises NotServing without npm."""
    lock, done = NODE / "package-lock.json", NODE / "node_modules" / ".package-lock.json"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise NotServing("Node.js 20 or later and npm are not installed; @neo4j/graphql needs them.")
    subprocess.run([npm, "ci", "--silent"], cwd=NODE, check=True)
    done.touch()


def node_version() -> str:
    """The version of Node.js."""
    return subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip().lstrip("v")


@contextmanager
def servers(data: Dataset, names: tuple[str, ...], *, embedded: Path | None = None) -> Iterator[dict[str, Server]]:
    """These servers, each one process, before the same database; they are stopped at the end.

    The one named `embedded` is renche with the embedded engine of that folder.
    """
    with ExitStack() as stack:
        yield {name: stack.enter_context(serving(name, data, embedded)) for name in names}


@contextmanager
def serving(name: str, data: Dataset, embedded: Path | None = None) -> Iterator[Server]:
    """One server for as long as the block runs. Raises NotServing."""
    port = _free_port()
    command, environment = _command(name, data, port, embedded)
    headers = {"content-type": "application/json"} | _credentials(name, data, embedded)
    log = KEPT / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    with log.open("wb") as sink:
        process = subprocess.Popen(
            tied(command),
            env={**_inherited(), **environment},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while not _listens(port):
            if process.poll() is not None or time.perf_counter() - started > READY_WITHIN:
                raise NotServing(f"{name} did not start; see {log.relative_to(ROOT)}.")
            time.sleep(0.01)
        seconds = time.perf_counter() - started
        yield Server(name, f"http://127.0.0.1:{port}/graphql", headers, process, seconds)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _command(name: str, data: Dataset, port: int, embedded: Path | None) -> tuple[list[str], dict[str, str]]:
    """How a server is started, and what it is told in its environment."""
    end = data.endpoint
    if name in ("renche", "embedded"):
        # As the others, it gives up on nothing, however busy the machine is.
        own = {"RENCHE_NOW": NOW.isoformat(), "RENCHE_TIME_LIMIT": "600", "RENCHE_RATE_LIMIT": str(10**12)}
        if name == "embedded":
            own |= {"RENCHE_DATA_DIR": str(embedded), "RENCHE_EMBEDDED_HEAP": HEAP}
        else:
            own |= {
                "RENCHE_NEO4J_URI": end.uri,
                "RENCHE_NEO4J_USER": end.user,
                "RENCHE_NEO4J_PASSWORD": end.password,
                "RENCHE_DATA_DIR": str(data.data_dir),
            }
        return [str(serving_python()), "-c", _RENCHE, "serve", "--port", str(port)], own
    peer = {
        "PEER_NEO4J_URI": end.uri,
        "PEER_NEO4J_USER": end.user,
        "PEER_NEO4J_PASSWORD": end.password,
        "PEER_AS_OF": NOW.date().isoformat(),
        "PEER_AS_KNOWN_AT": NOW.isoformat(),
        "PEER_PORT": str(port),
        "NODE_ENV": "production",
    }
    if name == "neo4j_graphql":
        return ["node", str(NODE / "server.mjs")], peer
    package = {"strawberry": "strawberry_dataloader", "floor": "floor"}[name]
    app = f"benchmarks.peers.{package}.app:app"
    return [str(serving_python()), "-m", "uvicorn", app, "--port", str(port), *_UVICORN], peer


def _credentials(name: str, data: Dataset, embedded: Path | None) -> dict[str, str]:
    """What a server wants to know of who asks: renche a token, the others nothing."""
    folder = {"renche": data.data_dir, "embedded": embedded}.get(name)
    if folder is None:
        return {}
    vault_url = f"sqlite:///{(folder / 'vault.sqlite').absolute()}"
    grant = Grant(
        name="reads",
        owner="benchmarks",
        env="bench",
        scopes=frozenset(READS | {Scope.VIN}),
        expires_at=datetime.now(UTC) + timedelta(days=1),
    )
    with Vault.open(vault_url, Keys.load(folder / "keys.json")) as vault:
        return {"authorization": f"Bearer {Tokens(vault).issue(grant, 'cli:bench').text}"}


def _inherited() -> Mapping[str, str]:
    """The environment without settings of renche that the user has for himself."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RENCHE_")}


def _family(pid: int) -> list[int]:
    """The process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text(encoding="ascii").split():
            found += _family(int(child))
    return found


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _resident(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
