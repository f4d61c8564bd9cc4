"""The texts of every query, read from `renche/cypher/*.cypher` once, when Python imports this module.

A file holds definitions, each with a header of comment lines:

    // name: person.by_id (read)
    // One sentence that says what it answers.
    MATCH (person:Person {id: $id}) RETURN properties(person) AS person

    // predicate: known(fact)
    // One sentence.
    fact.recordedAt <= $asKnownAt AND (fact.retractedAt IS NULL OR $asKnownAt < fact.retractedAt)

A predicate is a condition with a name: wherever a text says `known(purchase)`, the condition stands there
with `purchase` in the place of `fact`. A rule is thus written once. Traversals (see traversal.py) have more
header lines.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_HEADER = re.compile(r"^// (name|predicate): (.+)$")
_NAME = re.compile(r"^([a-z_]+(?:\.[a-z_]+)*) \((read|write)\)(?: scope: ([a-z]+:[a-z]+))?$")
_PREDICATE = re.compile(r"^([a-z_]+)\(([a-z_, ]+)\)$")
_PARAMETER = re.compile(r"\$([a-zA-Z]+)")


class QueryFileError(Exception):
    """A .cypher file of ours is not well formed, or a name is not defined: a bug, found at start."""


@dataclass(frozen=True)
class Definition:
    """A named text as it stands in its file, with its predicates put in."""

    name: str
    write: bool
    scope: str | None
    sentence: str
    attributes: dict[str, str]
    text: str


@dataclass(frozen=True)
class Statement:
    """A whole statement, ready for the database.

    `name` becomes the comment at its head and the operation's name in the database's own logs.
    """

    name: str
    text: str
    write: bool = False

    @property
    def parameters(self) -> frozenset[str]:
        """The names of the parameters that the text uses."""
        return frozenset(_PARAMETER.findall(self.text))


def named_query(name: str) -> Statement:
    """The statement with this name; raises QueryFileError when no file defines it."""
    found = definition(name)
    return Statement(found.name, f"// {found.name}\n{found.text}", found.write)


def definition(name: str) -> Definition:
    """The definition with this name; raises QueryFileError when no file has it."""
    try:
        return definitions()[name]
    except KeyError:
        raise QueryFileError(f"No .cypher file defines {name!r}.") from None


def condition(predicate: str, *variables: str) -> str:
    """The condition of a predicate about these variables, in brackets."""
    return _with_predicates(f"{predicate}({', '.join(variables)})", _predicates())


@cache
def _predicates() -> dict[str, "Predicate"]:
    return {
        match[1]: Predicate(tuple(part.strip() for part in match[2].split(",")), "\n".join(body).strip())
        for kind, head, _, body in _all_blocks()
        if kind == "predicate" and (match := _match(_PREDICATE, head))
    }


@cache
def definitions() -> dict[str, Definition]:
    """Every definition by name."""
    found: dict[str, Definition] = {}
    predicates = _predicates()
    for kind, head, comments, body in _all_blocks():
        if kind != "name":
            continue
        match = _match(_NAME, head)
        if match[1] in found:
            raise QueryFileError(f"{match[1]!r} is defined twice.")
        attributes = dict(
            pair for line in comments for pair in re.findall(r"(\b[a-z]+): (.+?)(?=\s{2,}[a-z]+: |$)", line)
        )
        sentence = next((line for line in comments if not re.match(r"^[a-z]+: ", line)), "")
        text = _with_predicates("\n".join(body).strip(), predicates)
        found[match[1]] = Definition(match[1], match[2] == "write", match[3], sentence, attributes, text)
    return found


@dataclass(frozen=True)
class Predicate:
    """A condition with a name and the names that stand for its arguments."""

    parameters: tuple[str, ...]
    text: str

    def applied(self, arguments: list[str]) -> str:
        """The condition about these variables, in brackets."""
        if len(arguments) != len(self.parameters):
            raise QueryFileError(f"A predicate of {self.parameters} was given {arguments}.")
        names = dict(zip(self.parameters, arguments, strict=True))
        pattern = re.compile(r"(?<![\w$.:])(" + "|".join(map(re.escape, names)) + r")\b(?!\()")
        return "(" + pattern.sub(lambda match: names[match[1]], self.text) + ")"


def _with_predicates(text: str, predicates: dict[str, Predicate]) -> str:
    """The text with each predicate's condition in the place of its call; predicates may call others."""
    if not predicates:
        return text
    call = re.compile(r"\b(" + "|".join(predicates) + r")\(([a-z_, ]+)\)", re.IGNORECASE)
    for _ in range(5):
        expanded = call.sub(
            lambda match: predicates[match[1]].applied([part.strip() for part in match[2].split(",")]), text
        )
        if expanded == text:
            return text
        text = expanded
    raise QueryFileError("Predicates call one another in a circle.")


@cache
def _all_blocks() -> list[tuple[str, str, list[str], list[str]]]:
    blocks: list[tuple[str, str, list[str], list[str]]] = []
    for file in sorted(files("renche.cypher").iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".cypher"):
            blocks.extend(_blocks(file.read_text(encoding="utf-8"), file.name))
    return blocks


def _blocks(source: str, file: str) -> list[tuple[str, str, list[str], list[str]]]:
    """The definitions of one file: what kind, the head, the other comment lines, the body's lines."""
    blocks: list[tuple[str, str, list[str], list[str]]] = []
    for line in source.splitlines():
        if match := _HEADER.match(line):
            blocks.append((match[1], match[2], [], []))
        elif blocks and line.startswith("// ") and not blocks[-1][3]:
            blocks[-1][2].append(line[3:])
        elif blocks:
            blocks[-1][3].append(line)
        elif line.strip() and not line.startswith("//"):
            raise QueryFileError(f"{file}: text before the first '// name:' line.")
    return blocks


def _match(pattern: re.Pattern[str], head: str) -> re.Match[str]:
    match = pattern.match(head)
    if match is None:
        raise QueryFileError(f"{head!r} is not a well-formed header.")
    return match
