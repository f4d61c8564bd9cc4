"""The analysts' shell: a prompt with history and completion, on Python's own `readline`."""

import asyncio
import contextlib
import re
from collections.abc import Callable
from typing import Any

from rich.console import Console

from renche.graph import gate_words as words
from renche.graph.errors import InvalidArgument, RencheError
from renche.graph.migrate import expected_indexes
from renche.graph.saved_queries import saved_queries, saved_query
from renche.server.cypher_commands import parameter
from renche.server.cypher_output import show_table
from renche.server.opening import open_analysts
from renche.server.settings import Settings

_HELP = """\
A statement ends with ; or an empty line.
:saved NAME    ask a saved query        :list           list them
:param a=JSON  set a parameter          :params         show them
:quit          leave (so does Ctrl-D)"""
_KEPT = 1_000  # statements in the history


def show_saved(console: Console) -> None:
    """Each saved query with its sentence and its parameters."""
    for query in saved_queries().values():
        console.print(query.name, style="bold", highlight=False)
        console.print(f"  {query.sentence}", highlight=False, markup=False)
        for each in query.parameters:
            default = "" if each.default is None else f" = {each.default}"
            console.print(f"  --param {each.name}: {each.kind}{default}", highlight=False, markup=False)


def run_shell(settings: Settings, values: dict[str, Any]) -> None:
    """Asks what is typed until the end of input; a mistake is shown, and the shell goes on."""
    out = Console()
    with asyncio.Runner() as runner, _history(settings):
        opened = open_analysts(settings)
        analysts = runner.run(opened.__aenter__())
        try:
            out.print("Read-only Cypher; :help says what else there is.", highlight=False)
            shell = Shell(settings, values, out, lambda text, given: runner.run(analysts.ask(text, given)))
            shell.run(input)
        finally:
            runner.run(opened.__aexit__(None, None, None))


class Shell:
    """What is typed, line by line, and what comes of it."""

    def __init__(
        self, settings: Settings, values: dict[str, Any], out: Console, ask: Callable[[str, dict[str, Any]], Any]
    ) -> None:
        self._settings = settings
        self._values = values
        self._out = out
        self._ask = ask

    def run(self, read: Callable[[str], str]) -> None:
        """Reads lines until there are none, or one says :quit."""
        lines: list[str] = []
        while True:
            try:
                line = read("renche> " if not lines else "   ...> ")
            except KeyboardInterrupt:
                self._out.print()
                lines.clear()
                continue
            except EOFError:
                break
            if not lines and line.startswith(":"):
                if line.strip() in (":quit", ":exit"):
                    break
                self._tried(lambda line=line: self._command(line))  # type: ignore[misc]  # bound now
                continue
            if line.strip():
                lines.append(line)
            if lines and (not line.strip() or line.rstrip().endswith(";")):
                text = "\n".join(lines)
                lines.clear()
                self._tried(lambda text=text: self._show(text, self._used(text)))  # type: ignore[misc]

    def _tried(self, act: Callable[[], None]) -> None:
        try:
            act()
        except RencheError as error:
            self._out.print(error.message, style="red", markup=False, highlight=False)
        except KeyboardInterrupt:
            self._out.print("Given up.", style="yellow")

    def _command(self, line: str) -> None:
        name, _, rest = line.strip().partition(" ")
        if name == ":help":
            self._out.print(_HELP, highlight=False, markup=False)
        elif name == ":list":
            show_saved(self._out)
        elif name == ":param":
            key, value = parameter(rest.strip())
            self._values[key] = value
        elif name == ":params":
            self._out.print(self._values)
        elif name == ":saved":
            query = saved_query(rest.strip())
            given = {each.name: self._values[each.name] for each in query.parameters if each.name in self._values}
            self._show(query.text, query.values(given, self._settings.clock.today()))
        else:
            raise InvalidArgument(f"{name} is no command of this shell; :help lists them.")

    def _used(self, text: str) -> dict[str, Any]:
        """Of the values that were set, those that the statement may name."""
        named = set(re.findall(r"\$`?(\w+)", text))
        return {name: value for name, value in self._values.items() if name in named}

    def _show(self, text: str, values: dict[str, Any]) -> None:
        answer = self._ask(text, values)
        show_table(answer, self._out)
        if answer.truncated:
            self._out.print("A limit left rows out of this answer; ask for less.", style="yellow")


def completions(word: str) -> list[str]:
    """What a word may become: keywords, functions, labels and types of relationships, saved queries."""
    if word.startswith(":"):
        known = [":help", ":list", ":param", ":params", ":quit", ":saved"]
    else:
        targets = {index.target for index in expected_indexes()}
        known = [*sorted(words.CLAUSES | words.BINARY), *sorted(targets), *sorted(words.FUNCTIONS), *saved_queries()]
    return [each for each in known if each.lower().startswith(word.lower())]


@contextlib.contextmanager
def _history(settings: Settings) -> Any:
    """Lines of earlier days come back with the arrow keys; they stay in the data folder, for this user alone."""
    try:
        import readline
    except ImportError:  # Windows
        yield
        return
    file = settings.data_dir / "cypher.history"
    with contextlib.suppress(OSError):
        readline.read_history_file(file)
    readline.set_history_length(_KEPT)
    readline.set_completer_delims(" \t\n()[]{},.=<>+-*/|&")
    readline.set_completer(lambda text, state: [*completions(text), None][state] if state < 1_000 else None)
    readline.parse_and_bind("tab: complete")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            file.touch(mode=0o600)
            readline.write_history_file(file)
