"""Where a database answers, and as whom."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Endpoint:
    """The address of a graph database; the password is kept out of its repr."""

    uri: str
    user: str
    password: str = field(repr=False)
    database: str
