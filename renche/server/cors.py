"""Which pages of other origins a browser lets read our answers."""

from collections.abc import Collection
from typing import Final

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

# What a client sends beside what every page may send, and what it needs to read of an answer.
_SENT: Final = ("Authorization", "GraphQL-Cost")
_READ: Final = (
    "X-Request-Id",
    "X-Renche-Truncated",
    "X-Renche-Suppressed-Below",
    "Retry-After",
    "RateLimit",
    "RateLimit-Policy",
    "WWW-Authenticate",
)
_REMEMBERED: Final = 3600  # seconds for which a browser need not ask again


def cors(origins: Collection[str]) -> list[Middleware]:
    """Allows these origins, and nothing when there are none.

    Without credentials: who asks stands in the Authorization header, which a page sends itself. No cookie says it, so
    no page can ask in the name of whoever looks at it.
    """
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=("GET", "POST"),
            allow_headers=_SENT,
            expose_headers=_READ,
            max_age=_REMEMBERED,
        )
    ]
