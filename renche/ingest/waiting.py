"""Links that wait: a row may name a thing whose own row comes later.

No node stands in for such a thing. The link is kept aside, as a `Waiting` that points to an `Awaited` for each end
that is not there, and becomes a relationship when the last of them has come. See decision record 0003.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import orjson

from renche.graph.database import Database, Transaction
from renche.graph.errors import WriteConflict
from renche.graph.ids import Kind
from renche.graph.named_queries import named_query
from renche.ingest.links import LINKS, THINGS, LinkKind, LinkRow

WAIT = named_query("ingest.wait")
AWAIT = named_query("ingest.await")
WAITING_LINKS = named_query("ingest.waiting_links")
AWAITED_BY = named_query("ingest.awaited_by")
STOP_WAITING = named_query("ingest.stop_waiting")
STOP_AWAITING = named_query("ingest.stop_awaiting")
REWAIT = named_query("ingest.rewait")
ARRIVED = named_query("ingest.arrived")
ALL_ARRIVED = named_query("ingest.all_arrived")
RELEASED = named_query("ingest.released")
RELEASE = named_query("ingest.release")
COMPLETE = named_query("ingest.complete")
NUMBER_WAITING = named_query("ingest.waiting")
NUMBER_AWAITED = named_query("ingest.number_awaited")
AWAITED = named_query("ingest.awaited")

_DATES: Final = ("validFrom", "validTo")
_PAGE: Final = 5_000

Refs = Mapping[str, tuple[str, str, str]]
"""Id of a thing → kind of its rows, source, source id."""


@dataclass(frozen=True)
class AwaitedThing:
    """A thing that rows name and that has no row yet."""

    kind: str
    source: str
    source_id: str
    links: int


async def waiting_counts(database: Database) -> dict[str, int]:
    """How many links wait, by the kind of the rows that they come from."""
    return dict(await database.read_value(NUMBER_WAITING))


async def awaited(database: Database) -> AsyncIterator[AwaitedThing]:
    """Everything that links wait for, in the order of its id."""
    after = ""
    while page := await database.read_value(AWAITED, {"after": after, "limit": _PAGE}):
        for _, kind, source, source_id, links in page:
            yield AwaitedThing(kind, source, source_id, links)
        after = page[-1][0]


async def write_links(
    transaction: Transaction, kind: LinkKind, rows: list[LinkRow], now: datetime
) -> list[tuple[LinkRow, list[str]]]:
    """Writes links; gives those that could not be, each with the ids of its ends that are not there.

    Raises WriteConflict when what is there changed meanwhile.
    """
    linked = await transaction.value(kind.create, {"rows": rows, "now": now})
    if linked == len(rows):
        return []
    absent = await _absent(transaction, kind.start, {row["from"] for row in rows})
    absent |= await _absent(transaction, kind.end, {row["to"] for row in rows})
    left = [(row, missing) for row in rows if (missing := [end for end in (row["from"], row["to"]) if end in absent])]
    if linked + len(left) != len(rows):
        raise WriteConflict("The graph changed while links were written; run the same command again.")
    return left


async def _absent(transaction: Transaction, kind: Kind, ids: set[str]) -> set[str]:
    # These are always there: the statement makes them.
    if kind in (Kind.IDENTIFIER, Kind.PARTNER):
        return set()
    found = await transaction.value(THINGS[kind].present, {"ids": sorted(ids)})
    return ids - {id_ for id_, _ in found}


async def keep_waiting(
    transaction: Transaction,
    row_kind: str,
    left: Mapping[str, list[tuple[LinkRow, list[str]]]],
    refs: Refs,
    now: datetime,
) -> None:
    """Keeps links aside until their ends are there; `left` by the name of their kind. Raises WriteConflict."""
    links, ends = [], []
    for name, rows in left.items():
        for row, missing in rows:
            links.append(kept_link(name, row_kind, row))
            for end in dict.fromkeys(missing):
                if end not in refs:
                    # The row's own thing, written a moment ago: another transaction is in the way.
                    raise WriteConflict("The graph changed while links were written; run the same command again.")
                kind, source, source_id = refs[end]
                named = {"id": end, "kind": kind, "source": source, "sourceId": source_id}
                ends.append({"link": row["edge"]["id"], "awaited": named})
    await transaction.run(WAIT, {"rows": links, "now": now})
    await transaction.run(AWAIT, {"rows": ends})


async def waiting_links(transaction: Transaction, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Those of these links that wait, by id."""
    return {kept["id"]: kept for kept in await transaction.value(WAITING_LINKS, {"ids": ids})}


