"""The driver's errors become ours, and say nothing that the driver's text may quote."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from neo4j.exceptions import (
    AuthError,
    ConstraintError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)

from renche.graph.errors import (
    DatabaseFailure,
    EngineUnavailable,
    OperationTimeout,
    RencheError,
    WriteConflict,
)

UNREACHABLE: Final = "The graph database cannot be reached; it may be starting or down."
TOO_LONG: Final = "{} took longer than its time limit; ask for less."

_TIMED_OUT = ("TransactionTimedOut", "TransactionTimedOutClientConfiguration", "CommandTimeout")
_NOT_THERE = ("DatabaseNotFound", "DatabaseUnavailable")


@contextmanager
def translated(operation: str = "connect", *, writing: bool = False) -> Iterator[None]:
    """Turns the driver's errors into ours, with no trace of the driver's, since its text may quote values."""
    try:
        yield
    except (Neo4jError, DriverError) as error:
        ours = our_error(operation, error, writing=writing)
        try:
            raise ours from None
        finally:
            ours.__context__ = None  # `from None` only hides it from printing


def our_error(operation: str, error: Neo4jError | DriverError, *, writing: bool = False) -> RencheError:
    """Our error for one of the driver's; its text never comes from the driver where that may quote values."""
    if isinstance(error, ServiceUnavailable | SessionExpired):
        return EngineUnavailable(UNREACHABLE)
    if not isinstance(error, Neo4jError):
        return EngineUnavailable(f"The connection to the graph database failed ({type(error).__name__}).")
    code, message = error.code or "an unknown error", error.message or ""
    if isinstance(error, AuthError) or ".Security." in code:
        return EngineUnavailable(
            "The graph database refuses our user or password; check RENCHE_NEO4J_USER and _PASSWORD."
        )
    if isinstance(error, ConstraintError) or code.endswith("EquivalentSchemaRuleAlreadyExists"):
        return WriteConflict(f"{operation} lost against another write; try again.")
    if any(part in code for part in _TIMED_OUT) or "timeout" in message.lower():
        return OperationTimeout(TOO_LONG.format(operation))
    if any(part in code for part in _NOT_THERE):
        return EngineUnavailable("The graph database is not there or not ready; check RENCHE_NEO4J_DATABASE.")
    if isinstance(error, TransientError):
        if writing:
            return WriteConflict(f"{operation} lost against another write; try again.")
        return EngineUnavailable(f"The graph database could not do {operation} now; try again.")
    detail = f" {message}" if code.endswith("SyntaxError") else ""
    return DatabaseFailure(f"The database refused {operation}: {code}.{detail}")
