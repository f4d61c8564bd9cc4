"""Refusals that may be otherwise at another time, and say when.

RencheError
└── TryLater
    ├── RateLimited  RATE_LIMITED   429   the caller asked for as much as it may within a minute
    └── Overloaded   OVERLOADED     503   more is asked at once than this process takes on
"""

from typing import ClassVar

from renche.graph.errors import RencheError


class TryLater(RencheError):
    """The request may be sent again after some seconds, which the header Retry-After says; nothing came of it."""

    status: ClassVar[int]

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds

    @property
    def headers(self) -> dict[str, str]:
        """What the answer says beside it."""
        return {"retry-after": str(self.seconds)}


class RateLimited(TryLater):
    """The caller asked for as much as it may within a minute."""

    code = "RATE_LIMITED"
    status = 429


class Overloaded(TryLater):
    """More is asked at once than this process takes on."""

    status = 503
    code = "OVERLOADED"
