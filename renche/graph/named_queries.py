"""The texts of every query, read from `renche/cypher/*.cypher` once, when Python imports this module.

A file holds definitions, each with a header of comment lines:

    // name: person.by_id (read)
    // One sentence that says what it answers.
    MATCH (person:Person {id: $id}) RETURN properties(person) AS person

    // predicate: known(fact)
    // One sentence.
    fact.recordedAt <= datetime($asKnownAt) AND (fact.retractedAt IS NULL OR datetime($asKnownAt) < fact.retractedAt)

A predicate is a condition with a name: wherever a text says `known(purchase)`, the condition stands there
with `purchase` in the place of `fact`. A rule is thus written once. Traversals (see traversal.py) have more
header lines.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_HEADER = re.compile(r"^// (name|predicate): (.+)$")
_ALMOST_HEADER = re.compile(r"^\s*//\s*(name|predicate)\s*:", re.IGNORECASE)
_NAME = re.compile(r"^([a-z_]+(?:\.[a-z_]+)*) \((read|write)\)(?: scope: ([a-z]+:[a-z]+))?$")
_PREDICATE = re.compile(r"^([a-z_]+)\(([a-z_]+(?:, [a-z_]+)*)\)$")
_ATTRIBUTE = re.compile(r"\b([a-z]+): (.+?)(?=\s{2,}[a-z]+: |$)")
_ATTRIBUTES = frozenset({"from", "to", "value", "binds", "edge", "edges", "one", "indexed", "order"})
_TEXT = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_PARAMETER = re.compile(r"\$([a-zA-Z]\w*)")


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
    return _with_predicates(f"{predicate}({', '.join(variables)})", _shipped()[1])


def definitions() -> dict[str, Definition]:
    """Every shipped definition by name."""
    return _shipped()[0]


@cache
def _shipped() -> tuple[dict[str, Definition], dict[str, "Predicate"]]:
    entries = sorted(files("renche.cypher").iterdir(), key=lambda entry: entry.name)
    return read_definitions(
        {entry.name: entry.read_text(encoding="utf-8") for entry in entries if entry.name.endswith(".cypher")}
    )


def read_definitions(sources: Mapping[str, str]) -> tuple[dict[str, Definition], dict[str, "Predicate"]]:
    """The definitions and predicates in these texts, which are named by their files.

    Raises QueryFileError for what is not well formed, or defined twice.
    """
    blocks = [block for file, source in sources.items() for block in _blocks(source, file)]
    predicates: dict[str, Predicate] = {}
    for block in blocks:
        if block.kind == "predicate":
            match = _match(_PREDICATE, block.head)
            _refuse_known(match[1], predicates)
            predicates[match[1]] = Predicate(tuple(match[2].split(", ")), block.text)
    found: dict[str, Definition] = {}
    for block in blocks:
        if block.kind == "name":
            match = _match(_NAME, block.head)
            _refuse_known(match[1], found)
            sentence, attributes = _comments(block)
            text = _with_predicates(block.text, predicates)
            found[match[1]] = Definition(match[1], match[2] == "write", match[3], sentence, attributes, text)
    return found, predicates


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
        pattern = renaming(tuple(names))
        return "(" + pattern.sub(lambda match: names[match[1]] if match[1] else match[0], self.text) + ")"


@cache
def renaming(names: tuple[str, ...]) -> re.Pattern[str]:
    """Finds texts in quotes, to be left alone, and in group 1 these variables."""
    # Not a property, parameter, label or type, nor a function; a key of a map has a colon and no label after it.
    return re.compile(_TEXT + r"|(?<![\w$.:|])(" + "|".join(names) + r")\b(?!\s*\(|\s*:(?![A-Z]))")


def _with_predicates(text: str, predicates: dict[str, Predicate]) -> str:
    """The text with each predicate's condition in the place of its call; predicates may call others."""
    if not predicates:
        return text
    named = r"\b(" + "|".join(predicates) + r")\("
    call = re.compile(named + r"(\w+(?:, \w+)*)\)")
    for _ in range(len(predicates) + 1):
        expanded = call.sub(lambda match: predicates[match[1]].applied(match[2].split(", ")), text)
        if expanded == text:
            if left := re.search(named, text):
                raise QueryFileError(f"{left[1]!r} is a predicate and wants names of variables, nothing else.")
            return text
        text = expanded
    raise QueryFileError("Predicates call one another in a circle.")


@dataclass(frozen=True)
class _Block:
    """A definition as it stands in its file."""

    kind: str
    head: str
    comments: list[str]
    body: list[str]

    @property
    def text(self) -> str:
        return "\n".join(self.body).strip()


def _blocks(source: str, file: str) -> list[_Block]:
    blocks: list[_Block] = []
    for line in source.splitlines():
        if match := _HEADER.match(line):
            blocks.append(_Block(match[1], match[2], [], []))
        elif _ALMOST_HEADER.match(line):
            raise QueryFileError(f"{file}: {line!r} is not a well-formed header.")
        elif blocks and line.startswith("// ") and not blocks[-1].body:
            blocks[-1].comments.append(line[3:])
        elif blocks:
            blocks[-1].body.append(line)
        elif line.strip() and not line.startswith("//"):
            raise QueryFileError(f"{file}: text before the first '// name:' line.")
    return blocks


def _comments(block: _Block) -> tuple[str, dict[str, str]]:
    """The sentence, and the attributes of the lines that begin with the name of one."""
    attributes: dict[str, str] = {}
    prose = []
    for line in block.comments:
        if re.match(r"[a-z]+:", line):
            attributes |= dict(_ATTRIBUTE.findall(line))
        else:
            prose.append(line)
    if unknown := attributes.keys() - _ATTRIBUTES:
        raise QueryFileError(f"{block.head!r} has lines that mean nothing: {', '.join(sorted(unknown))}.")
    return (prose[0] if prose else ""), attributes


def _refuse_known(name: str, known: Iterable[str]) -> None:
    if name in known:
        raise QueryFileError(f"{name!r} is defined twice.")


def _match(pattern: re.Pattern[str], head: str) -> re.Match[str]:
    match = pattern.match(head)
    if match is None:
        raise QueryFileError(f"{head!r} is not a well-formed header.")
    return match
