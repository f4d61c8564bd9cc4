"""Refusals that may be otherwise at another time, and say when.

RencheError
└── TryLater
    └── Overloaded   OVERLOADED     503   more is asked at once than this process takes on
"""

from typing import ClassVar

from renche.graph.errors import RencheError


class TryLater(RencheError):
    """The request was good; it may be sent again after some seconds, which the header Retry-After says."""

    status: ClassVar[int] = 503

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class Overloaded(TryLater):
    """More is asked at once than this process takes on."""

    code = "OVERLOADED"
