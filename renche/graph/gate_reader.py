"""Reads an analyst's statement token by token, and refuses the first one that is not known to be harmless.

It knows, at each token, whether a value is expected or has just ended. A bare word is then a word of the allow-lists
in `gate_words.py`, or a name where only a name can stand: a clause that is not on the list has nowhere to begin.
"""

import re
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, NoReturn

from renche.graph import gate_words as words
from renche.graph.cypher_lexer import Kind, Token
from renche.graph.errors import StatementRefused

DEEPEST: Final = 100
"""Brackets within brackets: an engine's parser calls itself at each."""

_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPENING: Final = {")": "(", "]": "[", "}": "{"}


class _State(Enum):
    CLAUSE = auto()  # a clause must begin
    WANT = auto()  # a value or a pattern is expected
    HAVE = auto()  # a value has just ended
    LABEL = auto()  # the name of a label or type is expected


class _Bracket(Enum):
    ROUND = auto()
    SQUARE = auto()
    MAP = auto()
    QUERY = auto()  # EXISTS { }, COUNT { }, COLLECT { }
    CALL = auto()


@dataclass
class Reader:
    """Reads the tokens of one statement, at most `DEEPEST` brackets within one another."""

    tokens: list[Token]
    at: int = 0
    state: _State = _State.CLAUSE
    open: list[tuple[_Bracket, Token]] = field(default_factory=list)
    cases: list[int] = field(default_factory=list)  # how many brackets were open at each CASE

    def read(self) -> None:
        """Reads all; raises StatementRefused at the first token that may not stand where it does."""
        while (token := self._peek()) is not None:
            self.at += 1
            match token.kind:
                case Kind.WORD:
                    self._word(token)
                case Kind.SYMBOL:
                    self._symbol(token)
                case Kind.NAME:
                    self._name(token)
                case Kind.PARAMETER:
                    if _PLAIN_NAME.fullmatch(token.value) is None:
                        _refuse(token, "parameters", "A parameter's name has letters, digits and _ only.")
                    self._value(token)
                case Kind.STRING:
                    self._value(token)
                case Kind.NUMBER:
                    if self.state is _State.CLAUSE:
                        self._no_clause(token)
                    self.state = _State.HAVE  # wherever it stands: in a path's length, also behind a star
        if self.open:
            _refuse(self.open[-1][1], "brackets", "This bracket is never closed.")
        if self.cases:
            _refuse(self.tokens[-1], "brackets", "A CASE has no END.")

    def _peek(self, ahead: int = 0) -> Token | None:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else None

    def _next_is(self, *texts: str) -> bool:
        token = self._peek()
        return token is not None and token.kind in (Kind.SYMBOL, Kind.WORD) and token.text.upper() in texts

    def _take(self, *texts: str) -> bool:
        if self._next_is(*texts):
            self.at += 1
            return True
        return False

    def _before(self) -> str:
        """The symbol or word before the current token."""
        return self.tokens[self.at - 2].text.upper() if self.at > 1 else ""

    # Words

    def _word(self, token: Token) -> None:
        word = token.text.upper()
        after = self._peek()
        if self.state is _State.LABEL:
            self._function_if_called(token)
            self.state = _State.HAVE
        elif self.state is not _State.CLAUSE and self._is_named(after):
            self.state = _State.HAVE
        elif self.state is not _State.CLAUSE and self._keyword(token, word):
            return
        elif word in words.CLAUSES:
            self._clause(token, word)
        elif self.state is _State.CLAUSE:
            self._no_clause(token)
        elif self.state is _State.HAVE:
            _refuse(token, "clauses", f"{token.text} is no clause or operator that may stand here.")
        else:
            if word in words.CHANGES:
                _refuse(token, "clauses", f"{token.text} is not allowed; if it is a name, put it in backticks.")
            self._function_if_called(token)
            self.state = _State.HAVE

    def _is_named(self, after: Token | None) -> bool:
        """Whether the current token is the key of a map, or a name before its label."""
        return after is not None and after.text == ":" and self._before() in ("{", ",", "(", "[")

    def _keyword(self, token: Token, word: str) -> bool:
        """Reads a word within a value, if it is one."""
        if self.state is _State.HAVE:
            return self._keyword_behind(token, word)
        after = self._peek()
        opens = after.text if after is not None else ""
        if word == "NOT" or (word == "DISTINCT" and self._before() in ("RETURN", "WITH", "(")):
            return True
        if word in ("NULL", "TRUE", "FALSE"):
            self.state = _State.HAVE
            return True
        if word == "CASE":
            self.cases.append(len(self.open))
            return True
        if word in ("WHEN", "ELSE", "THEN") and self._in_case():
            return True
        if word in words.SUBQUERIES and opens == "{":
            self.at += 1
            self._open(_Bracket.QUERY, self.tokens[self.at - 1], _State.WANT)
            return True
        if word in ("ANY", "ALL") and self._take("SHORTEST"):
            return True
        if word == "SHORTEST" and after is not None and after.kind in (Kind.NUMBER, Kind.PARAMETER):
            self.at += 1
            self._take("PATH", "PATHS")
            self._take("GROUP", "GROUPS")
            return True
        return False

    def _keyword_behind(self, token: Token, word: str) -> bool:
        wants = word in words.BINARY or (word in ("WHEN", "THEN", "ELSE") and self._in_case())
        if wants or (word in ("STARTS", "ENDS") and self._take("WITH")):
            self.state = _State.WANT
        elif word == "END" and self._in_case():
            self.cases.pop()
        elif word in words.SUFFIXES:
            pass
        elif word == "IS":
            self._take("NOT")
            if self._take("TYPED") or self._take("::"):
                self._type()
            elif not self._take("NULL", "NORMALIZED"):
                _refuse(token, "clauses", "IS wants NULL, NOT NULL or a type here.")
        elif word == "AS":
            self._alias(token)
        else:
            return False
        return True

    def _in_case(self) -> bool:
        return bool(self.cases) and self.cases[-1] == len(self.open)

    def _alias(self, token: Token) -> None:
        alias = self._peek()
        if alias is None or alias.kind not in (Kind.WORD, Kind.NAME):
            _refuse(token, "clauses", "AS wants a name.")
        self.at += 1
        if self._next_is("(", "[", "."):
            _refuse(alias, "clauses", f"{alias.text} is a name here and can have nothing like this behind it.")

    def _type(self) -> None:
        while (token := self._peek()) is not None:
            if token.kind is Kind.WORD and token.text.upper() in words.TYPES:
                self.at += 1
            elif not self._take("<", ">", "|", "!"):
                break
        self.state = _State.HAVE

    def _function_if_called(self, token: Token) -> None:
        """Refuses a function that is not allowed; `token` begins its name."""
        name, ahead = token.value, 0
        while (dot := self._peek(ahead)) is not None and dot.text == "." and (part := self._peek(ahead + 1)):
            if part.kind not in (Kind.WORD, Kind.NAME):
                return
            name, ahead = f"{name}.{part.value}", ahead + 2
        called = self._peek(ahead)
        if called is None or called.text != "(" or called.kind is not Kind.SYMBOL:
            return
        if token.kind is not Kind.WORD or name.lower() not in words.FUNCTIONS:
            _refuse(token, "functions", f"{name} is not among the functions that are allowed.")

    # Clauses

    def _no_clause(self, token: Token) -> NoReturn:
        _refuse(token, "clauses", f"{token.text} is not among the clauses that are allowed.")

    def _clause(self, token: Token, word: str) -> None:
        inner = self.open[-1][0] if self.open else _Bracket.QUERY
        begins = self.state is _State.CLAUSE and (self.at == 1 or self._before() in ("{", "UNION", "ALL", "DISTINCT"))
        if inner is _Bracket.MAP or (inner in (_Bracket.ROUND, _Bracket.SQUARE) and word != "WHERE"):
            _refuse(token, "clauses", f"{token.text} cannot stand within these brackets.")
        if self.cases and self._in_case():
            _refuse(token, "clauses", f"{token.text} cannot stand within a CASE.")
        if begins and word not in words.BEGINNINGS:
            self._no_clause(token)
        self.state = _State.WANT
        match word:
            case "OPTIONAL":
                if self._take("CALL"):
                    self._call()
                elif not self._take("MATCH"):
                    self._no_clause(token)
            case "ORDER":
                if not self._take("BY"):
                    self._no_clause(token)
            case "UNION":
                self._take("ALL", "DISTINCT")
                self.state = _State.CLAUSE
            case "CALL":
                self._call()
            case "USING":
                self._hint(token)

    def _call(self) -> None:
        """Reads what stands between CALL and the subquery's brace."""
        call = self.tokens[self.at - 1]
        after = self._peek()
        if after is not None and after.kind in (Kind.WORD, Kind.NAME):
            name = after.value
            if name.lower() not in words.PROCEDURES:
                _refuse(after, "procedures", "Procedures are not allowed; CALL wants a subquery in braces.")
        if self._take("(") and not self._take(")"):
            while (token := self._peek()) is not None:
                self.at += 1
                if token.kind not in (Kind.WORD, Kind.NAME) and token.text != "*":
                    _refuse(token, "clauses", "CALL wants names between its brackets.")
                if not self._take(","):
                    break
            if not self._take(")"):
                _refuse(self._peek() or call, "clauses", "CALL wants names between its brackets.")
        if not self._take("{"):
            _refuse(call, "procedures", "CALL wants a subquery in braces.")
        self._open(_Bracket.CALL, self.tokens[self.at - 1], _State.CLAUSE)

    def _hint(self, token: Token) -> None:
        """Reads a hint that names an index: USING INDEX person:Person(city)."""
        self._take("TEXT", "RANGE", "POINT")
        if not self._take("INDEX"):
            _refuse(token, "clauses", "USING wants INDEX, a name, its label and the properties in brackets.")
        self._take("SEEK")
        for wanted in ("name", ":", "name", "("):
            part = self._peek()
            if part is None or (part.text != wanted if wanted != "name" else part.kind not in (Kind.WORD, Kind.NAME)):
                _refuse(part or token, "clauses", "USING INDEX wants a name, its label and the properties in brackets.")
            self.at += 1
        self._open(_Bracket.ROUND, self.tokens[self.at - 1], _State.WANT)

    # All else

    def _name(self, token: Token) -> None:
        if self.state is _State.CLAUSE:
            self._no_clause(token)
        self._function_if_called(token)
        if self.state is _State.HAVE:
            _refuse(token, "clauses", f"{token.text} cannot stand right behind a value.")
        self.state = _State.HAVE

    def _value(self, token: Token) -> None:
        if self.state is _State.CLAUSE:
            self._no_clause(token)
        if self.state is not _State.WANT:
            _refuse(token, "clauses", f"{token.text} cannot stand right behind a value.")
        if self._next_is("("):
            _refuse(token, "functions", f"{token.text} is no function.")
        self.state = _State.HAVE

    def _symbol(self, token: Token) -> None:
        symbol = token.text
        if symbol == ";":
            _refuse(token, "statement", "Only one statement at a time.")
        if self.state is _State.CLAUSE and symbol != "}":
            self._no_clause(token)
        match symbol:
            case "(" | "[":
                kind = _Bracket.ROUND if symbol == "(" else _Bracket.SQUARE
                self._open(kind, token, _State.LABEL if self.state is _State.LABEL else _State.WANT)
            case "{":
                self._open(_Bracket.MAP, token, _State.WANT)
            case ")" | "]" | "}":
                self._close(token)
            case ".":
                self._property(token)
            case ":":
                key = self.open and self.open[-1][0] is _Bracket.MAP
                self.state = _State.WANT if key else _State.LABEL
            case "::":
                self._type()
            case "$":
                if self.state is not _State.LABEL or not self._next_is("("):
                    _refuse(token, "parameters", "A parameter's name follows its $ at once.")
                self.state = _State.WANT
            case "*" if self.state is _State.WANT:
                self.state = _State.HAVE  # all columns, or a path of any length
            case "%" if self.state is _State.LABEL:
                self.state = _State.HAVE
            case _:
                self.state = _State.WANT

    def _property(self, token: Token) -> None:
        key = self._peek()
        if key is None or (key.kind not in (Kind.WORD, Kind.NAME) and key.text != "*"):
            _refuse(token, "clauses", "A point wants a property's name behind it.")
        self.at += 1
        if self._next_is("(") and self.tokens[self.at].kind is Kind.SYMBOL:
            _refuse_called(self.tokens, self.at - 1)
        self.state = _State.HAVE

    def _open(self, kind: _Bracket, token: Token, state: _State) -> None:
        if len(self.open) >= DEEPEST:
            _refuse(token, "size", f"More than {DEEPEST} brackets within one another.")
        self.open.append((kind, token))
        self.state = state

    def _close(self, token: Token) -> None:
        kind, opening = self.open.pop() if self.open else (None, None)
        if opening is None or opening.text != _OPENING[token.text]:
            _refuse(token, "brackets", "This bracket closes none.")
        if self.cases and self.cases[-1] > len(self.open):
            _refuse(token, "brackets", "A CASE has no END.")
        # Behind a subquery only a clause may stand: CALL { } IN TRANSACTIONS is none.
        self.state = _State.CLAUSE if kind is _Bracket.CALL else _State.HAVE


def _refuse_called(found: list[Token], at: int) -> None:
    """Refuses the dotted name that ends here, unless it is an allowed function."""
    parts = [found[at].value]
    while at >= 2 and found[at - 1].text == "." and found[at - 2].kind in (Kind.WORD, Kind.NAME):
        at -= 2
        parts.insert(0, found[at].value)
    if ".".join(parts).lower() not in words.FUNCTIONS:
        _refuse(found[at], "functions", f"{'.'.join(parts)} is not among the functions that are allowed.")


def _refuse(token: Token, rule: str, message: str) -> NoReturn:
    raise StatementRefused(rule, message, token.line, token.column)
