"""Reads a statement of aggregates token by token, and refuses the first one that does not fit the form.

The form stands in `aggregate_gate.py`. Nothing in it can fail on a value of the graph: a failure would tell that the
value is there.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from renche.graph import aggregate_words as words
from renche.graph.aggregate_tokens import TokenReader
from renche.graph.aggregate_values import Use, is_literal, is_value
from renche.graph.aggregate_words import Kind as Values
from renche.graph.cypher_lexer import Kind, Token

# However many people a group has, one more of these would tell that one of them has it.
THEIRS = "People and what is theirs can be counted and measured; different properties and public things cannot."


@dataclass(frozen=True)
class _Term:
    """A property of a variable, maybe with something made of it."""

    variable: str
    property: str
    kind: Values
    bare: bool


@dataclass
class AggregateReader(TokenReader):
    """Reads the tokens of a statement that the gate of all analysts let through, and keeps what must be counted."""

    variables: dict[str, Token] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)  # variable → label, of nodes
    types: dict[str, set[str]] = field(default_factory=dict)  # variable → types, of relationships
    ends: dict[str, tuple[str, str]] = field(default_factory=dict)  # the nodes at each relationship
    compared: list[tuple[str, str]] = field(default_factory=list)  # variables of which properties must be equal
    named: set[str] = field(default_factory=set)  # properties in conditions and keys
    measured: dict[tuple[str, str], Token] = field(default_factory=dict)  # those in aggregates, by variable
    once: dict[str, Token] = field(default_factory=dict)  # variables of which an aggregate counts every mention
    stars: bool = False
    aliases: dict[str, Token] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)
    items: tuple[int, int] = (0, 0)  # where the items of RETURN begin and end

    def read(self) -> None:
        """Reads all; raises StatementRefused at the first token that does not fit the form."""
        self._expect("MATCH")
        self._match()
        while self._take("MATCH"):
            self._match()
        self._expect("RETURN")
        self._return()
        if (token := self._peek()) is not None:
            self._refuse(token, f"{token.text} has no place in a statement of aggregates.")
        self._check_people()
        self._check_parts()
        for (_, name), token in self.measured.items():
            if name in self.named:
                self._refuse(token, f"{name} cannot be aggregated and stand in a condition or a key as well.")

    # Patterns

    def _match(self) -> None:
        self._path()
        while self._take(","):
            self._path()
        if self._take("WHERE"):
            self._condition()

    def _path(self) -> None:
        node = self._node()
        while self._next_is("<") or self._next_is("-"):
            link = self._relationship()
            before, node = node, self._node()
            self.ends[link] = (before, node)

    def _node(self) -> str:
        self._expect("(")
        token = self._name("a name for this node")
        name = token.value
        if name in self.types:
            self._refuse(token, f"{token.text} is the name of a relationship.")
        if self._take(":"):
            label = self._name("a label")
            if label.value not in words.PUBLIC and label.value not in words.INDIVIDUAL:
                self._refuse(label, f"{label.text} is no label that aggregates may name.")
            if self.labels.setdefault(name, label.value) != label.value:
                self._refuse(label, f"{token.text} has another label already.")
        elif name not in self.labels:
            self._refuse(token, f"{token.text} must say its label where it stands first, as ({token.text}:Person).")
        self.variables.setdefault(name, token)
        self._properties(name)
        self._expect(")")
        return name

    def _relationship(self) -> str:
        self._take("<")
        self._expect("-")
        opening = self._expect("[")
        token = self._name("a name") if not self._next_is(":") else None
        name = token.value if token is not None else f":{self.at}"  # a name that no token has
        if name in self.labels or name in self.types:
            self._refuse(token or opening, "A relationship has a name of its own.")
        self._expect(":")
        self.types[name] = {self._type()}
        while self._take("|"):
            self.types[name].add(self._type())
        if token is not None:
            self.variables[name] = token
        self._properties(name)
        self._expect("]")
        self._expect("-")
        self._take(">")
        return name

    def _type(self) -> str:
        token = self._name("a type")
        if token.value not in words.RELATIONSHIPS:
            self._refuse(token, f"{token.text} is no type of relationship that aggregates may name.")
        return token.value

    def _properties(self, variable: str) -> None:
        """Reads the properties that a node or relationship must have, if there are any."""
        if not self._take("{"):
            return
        while True:
            token = self._name("a property")
            self.named.add(token.value)
            kind = self._kind(variable, token)
            self._expect(":")
            self._value(kind)
            if not self._take(","):
                break
        self._expect("}")

    def _kind(self, variable: str, token: Token) -> Values:
        """The kind of a property, which must be one that aggregates may name."""
        if (label := self.labels.get(variable)) is not None:
            of = [words.PUBLIC.get(label) or words.INDIVIDUAL[label]]
        else:
            of = [words.RELATIONSHIPS[each] for each in sorted(self.types[variable])]
        kind = of[0].get(token.value)
        if kind is None or any(each.get(token.value) != kind for each in of):
            self._refuse(token, f"{token.text} is no property that aggregates may name here.")
        return kind

    # Conditions: each gives the properties that it is about, and only AND joins those that are about several

    def _condition(self) -> set[tuple[str, str]]:
        found = self._conjunction()
        while (token := self._peek()) is not None and (self._take("OR") or self._take("XOR")):
            found = self._about_one(token, found | self._conjunction())
        return found

    def _conjunction(self) -> set[tuple[str, str]]:
        found = self._negation()
        while self._take("AND"):
            found = found | self._negation()
        return found

    def _negation(self) -> set[tuple[str, str]]:
        token = self._peek()
        if token is not None and self._take("NOT"):
            return self._about_one(token, self._negation())
        if self._take("("):
            found = self._condition()
            self._expect(")")
            return found
        return self._comparison()

    def _about_one(self, token: Token, found: set[tuple[str, str]]) -> set[tuple[str, str]]:
        if len(found) > 1:
            self._refuse(token, f"{token.text} may join conditions on one property only; join others by AND.")
        return found

    def _comparison(self) -> set[tuple[str, str]]:
        term = self._term()
        about = {(term.variable, term.property)}
        token = self._next("a comparison")
        word = token.text.upper() if token.kind in (Kind.WORD, Kind.SYMBOL) else ""
        if word == "IS":
            self._take("NOT")
            self._expect("NULL")
        elif word == "IN":
            self._list(term.kind)
        elif word in ("STARTS", "ENDS", "CONTAINS") and term.kind is Values.TEXT:
            if word != "CONTAINS":
                self._expect("WITH")
            self._value(Values.TEXT)
        elif word not in words.COMPARISONS:
            self._refuse(token, f"{token.text} is no comparison that aggregates may use here.")
        elif (other := self._peek()) is not None and other.value in self.variables and self._next_is(".", 1):
            # By an order, how many there are would tell the least or the greatest value of the other.
            if word != "=":
                self._refuse(token, "Two properties can be compared by = only.")
            against = self._term()
            if not (term.bare and against.bare) or against.kind is not term.kind or term.kind is Values.INSTANT:
                self._refuse(other, "Two properties can be compared only as they are, and if both are of one kind.")
            about.add((against.variable, against.property))
            if term.property in words.JOINING and against.property in words.JOINING:
                self.compared.append((term.variable, against.variable))
        else:
            self._value(term.kind)
        return about

    def _term(self) -> _Term:
        """Reads a property, a part of a day, a number in steps or the beginning of a text: what never fails."""
        left = self._take("LEFT", "(")
        token = self._name("a property, as person.city")
        if token.value not in self.variables:
            self._refuse(token, f"{token.text} is no name of the pattern; aggregates want a property, as person.city.")
        self._expect(".")
        name = self._name("a property")
        kind = self._kind(token.value, name)
        self.named.add(name.value)
        bare = False
        if left:
            self._expect(",")
            self._want(name, kind, Values.TEXT)
            self._whole(0)
            self._expect(")")
        elif self._take("."):
            part = self._name("a part of a day")
            self._want(name, kind, Values.DAY)
            if part.value not in words.PARTS:
                self._refuse(part, f"{part.text} is no part of a day; there are {', '.join(sorted(words.PARTS))}.")
            kind = Values.NUMBER
        elif self._take("/"):
            self._want(name, kind, Values.NUMBER)
            self._whole(1)
        else:
            bare = True
        return _Term(token.value, name.value, kind, bare)

    def _want(self, token: Token, kind: Values, wanted: Values) -> None:
        if kind is not wanted:
            self._refuse(token, f"{token.text} is no {wanted.value}.")

    def _whole(self, least: int) -> None:
        token = self._next("a whole number")
        if token.kind is not Kind.NUMBER or not token.text.isdecimal() or not least <= int(token.text) < 2**31:
            self._refuse(token, f"{token.text} may not stand here; aggregates want a whole number from {least} on.")

    def _list(self, kind: Values) -> None:
        if (token := self._peek()) is not None and token.kind is Kind.PARAMETER and kind is not Values.DAY:
            self.at += 1
            self._use(token, kind, many=True)
            return
        self._expect("[")
        self._value(kind)
        while self._take(","):
            self._value(kind)
        self._expect("]")

    def _value(self, kind: Values) -> None:
        """Reads a literal or parameter of this kind, which alone can be compared with such properties."""
        negative = kind is Values.NUMBER and self._take("-")
        token = self._next(f"a {kind.value}")
        if kind is Values.DAY and token.kind is Kind.WORD and token.text.lower() == "date" and self._take("("):
            self._day()
        elif token.kind is Kind.PARAMETER and kind is not Values.DAY and not negative:
            self._use(token, kind)
        elif not is_literal(token, kind):
            example = " in date(...)" if kind is Values.DAY else ""
            self._refuse(token, f"{token.text} may not stand here; aggregates want a {kind.value}{example}.")

    def _day(self) -> None:
        token = self._next("a day")
        if token.kind is Kind.PARAMETER:
            self._use(token, Values.DAY)
        elif token.kind is Kind.STRING and is_value(token.value, Values.DAY):
            pass
        elif token.text == ")":
            return
        else:
            self._refuse(token, f"{token.text} is no day, as '2026-01-31'.")
        self._expect(")")

    def _use(self, token: Token, kind: Values, *, many: bool = False) -> None:
        if kind is Values.INSTANT:
            self._refuse(token, "Of an instant it may only be asked whether it IS NULL.")
        self.uses.append(Use(token, kind, many))

    # RETURN

    def _return(self) -> None:
        begins = self.at
        aggregates = self._item()
        while self._take(","):
            aggregates = self._item() or aggregates
        self.items = (begins, self.at)
        if not aggregates:
            self._refuse(self.tokens[begins - 1], "Nothing is aggregated: RETURN count(DISTINCT person) AS people.")
        if self._take("ORDER", "BY"):
            self._order()
            while self._take(","):
                self._order()
        for word in ("SKIP", "LIMIT"):
            if self._take(word):
                self._whole(0)

    def _item(self) -> bool:
        """Reads a key or an aggregate; whether it is an aggregate."""
        token = self._peek()
        called = self._next_is("(", 1) and token is not None and token.text.lower() in words.AGGREGATES
        if called:
            self.at += 2
            self._aggregate(str(token.text).lower() if token is not None else "")
        elif self._term().kind is Values.INSTANT:
            self._refuse(self.tokens[self.at - 1], "An instant may name one thing, and is no key.")
        self._expect("AS")
        alias = self._name("a name")
        if self.aliases.setdefault(alias.value, alias) is not alias:
            self._refuse(alias, f"{alias.text} is the name of another column already.")
        return called

    def _aggregate(self, function: str) -> None:
        """Reads the argument of an aggregate, and the bracket behind it."""
        if function == "count" and self._take("*"):
            self.stars = True
            self._expect(")")
            return
        distinct = function == "count" and self._take("DISTINCT")
        token = self._name("a variable")
        if token.value not in self.variables:
            self._refuse(token, f"{token.text} is no name of the pattern.")
        if function != "count" or self._next_is("."):
            self._expect(".")
            name = self._name("a property")
            kind = self._kind(token.value, name)
            if function != "count":
                self._want(name, kind, Values.NUMBER)
            if distinct:
                self._refuse(name, THEIRS)
            self.measured[token.value, name.value] = name
        if not self.is_theirs(token.value):
            self._refuse(token, THEIRS)
        if not distinct:
            self.once[token.value] = token
        self._expect(")")

    def _order(self) -> None:
        token = self._name("the name of a column")
        if token.value not in self.aliases:
            self._refuse(token, f"{token.text} is no column; ORDER BY wants the name behind an AS.")
        for word in ("ASC", "ASCENDING", "DESC", "DESCENDING"):
            if self._take(word):
                break

    # The whole

    def _check_people(self) -> None:
        """Refuses a pattern in which something that is theirs hangs on no person."""
        found = {name for name, label in self.labels.items() if label == words.PERSON}
        if not found:
            self._refuse(self.tokens[0], "There is no (person:Person) in the pattern whom a group could stand for.")
        pairs = [pair for pair in self.ends.values() if all(self.labels[name] in words.INDIVIDUAL for name in pair)]
        found = _reached(found, pairs)
        for name in self.individuals():
            if name not in found:
                self._refuse(self.variables[name], f"No relationship leads from {name} to a person.")

    def _check_parts(self) -> None:
        """Refuses a pattern of several parts: how long it takes to put each beside each would tell how large one is."""
        first = next(iter(self.labels))
        equal = [tuple(node for name in pair for node in self.ends.get(name, (name,))) for pair in self.compared]
        found = _reached({first}, [*self.ends.values(), *equal])
        for name in self.labels:
            if name not in found:
                self._refuse(
                    self.variables[name],
                    f"Neither a relationship nor = of ids, names or cities leads from {name} to {first}.",
                )

    def is_theirs(self, variable: str) -> bool:
        """Whether a node stands for a person or for what is theirs, or a relationship leads from or to one."""
        return any(self.labels[name] in words.INDIVIDUAL for name in self.ends.get(variable, (variable,)))

    def individuals(self) -> list[str]:
        """The nodes that stand for people or for what is theirs."""
        return [name for name, label in self.labels.items() if label in words.INDIVIDUAL]


def _reached(begin: set[str], joined: Collection[Collection[str]]) -> set[str]:
    """The variables that can be reached from some of them, when each of `joined` leads from one to the others."""
    found = set(begin)
    while more := {name for each in joined if not found.isdisjoint(each) for name in each} - found:
        found |= more
    return found
