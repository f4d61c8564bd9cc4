"""Why a caller is not let in; no sentence holds a token or a part of one.

RencheError
├── Unauthenticated   UNAUTHENTICATED   no token, or one that is not good
├── Forbidden         FORBIDDEN         a good token that may not be used so
└── AuthUnavailable   UNAVAILABLE       what tells good tokens from others cannot be reached now
"""

from renche.graph.errors import RencheError


class Unauthenticated(RencheError):
    """There is no token, or one that is not good."""

    code = "UNAUTHENTICATED"


class Forbidden(RencheError):
    """The token is good, and may not be used from here, or lacks what must come with its role."""

    code = "FORBIDDEN"


class AuthUnavailable(RencheError):
    """The vault, or the identity provider's keys, cannot be reached; who cannot be checked is not let in."""

    code = "UNAVAILABLE"
