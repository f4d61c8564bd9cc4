"""The gate of callers who may ask for aggregates only: a form so narrow that each row stands for enough people.

    MATCH pattern [WHERE conditions joined by AND] [MATCH …]
    RETURN keys and aggregates, each AS a name [ORDER BY names] [SKIP n] [LIMIT n]

What passed is rewritten: for each group it is counted how many different things it has of each variable that stands
for people or what is theirs, and what has too few is left out before anything is ordered, skipped or limited:

    MATCH … WITH keys and aggregates, count(DISTINCT person) AS group_0 WHERE group_0 >= 10 RETURN names …

The form is no larger since what is not in it is a way around the numbers: a condition with OR or a sum with CASE picks
one person out of a crowd, one person joined many times outweighs it, and an error that comes only where somebody was
found (a division by zero) tells that he is there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from renche.graph.aggregate_reader import AggregateReader
from renche.graph.aggregate_values import Use
from renche.graph.cypher_lexer import Kind, Token
from renche.graph.gate import Passed, examine


@dataclass(frozen=True)
class Aggregated(Passed):
    """A statement of aggregates, rewritten so that groups with too few people are left out."""

    uses: tuple[Use, ...]

    def check(self, given: Mapping[str, Any]) -> None:
        """Refuses what `Passed.check` does, and values of another kind than what they are compared with.

        Otherwise the database would, and only where it finds something to compare.
        """
        super().check(given)
        for use in self.uses:
            use.check(given[use.token.value])


@lru_cache(maxsize=1_000)
def examine_aggregate(text: str, smallest_group: int) -> Aggregated:
    """The rewritten statement, if it may pass; raises StatementRefused otherwise."""
    passed = examine(text)
    reader = AggregateReader(passed.tokens)
    reader.read()
    return Aggregated(_rewritten(reader, smallest_group), passed.parameters, tuple(reader.uses))


def _rewritten(read: AggregateReader, smallest_group: int) -> tuple[Token, ...]:
    """The tokens of the statement that leaves groups out; only variables and properties of its own are put in."""
    hidden = "group_"
    while any(token.value.startswith(hidden) for token in read.tokens):
        hidden += "_"
    columns: dict[str, str] = {}

    def column(aggregate: str) -> str:
        return columns.setdefault(aggregate, f"{hidden}{len(columns)}")

    def different(token: Token) -> str:
        return column(f"count(DISTINCT {token.text})")

    individuals = [read.variables[name] for name in read.individuals()]
    tests = [f"{different(token)} >= {smallest_group}" for token in individuals]
    # A sum passes over what has no value: there must be enough that have one.
    for variable, name in read.measured:
        valued = f"CASE WHEN {read.variables[variable].text}.{name} IS NOT NULL THEN"
        some = [column(f"count(DISTINCT {valued} {token.text} END)") for token in individuals]
        tests += [f"{each} >= {smallest_group}" for each in some]
    # What a pattern finds several times would outweigh the others.
    tests += [f"{column('count(*)')} = {different(read.variables[variable])}" for variable in read.once]
    if read.stars:
        each_once = [
            f"{column('count(*)')} = {different(token)}"
            for name, token in read.variables.items()
            if read.is_theirs(name)
        ]
        tests.append(f"({' OR '.join(each_once)})")
    counted = "".join(f", {aggregate} AS {name}" for aggregate, name in columns.items())
    names = ", ".join(token.text for token in read.aliases.values())
    begin, end = read.items
    put_in = f"{counted} WHERE {' AND '.join(tests)} RETURN {names}"
    return (
        *read.tokens[: begin - 1],
        replace(read.tokens[begin - 1], text="WITH", value="WITH"),
        *read.tokens[begin:end],
        replace(read.tokens[end - 1], kind=Kind.SYMBOL, text=put_in),
        *read.tokens[end:],
    )
