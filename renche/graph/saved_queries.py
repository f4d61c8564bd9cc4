"""The analysts' saved queries, read from `renche/cypher/analyst/*.cypher`.

Each has a header of comment lines, and a text that passes the gate:

    // saved: buyers_again
    // One sentence that says what it answers.
    // parameters: city: text, most: number = 100
    MATCH ...

A parameter without a default, which is written as JSON, must be given. Kinds: text, number, day, list, flag.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final

from renche.graph.errors import InvalidArgument
from renche.graph.named_queries import QueryFileError

_HEADER: Final = re.compile(r"^// saved: ([a-z_]+)\n// (.+)\n(?:// parameters: (.+)\n)?", re.MULTILINE)
_PARAMETER: Final = re.compile(r"(\w+): (text|number|day|list|flag)(?: = (\"[^\"]*\"|[^,]+))?(?:, |$)")
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "text": (str,),
    "number": (int, float),
    "day": (str,),
    "list": (list,),
    "flag": (bool,),
}
_TODAY: Final = "today"


@dataclass(frozen=True)
class SavedParameter:
    """A parameter of a saved query; `default` is JSON, None where one must be given."""

    name: str
    kind: str
    default: str | None

    def check(self, value: Any, today: date) -> Any:
        """The value as the statement takes it; raises InvalidArgument when it is none of this kind."""
        fits = isinstance(value, _TYPES[self.kind]) and (self.kind == "flag" or not isinstance(value, bool))
        if fits and self.kind == "day":
            if value == _TODAY:
                return today.isoformat()
            try:
                return date.fromisoformat(value).isoformat()
            except ValueError:
                fits = False
        if not fits:
            raise InvalidArgument(f"{self.name}: give a {self.kind}" + ', as "2026-07-01".' * (self.kind == "day"))
        return value


@dataclass(frozen=True)
class SavedQuery:
    """A statement with a name, the sentence that says what it answers, and its parameters."""

    name: str
    sentence: str
    parameters: tuple[SavedParameter, ...]
    text: str

    def values(self, given: Mapping[str, Any], today: date) -> dict[str, Any]:
        """A value for each parameter; raises InvalidArgument for one that is missing, wrong or not the query's."""
        if unknown := sorted(given.keys() - {parameter.name for parameter in self.parameters}):
            raise InvalidArgument(f"{self.name} has no parameter {unknown[0]}.")
        found = {}
        for parameter in self.parameters:
            if parameter.name not in given and parameter.default is None:
                raise InvalidArgument(f"{self.name} wants {parameter.name} ({parameter.kind}).")
            value = given[parameter.name] if parameter.name in given else json.loads(str(parameter.default))
            found[parameter.name] = parameter.check(value, today)
        return found


def saved_query(name: str) -> SavedQuery:
    """The saved query with this name; raises InvalidArgument when there is none."""
    try:
        return saved_queries()[name]
    except KeyError:
        raise InvalidArgument(f"There is no saved query {name}; there are {', '.join(saved_queries())}.") from None


@cache
def saved_queries() -> dict[str, SavedQuery]:
    """Every saved query by name."""
    entries = sorted(files("renche.cypher.analyst").iterdir(), key=lambda entry: entry.name)
    texts = [entry.read_text(encoding="utf-8") for entry in entries if entry.name.endswith(".cypher")]
    found = [query for text in texts for query in read_saved(text)]
    return {query.name: query for query in sorted(found, key=lambda query: query.name)}


def read_saved(source: str) -> list[SavedQuery]:
    """The queries of a file; raises QueryFileError for a header that is not well formed."""
    heads = list(_HEADER.finditer(source))
    if len(heads) != source.count("// saved:"):
        raise QueryFileError("A header of a saved query is not well formed.")
    ends = [head.start() for head in heads[1:]] + [len(source)]
    return [
        SavedQuery(head[1], head[2], _parameters(head[3] or ""), source[head.end() : end].strip())
        for head, end in zip(heads, ends, strict=True)
    ]


def _parameters(text: str) -> tuple[SavedParameter, ...]:
    found = list(_PARAMETER.finditer(text))
    if "".join(match[0] for match in found) != text:
        raise QueryFileError(f"{text!r} are no parameters of a saved query.")
    return tuple(SavedParameter(match[1], match[2], match[3]) for match in found)
