"""What a token may be given, as words become scopes and restrictions; whoever gives one reads them here.

Each raises InvalidArgument with what is wrong and what to write.
"""

import difflib
import re
from collections.abc import Iterable

from renche.graph.caller import Scope
from renche.graph.errors import InvalidArgument, InvalidId
from renche.graph.ids import Kind, kind_of

_CITY = re.compile(r"\d{6}", re.ASCII)


def scopes(names: Iterable[str]) -> frozenset[Scope]:
    """The scopes with these names."""
    found = set()
    for name in names:
        if name not in set(Scope):
            near = difflib.get_close_matches(name, list(Scope), 1)
            meant = f"; do you mean {near[0]}?" if near else f". There are: {', '.join(Scope)}."
            raise InvalidArgument(f"there is no scope {name[:40]}{meant}")
        found.add(Scope(name))
    return frozenset(found)


def dealers(ids: Iterable[str]) -> frozenset[str]:
    """These ids, which must be of dealers."""
    found = frozenset(ids)
    for id_ in sorted(found):
        try:
            kind = kind_of(id_)
        except InvalidId:
            kind = None
        if kind is not Kind.DEALER:
            raise InvalidArgument(f"{id_[:40]} is no id of a dealer; it begins with {Kind.DEALER}_.")
    return found


def cities(codes: Iterable[str]) -> frozenset[str]:
    """These codes, which must have the form of a city's."""
    found = frozenset(codes)
    for code in sorted(found):
        if not _CITY.fullmatch(code):
            raise InvalidArgument(f"{code[:40]} is no code of a city; it has six digits, as 310000.")
    return found
