"""What only the holder of the keys can do with what a question brings: open its cursors, find its identifiers."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from renche.graph.cursor import Cursors


@dataclass(frozen=True)
class Keyed:
    """The sealing of cursors, and the keyed fingerprints of an identifier's kind and value, one for each key."""

    cursors: Cursors
    fingerprints: Callable[[str, str], tuple[str, ...]]

    def within(self, sight: str) -> "Keyed":
        """The same for callers who see this (`Caller.sight`), whose cursors are their own."""
        return replace(self, cursors=self.cursors.within(sight)) if sight else self