async def stop_waiting(transaction: Transaction, ids: list[str]) -> None:
    """Forgets waiting links, and awaited things for which no other link waits."""
    ends = await transaction.value(AWAITED_BY, {"ids": ids})
    await transaction.run(STOP_WAITING, {"ids": ids})
    await transaction.run(STOP_AWAITING, {"ids": ends})


async def change_waiting(transaction: Transaction, rows: Iterable[LinkRow]) -> None:
    """Changes what waiting links will say; their ends stay."""
    changed = [
        {"id": row["edge"]["id"], "props": _packed(row), "fingerprint": row["edge"]["fingerprint"]} for row in rows
    ]
    await transaction.run(REWAIT, {"rows": changed})


def kept_link(name: str, row_kind: str, row: LinkRow) -> dict[str, Any]:
    """The properties of a Waiting; links hold nothing personal."""
    return {
        "id": row["edge"]["id"],
        "kind": row_kind,
        "type": name,
        "fromId": row["from"],
        "toId": row["to"],
        "props": _packed(row),
        "fingerprint": row["edge"]["fingerprint"],
    }


def link_row(kept: Mapping[str, Any]) -> LinkRow:
    """The link that a Waiting keeps."""
    edge = orjson.loads(kept["props"])
    for name in _DATES:
        if name in edge:
            edge[name] = date.fromisoformat(edge[name])
    return {"from": kept["fromId"], "to": kept["toId"], "edge": edge}


async def mark_arrived(transaction: Transaction, ids: list[str]) -> list[str]:
    """Notes which of these new things were awaited."""
    found: list[str] = await transaction.value(ARRIVED, {"ids": ids})
    return found


async def all_arrived(transaction: Transaction) -> list[str]:
    """Things that were awaited and have come, while links still wait for them: a run that was cut short."""
    found: list[str] = await transaction.value(ALL_ARRIVED)
    return found


async def release(transaction: Transaction, ids: list[str], limit: int, now: datetime) -> bool:
    """Writes some of the links that waited for these things, which have come; whether more are left to do.

    A few at a time: a model may come after the million vehicles that name it.
    """
    pairs = await transaction.value(RELEASED, {"ids": ids, "limit": limit})
    links = sorted({link for link, _ in pairs})
    if links:
        await transaction.run(RELEASE, {"links": links, "ids": ids})
        complete = await transaction.value(COMPLETE, {"ids": links})
        by_kind: dict[str, list[LinkRow]] = defaultdict(list)
        for kept in complete:
            by_kind[kept["type"]].append(link_row(kept))
        for name, rows in by_kind.items():
            if await write_links(transaction, LINKS[name], rows, now):
                raise WriteConflict("A thing vanished while links to it were written; run the same command again.")
        await transaction.run(STOP_WAITING, {"ids": [kept["id"] for kept in complete]})
    await transaction.run(STOP_AWAITING, {"ids": ids})
    return len(pairs) == limit


async def number_awaited(transaction: Transaction) -> int:
    """How many things are awaited."""
    return int(await transaction.value(NUMBER_AWAITED))


def _packed(row: LinkRow) -> str:
    return orjson.dumps(row["edge"]).decode()
