"""Refusals that may be otherwise at another time, and say when.

RencheError
└── TryLater
    ├── RateLimited  RATE_LIMITED   429   the caller asked for as much as it may within a minute
    ├── TooMany      TOO_MANY       429   as many statements of the caller as may be are under way
    └── Overloaded   OVERLOADED     503   more is asked at once than this process takes on
"""

from typing import ClassVar, Final

from renche.graph.errors import RencheError

AGAIN_AFTER: Final = 2
"""Seconds after which to ask again for what is free as soon as other work ends: nobody knows when that is."""


class TryLater(RencheError):
    """The request may be sent again after some seconds, which the header Retry-After says; nothing was begun."""

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


class TooMany(TryLater):
    """As many statements of the caller as may be are under way."""

    code = "TOO_MANY"
    status = 429


class Overloaded(TryLater):
    """More is asked at once than this process takes on."""

    code = "OVERLOADED"
    status = 503
