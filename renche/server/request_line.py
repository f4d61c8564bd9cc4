"""The line that each question leaves in the log; no value of it, of its answer or of a token stands there."""

import time
from dataclasses import dataclass, field
from typing import Final

import structlog

from renche.server.rates import Bill

CLIENT_GONE: Final = "CLIENT_GONE"
"""Of a question whose client did not wait for the answer."""

_LONGEST: Final = 100  # characters of an operation's name, which the client chooses

_log = structlog.get_logger()


@dataclass
class RequestLine:
    """What is known of a question so far; the request's id comes to it as to every line."""

    door: str
    bill: Bill
    operation: str | None = None
    rows: int = 0
    errors: list[str] = field(default_factory=list)
    _began: float = field(default_factory=time.perf_counter)

    def write(self) -> None:
        """Writes it, once all is known."""
        _log.info(
            self.door,
            caller=self.bill.caller,
            operation=self.operation and self.operation[:_LONGEST],
            cost=self.bill.cost,
            rows=self.rows,
            milliseconds=round((time.perf_counter() - self._began) * 1000, 1),
            errors=self.errors,
        )


def rows_of(body: bytes) -> int:
    """How many objects stand in the lists of an answer, as orjson writes it: before each is no colon."""
    return body.count(b"[{") + body.count(b",{")
