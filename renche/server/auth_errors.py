"""Why a caller is not let in, beside `Forbidden`; no sentence holds a token or a part of one.

RencheError
├── Unauthenticated   UNAUTHENTICATED   no token, or one that is not good
└── AuthUnavailable   UNAVAILABLE       what tells good tokens from others cannot be reached now
"""

from renche.graph.errors import RencheError


class Unauthenticated(RencheError):
    """There is no token, or one that is not good."""

    code = "UNAUTHENTICATED"


class AuthUnavailable(RencheError):
    """The vault, or the identity provider's keys, cannot be reached; who cannot be checked is not let in."""

    code = "UNAVAILABLE"
