"""What a text that somebody looks for may be: a VIN or its end, a phone, a plate, a name."""

import re
from collections.abc import Callable
from typing import Any, Final

from renche.graph import identifiers
from renche.graph.errors import InvalidArgument
from renche.graph.words import IdentifierKind

SHORTEST_ENDING: Final = 6
SHORTEST_NAME: Final = 2

_ENDING = re.compile(rf"[A-HJ-NPR-Z0-9]{{{SHORTEST_ENDING},16}}")


def search_terms(text: str, fingerprints: Callable[[str, str], tuple[str, ...]]) -> dict[str, Any]:
    """The parameters of the statement `search`: null where the text cannot be such a thing.

    `ending` is turned round, as the graph has it, with the first text after all that begin with it. Raises
    InvalidArgument for a text that is too short to look for.
    """
    plain = identifiers.plain(text.strip())
    if len(plain) < SHORTEST_NAME:
        raise InvalidArgument(f"text: give at least {SHORTEST_NAME} characters to look for.")
    capitals = plain.upper()
    ending = capitals[::-1] if _ENDING.fullmatch(capitals) else None
    return {
        "vin": _normal(identifiers.vin, plain),
        "ending": ending,
        "endingAfter": ending and ending + "~",
        "hmacs": [
            each
            for kind, form in ((IdentifierKind.PHONE, identifiers.phone), (IdentifierKind.PLATE, identifiers.plate))
            if (value := _normal(form, plain)) is not None
            for each in fingerprints(kind, value)
        ],
        "name": plain,
    }


def _normal(form: Callable[[str], str], text: str) -> str | None:
    try:
        return form(text)
    except ValueError:
        return None
