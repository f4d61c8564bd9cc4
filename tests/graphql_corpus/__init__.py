"""GraphQL requests that are refused before anything is done for them, and harmless ones that look like them.

They are written as recipes, since most are a few words many times over.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Asked:
    """A document with its variables."""

    query: str
    variables: dict[str, Any] = field(default_factory=dict)
