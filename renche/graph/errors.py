"""The errors of the graph, each with a code and a sentence for people.

RencheError
├── InvalidArgument     BAD_USER_INPUT       what was asked makes no sense; says which argument and why
│   ├── InvalidId       BAD_USER_INPUT       an id that renche never gave out
│   ├── InvalidCursor   INVALID_CURSOR       a cursor of another list, filter or time
│   └── StatementRefused CYPHER_REFUSED      an analyst's statement that the gate does not let through
├── EngineUnavailable   UNAVAILABLE          the database cannot be reached, or refuses us
├── OperationTimeout    TIMEOUT              the database gave up at the time limit
├── WriteConflict       CONFLICT             a write lost against another one, after all retries
└── DatabaseFailure     INTERNAL             the database refused a statement of ours: a bug
"""

from typing import ClassVar


class RencheError(Exception):
    """The root of the family.

    `code` goes to the caller as it stands; the message is a sentence that says what is wrong, where, and
    what to do, and never holds a personal value.
    """

    code: ClassVar[str] = "INTERNAL"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidArgument(RencheError):
    """What was asked makes no sense."""

    code = "BAD_USER_INPUT"


class InvalidId(InvalidArgument):
    """An id that renche never gave out."""


class InvalidCursor(InvalidArgument):
    """A cursor of another list, filter or time."""

    code = "INVALID_CURSOR"


class StatementRefused(InvalidArgument):
    """An analyst's statement that the gate does not let through; says which rule, and where."""

    code = "CYPHER_REFUSED"

    def __init__(self, rule: str, message: str, line: int, column: int) -> None:
        super().__init__(f"{rule}, line {line}, column {column}: {message}")
        self.rule = rule
        self.line = line
        self.column = column


class Forbidden(RencheError):
    """The caller is known, and may not do what it asks."""

    code = "FORBIDDEN"


class EngineUnavailable(RencheError):
    """The database cannot be reached, or refuses us."""

    code = "UNAVAILABLE"


class OperationTimeout(RencheError):
    """The database gave up at the time limit."""

    code = "TIMEOUT"


class WriteConflict(RencheError):
    """A write lost against another one, after all retries."""

    code = "CONFLICT"


class DatabaseFailure(RencheError):
    """The database refused a statement of ours."""
