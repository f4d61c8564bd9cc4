"""One batch into the graph, as one transaction that may be run again from its start.

A batch is compared with what is there by fingerprints: new rows are created, changed ones replaced with their links
compared one by one, unchanged ones left alone. A run that was alone with a kind so far asks only about rows that it
has perhaps met before, which spares a first load nearly every look-up.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from renche.graph.database import Transaction, native
from renche.graph.named_queries import named_query
from renche.ingest.batch import Batch, Knowledge, Reject
from renche.ingest.checks import Problem
from renche.ingest.ledger import SEVERAL, Counts, Load, Turn, record, take_turn
from renche.ingest.links import FIRST, LINKS, THINGS, LinkKind, LinkRow
from renche.ingest.prepare import service_links, thing_kind
from renche.ingest.slots import MAIN_LINKS, slots
from renche.ingest.waiting import (
    change_waiting,
    keep_waiting,
    link_row,
    mark_arrived,
    stop_waiting,
    waiting_links,
    write_links,
)
from renche.ingest.withheld import withhold

VINS = named_query("ingest.vins")
VISITS = named_query("ingest.visits")
SERVICES = named_query("ingest.services")
FIRST_VISITS = named_query("ingest.first_visits")
FIRST_WAITING_VISITS = named_query("ingest.first_waiting_visits")


@dataclass(frozen=True)
class Outcome:
    """The load after the batch, and awaited things that the batch brought."""

    load: Load
    arrived: list[str]


async def write_batch(
    transaction: Transaction,
    batch: Batch,
    load: Load,
    run: str,
    now: datetime,
    reject: Callable[[list[Reject]], None],
) -> Outcome:
    """Writes the batch and records it. `reject` is given the rejected rows just before that; it may be called
    again when the transaction is.
    """
    turn = await take_turn(transaction, run, load.id)
    withheld = await withhold(transaction, batch, turn)
    writing = _Writing(transaction, batch, turn, now)
    present = await writing.present()
    refused = await writing.vins_taken() if batch.vins else {}
    rejects = sorted([*batch.rejects, *_vin_rejects(batch, refused)], key=lambda one: one[0])
    counts, created, changed = _judged(batch, present, withheld.union(refused))
    left_out = sum(1 + len(batch.earlier.get(place, ())) for place in withheld)
    if created or changed:
        await writing.things(created, changed)
        await writing.links(created, changed)
        await writing.keep_waiting()
        if batch.services or writing.recount:
            await writing.services({*created, *changed})
            await writing.keep_waiting()
    arrived = await writing.arrived(created) if writing.waits and created else []
    load = load.after(batch.last_line, Counts(batch.read, *counts, len(rejects), left_out))
    reject(rejects)
    said: dict[str, Any] = {f"run_{batch.kind}": run if turn.alone(batch.kind) else SEVERAL} if batch.ids else {}
    if writing.waits:
        said["waits"] = True
    if arrived:
        said["arrived"] = True
    await record(transaction, turn, load, said, finished=batch.final)
    return Outcome(load, arrived)


def _judged(
    batch: Batch, present: dict[str, str], refused: set[int]
) -> tuple[tuple[int, int, int], list[int], list[int]]:
    """How many were created, updated and unchanged; the places of rows to create, and of rows to replace."""
    created = updated = unchanged = 0
    to_create: list[int] = []
    to_replace: list[int] = []
    for place, (id_, fingerprint) in enumerate(zip(batch.ids, batch.fingerprints, strict=True)):
        if place in refused:
            continue
        before = now = present.get(id_)
        for version in (*batch.earlier.get(place, ()), fingerprint):
            if now is None:
                created += 1
            elif now == version:
                unchanged += 1
            else:
                updated += 1
            now = version
        if before is None:
            to_create.append(place)
        elif before != fingerprint:
            to_replace.append(place)
    return (created, updated, unchanged), to_create, to_replace


def _vin_rejects(batch: Batch, refused: dict[int, tuple[str, str]]) -> Iterable[Reject]:
    for place, (source, source_id) in refused.items():
        reason = f"is the VIN of the vehicle {source_id} of {source} already; correct one of the two."
        for line, raw in zip(batch.details.lines[place], batch.details.raws[place], strict=True):
            yield line, [Problem("vin", reason)], raw


@dataclass
class _Writing:
    """A batch being written.

    `left` gathers links that must wait, `waits` tells whether any link may, `recount` names roles some visit of
    which has changed, `things_of` has the things that links of changed rows belong to.
    """

    transaction: Transaction
    batch: Batch
    turn: Turn
    now: datetime
    left: dict[str, list[tuple[LinkRow, list[str]]]] = field(default_factory=dict)
    recount: set[str] = field(default_factory=set)
    things_of: dict[str, str] = field(default_factory=dict)
    waits: bool = field(init=False)

    def __post_init__(self) -> None:
        self.waits = self.turn.waits

    async def present(self) -> dict[str, str]:
        """The fingerprints of those rows that are in the graph, by id."""
        batch = self.batch
        ids = batch.ids
        if self.turn.alone(batch.kind):
            ids = [id_ for id_, known in zip(ids, batch.known, strict=True) if known]
        if not ids:
            return {}
        kind = thing_kind(batch.kind)
        if kind is not None:
            return dict(await self.transaction.value(THINGS[kind].present, {"ids": ids}))
        return await self._current(MAIN_LINKS[batch.kind], ids)

    async def _current(self, name: str, ids: list[str]) -> dict[str, str]:
        """The fingerprints of those of these links that are there or wait, by id."""
        things = list({self.things_of[id_] for id_ in ids if id_ in self.things_of})
        found = dict(await self.transaction.value(LINKS[name].current, {"ids": ids, "things": things}))
        if self.waits and len(found) < len(ids):
            kept = await waiting_links(self.transaction, [id_ for id_ in ids if id_ not in found])
            found.update({id_: one["fingerprint"] for id_, one in kept.items()})
        return found

    async def vins_taken(self) -> dict[int, tuple[str, str]]:
        """Places whose VIN another vehicle has, in the graph or before it in the batch, with its name."""
        batch = self.batch
        alone = self.turn.alone(batch.kind)
        asked = sorted({vin for _, vin, known in batch.vins if known or not alone})
        found = await self.transaction.value(VINS, {"vins": asked}) if asked else []
        holders = {vin: (id_, source, source_id) for vin, id_, source, source_id in found}
        held = {id_: vin for vin, (id_, _, _) in holders.items()}
        vins = {place: vin for place, vin, _ in batch.vins}
        taken: dict[int, tuple[str, str]] = {}
        for place, id_ in enumerate(batch.ids):
            vin = vins.get(place)
            holder = holders.get(vin) if vin else None
            if holder is not None and holder[0] != id_:
                taken[place] = holder[1:]
                continue
            if held.get(id_) not in (None, vin):
                del holders[held.pop(id_)]
            if vin:
                thing = batch.things[place]
                holders[vin] = (id_, thing["source"], thing["sourceId"])
                held[id_] = vin
        return taken

    async def things(self, created: list[int], changed: list[int]) -> None:
        """Creates and replaces the rows' own nodes."""
        batch = self.batch
        kind = thing_kind(batch.kind)
        if kind is None:
            return
        if changed:
            if batch.kind == "services":
                ids = [batch.ids[place] for place in changed]
                self.recount = {service for _, service in await self.transaction.value(VISITS, {"ids": ids})}
            # Before new ones: a VIN may go from one to the other.
            rows = [batch.things[place] for place in changed]
            await self.transaction.run(THINGS[kind].update, {"rows": rows, "now": self.now})
        if created:
            rows = batch.things
            if len(created) < len(rows):
                rows = [rows[place] for place in created]
            await self.transaction.run(THINGS[kind].create, {"rows": rows, "now": self.now})

    async def links(self, created: list[int], changed: list[int]) -> None:
        """Writes the links of new rows, and those of changed rows that say something else than before."""
        kept = await self._retract_changed(changed) if changed else set()
        chosen = {*created, *changed}
        for name, links in self.batch.links.items():
            rows = self._of(links.rows, links.owners, chosen)
            if kept:
                rows = [row for row in rows if row["edge"]["id"] not in kept]
            if name in FIRST and self.turn.alone("people") and self.turn.alone("vehicles"):
                # No other run has named any identifier, so what is new to this one is new to the graph.
                await self._write(FIRST[name], [row for row in rows if row["new"]])
                rows = [row for row in rows if not row["new"]]
            await self._write(LINKS[name], rows)

    async def _retract_changed(self, changed: list[int]) -> set[str]:
        """Retracts what changed rows say no longer or otherwise; gives the links that stay as they are."""
        batch, keys = self.batch, self.batch.details.keys
        ids: dict[str, list[str]] = defaultdict(list)
        for place in changed:
            for name, id_ in slots(batch.kind, batch.ids[place], keys[place]):
                ids[name].append(id_)
                self.things_of[id_] = batch.ids[place]
        places = set(changed)
        wanted = {
            row["edge"]["id"]: row["edge"]["fingerprint"]
            for links in batch.links.values()
            for row in self._of(links.rows, links.owners, places)
        }
        kept: set[str] = set()
        for name, slot_ids in ids.items():
            current = await self._current(name, slot_ids)
            kept |= {id_ for id_, fingerprint in current.items() if wanted.get(id_) == fingerprint}
            await self._remove(name, [id_ for id_ in current if id_ not in kept])
        return kept

    async def _remove(self, name: str, ids: list[str]) -> None:
        """Retracts links, and forgets those of them that wait."""
        if not ids:
            return
        rows = [{"id": id_, "thing": self.things_of.get(id_)} for id_ in ids]
        retracted = await self.transaction.value(LINKS[name].retract, {"ids": ids, "rows": rows, "now": self.now})
        if self.waits and retracted < len(ids):
            await stop_waiting(self.transaction, ids)

    async def keep_waiting(self) -> None:
        """Keeps aside what could not be written so far."""
        if self.left:
            await keep_waiting(self.transaction, self.batch.kind, self.left, self.batch.details.refs, self.now)
            self.left = {}
            self.waits = True

    async def _write(self, kind: LinkKind, rows: list[LinkRow]) -> None:
        if rows and (left := await write_links(self.transaction, kind, rows, self.now)):
            self.left.setdefault(kind.name, []).extend(left)

    async def services(self, chosen: set[int]) -> None:
        """Brings the SERVICES roles up to the visits: each holds from its first visit on."""
        alone = self.turn.alone(self.batch.kind)
        wanted: dict[str, tuple[LinkRow, LinkRow | None]] = {}
        states: dict[str, Knowledge] = {}
        for place, role, dealing, knowledge in self.batch.services:
            if place not in chosen:
                continue
            id_ = role["edge"]["id"]
            state = knowledge if alone else Knowledge.OPEN
            known = states.get(id_, Knowledge.COVERED)
            states[id_] = state if known is Knowledge.COVERED or state is Knowledge.NEW else known
            if id_ not in wanted or role["edge"]["validFrom"] < wanted[id_][0]["edge"]["validFrom"]:
                wanted[id_] = (role, dealing)
        new = [wanted[id_] for id_, state in states.items() if state is Knowledge.NEW and id_ not in self.recount]
        asked = self.recount | {id_ for id_, state in states.items() if state is Knowledge.OPEN}
        replaced: list[tuple[LinkRow, LinkRow | None]] = []
        ended: list[tuple[LinkRow, LinkRow | None]] = []
        if asked:
            there = await self._services_there(sorted(asked))
            firsts = await self._first_visits(there)
            for id_ in sorted(asked):
                known_role = there.get(id_)
                if known_role is None:
                    if id_ in wanted:
                        new.append(wanted[id_])
                    continue
                known_first: date = known_role[0]["edge"]["validFrom"]
                if id_ in self.recount:
                    first = firsts.get(id_)
                else:
                    first = min(known_first, wanted[id_][0]["edge"]["validFrom"])
                if first is None:
                    ended.append(known_role)
                elif first != known_first:
                    replaced.append(_service(known_role[0], first))
        for pairs, write in ((ended, self._end), (replaced, self._replace), (new, self._write)):
            await write(LINKS["services"], [role for role, _ in pairs])
            await write(LINKS["dealt_with"], [dealing for _, dealing in pairs if dealing is not None])

    async def _end(self, kind: LinkKind, rows: list[LinkRow]) -> None:
        await self._remove(kind.name, [row["edge"]["id"] for row in rows])

    async def _replace(self, kind: LinkKind, rows: list[LinkRow]) -> None:
        """Records links anew with what they say now; those that wait go on waiting."""
        if not rows:
            return
        ids = [row["edge"]["id"] for row in rows]
        kept = await waiting_links(self.transaction, ids) if self.waits else {}
        await change_waiting(self.transaction, [row for row in rows if row["edge"]["id"] in kept])
        there = [row for row in rows if row["edge"]["id"] not in kept]
        await self._remove(kind.name, [row["edge"]["id"] for row in there])
        await self._write(kind, there)

    async def _services_there(self, ids: list[str]) -> dict[str, tuple[LinkRow, LinkRow | None]]:
        """The roles with these ids, each with the link to the dealer beside it."""
        found: dict[str, LinkRow] = {}
        for properties, vehicle in await self.transaction.value(SERVICES, {"ids": ids}):
            edge = native(properties)
            found[edge["id"]] = {"from": edge["via"], "to": vehicle, "edge": edge}
        if self.waits:
            kept = await waiting_links(self.transaction, [id_ for id_ in ids if id_ not in found])
            found.update({id_: link_row(one) for id_, one in kept.items()})
        return {id_: _service(role, role["edge"]["validFrom"]) for id_, role in found.items()}

    async def _first_visits(self, there: dict[str, tuple[LinkRow, LinkRow | None]]) -> dict[str, date]:
        """The first visit of each role to be recounted; a role without any is missing."""
        asked = [id_ for id_ in there if id_ in self.recount]
        if not asked:
            return {}
        parameters = {"ids": asked, "vehicles": sorted({there[id_][0]["to"] for id_ in asked})}
        found = list(await self.transaction.value(FIRST_VISITS, parameters))
        if self.waits:
            found += await self.transaction.value(FIRST_WAITING_VISITS, parameters)
        firsts: dict[str, date] = {}
        for service, first in native(found):
            firsts[service] = min(first, firsts.get(service, first))
        return firsts

    async def arrived(self, created: list[int]) -> list[str]:
        """The things created here that links wait for."""
        if thing_kind(self.batch.kind) is None:
            return []
        return await mark_arrived(self.transaction, [self.batch.ids[place] for place in created])

    def _of(self, rows: list[Any], owners: list[int], chosen: set[int]) -> list[Any]:
        """Those rows whose owners are chosen."""
        if len(chosen) == len(self.batch.ids):
            return rows
        return [row for row, owner in zip(rows, owners, strict=True) if owner in chosen]


def _service(role: LinkRow, first: date) -> tuple[LinkRow, LinkRow | None]:
    """The role with another first day, and the link to the dealer beside it."""
    edge = role["edge"]
    return service_links(edge["id"], edge["source"], role["from"], role["to"], edge.get("dealerId"), first)
