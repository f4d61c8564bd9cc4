"""Rows of people who were erased: they are counted and left out, or lose what they say of such a person.

The vault knows them by its tombstones, which outlast the graph; the graph by what erasing left there, which counts for
rows that were prepared before it. See decision record 0010.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from renche.graph.database import Transaction
from renche.graph.named_queries import named_query
from renche.ingest.batch import Batch
from renche.ingest.ledger import Turn
from renche.ingest.slots import MAIN_LINKS

ERASED = named_query("ingest.erased")
LIFT = named_query("ingest.lift")
FORGOTTEN: Final = ""
"""The fingerprint of a row that counts as changed when it comes again."""


async def withhold(transaction: Transaction, batch: Batch, turn: Turn) -> set[int]:
    """The places of rows to leave out; visits and vehicles lose what would bring a person back."""
    erased = batch.erased
    if batch.lifted:
        await transaction.run(LIFT, {"ids": sorted(batch.lifted)})
    if turn.erasures:
        named = sorted(set(_named(batch)))
        erased |= set(await transaction.value(ERASED, {"ids": named}))
    if not erased:
        return set()
    if batch.kind == "people":
        return {place for place, id_ in enumerate(batch.ids) if id_ in erased}
    if batch.kind == "vehicles":
        _without_plates(batch, erased)
    elif batch.kind == "services":
        _without_people(batch, erased)
    elif batch.kind == "referrals":
        return _referrals(batch, erased)
    elif batch.kind in MAIN_LINKS:
        links = batch.links.get(MAIN_LINKS[batch.kind])
        if links is not None:
            return {place for row, place in zip(links.rows, links.owners, strict=True) if row["from"] in erased}
    return set()


def _named(batch: Batch) -> Iterator[str]:
    """The people and vehicles that the rows are of, or that their roles and visits name."""
    if batch.kind in ("people", "vehicles"):
        yield from batch.ids
    elif batch.kind == "services":
        yield from (role["from"] for _, role, _, _ in batch.services)
    elif batch.kind == "referrals":
        for name, end in (("made", "from"), ("of", "to")):
            if name in batch.links:
                yield from (row[end] for row in batch.links[name].rows)
    elif batch.kind in MAIN_LINKS and MAIN_LINKS[batch.kind] in batch.links:
        yield from (row["from"] for row in batch.links[MAIN_LINKS[batch.kind]].rows)


def _without_plates(batch: Batch, erased: frozenset[str]) -> None:
    """A vehicle whose owner was erased is loaded without its plate, until somebody else buys it."""
    places = {place for place, id_ in enumerate(batch.ids) if id_ in erased}
    for place in places:
        thing = batch.things[place]
        thing.pop("plate", None)
        # Forgotten, so that the same row counts once the plate may show again.
        thing |= {"plateErased": True, "fingerprint": FORGOTTEN}
        batch.fingerprints[place] = FORGOTTEN
    carries = batch.links.get("carries")
    if carries is not None:
        kept = [pair for pair in zip(carries.rows, carries.owners, strict=True) if pair[1] not in places]
        carries.rows, carries.owners = [row for row, _ in kept], [owner for _, owner in kept]


def _without_people(batch: Batch, erased: frozenset[str]) -> None:
    """A visit is the vehicle's: it is loaded without who came."""
    for thing in batch.things:
        if thing.get("registrationId") in erased:
            del thing["registrationId"]
            thing.pop("serviceId", None)
    batch.services = [item for item in batch.services if item[1]["from"] not in erased]


def _referrals(batch: Batch, erased: frozenset[str]) -> set[int]:
    """A recommendation is left out when both its people were erased: it is nobody's any more."""
    gone: dict[int, int] = defaultdict(int)
    for name, end in (("made", "from"), ("of", "to")):
        if name in batch.links:
            links = batch.links[name]
            for row, place in zip(links.rows, links.owners, strict=True):
                gone[place] += row[end] in erased
    return {place for place, number in gone.items() if number == 2}
