"""Pages by keyset: which rows of a traversal a question asks for."""

from dataclasses import dataclass

from renche.graph.clock import Moment
from renche.graph.errors import InvalidArgument

DEFAULT_PAGE = 20
MAXIMUM_PAGE = 100


@dataclass(frozen=True)
class Page:
    """`first` rows after the row with the id `after`, as things were at `moment`.

    `filters` are properties of the end with the value each must have, in the order of their names.
    """

    moment: Moment
    first: int = DEFAULT_PAGE
    after: str | None = None
    filters: tuple[tuple[str, object], ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.first <= MAXIMUM_PAGE:
            raise InvalidArgument(f"first: ask for 0 to {MAXIMUM_PAGE} rows, not {self.first}.")
