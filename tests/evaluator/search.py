"""What a text names: a VIN or its end, a phone, a plate, a part of a name."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from tests.evaluator import facts
from tests.evaluator.graph import Graph, Thing, When

_ENDING: Final = re.compile(r"[A-HJ-NPR-Z0-9]{6,16}")
_MOBILE: Final = re.compile(r"(?:\+86)?(1[3-9][0-9]{9})")


def search(graph: Graph, text: str, when: When) -> list[tuple[str, Thing]]:
    """What the text was found as, and the thing; the surest first, equally sure ones by their ids."""
    plain = unicodedata.normalize("NFKC", text.strip())
    found = {(rank, thing.id, matched): thing for rank, matched, thing in _hits(graph, plain, when)}
    return [(matched, found[rank, id_, matched]) for rank, id_, matched in sorted(found)]


def _hits(graph: Graph, text: str, when: When) -> Iterator[tuple[int, str, Thing]]:
    capitals = text.upper()
    for vehicle in graph.all("Vehicle"):
        vin = vehicle.properties.get("vin")
        if vin is not None and vin == capitals:
            yield 1, "VIN", vehicle
        if vin is not None and _ENDING.fullmatch(capitals) and vin.endswith(capitals):
            yield 4, "VIN_ENDING", vehicle
    for identifier in graph.all("Identifier"):
        if identifier.properties["hmac"] in _identifiers(text):
            kind = identifier.properties["kind"]
            for gave in graph.into(identifier.id, "GAVE"):
                for of in graph.out(gave.start, "OF_PERSON") if facts.valid(gave, when) else ():
                    yield 2, kind, graph.the("Person", of.end)
            for carries in graph.into(identifier.id, "CARRIES"):
                if facts.valid(carries, when):
                    yield 3, kind, graph.the("Vehicle", carries.start)
    for rank, label in ((5, "Dealer"), (6, "Club"), (7, "Model")):
        for thing in graph.all(label):
            if text in thing.properties["name"]:
                yield rank, "NAME", thing


def _identifiers(text: str) -> set[str]:
    """What identifiers of the random graphs the text may be, kind and value."""
    found = {f"PLATE:{re.sub('[ ·-]', '', text).upper()}"}
    mobile = _MOBILE.fullmatch(re.sub("[ -]", "", text))
    return found | ({f"PHONE:+86{mobile[1]}"} if mobile else set())
