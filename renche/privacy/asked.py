"""Who asks for a person's data or its end, and why: what the audit record of it tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from renche.graph.errors import InvalidArgument
from renche.graph.identifiers import personal_form_amid

SHORTEST_REASON: Final = 5
LONGEST_REASON: Final = 300


class BadReason(InvalidArgument):
    """A reason that says nothing, or something that no record may hold."""


@dataclass(frozen=True)
class Asked:
    """`actor` is the id of a caller, or `cli:` and a user's number, who may go without a reason: the machine has logs.

    Raises BadReason for a reason that is too short, too long, or seems to hold an identifier of somebody.
    """

    actor: str
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.reason is None:
            return
        if len(self.reason.strip()) < SHORTEST_REASON or len(self.reason) > LONGEST_REASON:
            raise BadReason(f"reason: say in {SHORTEST_REASON} to {LONGEST_REASON} characters why.")
        if form := personal_form_amid(self.reason):
            raise BadReason(f"reason: seems to hold {form}. It is kept for ever: name a case or a ticket, and nobody.")

    @property
    def detail(self) -> Mapping[str, str]:
        """What an audit record tells beside the actor."""
        return {} if self.reason is None else {"reason": self.reason.strip()}
