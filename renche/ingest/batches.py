"""Rows become batches: read, checked, prepared, and their personal values in the vault."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from renche.ingest.batch import Batch, Knowledge, Links, Reject, pack
from renche.ingest.checks import Checks, Problem
from renche.ingest.files import InputFile
from renche.ingest.links import LinkRow
from renche.ingest.making import Prepared
from renche.ingest.prepare import prepare
from renche.ingest.read import Raw, Reader, RowError, open_file
from renche.ingest.rows import Row, parse
from renche.ingest.seen import Earliest, Seen
from renche.vault.erasures import lift
from renche.vault.keys import Keys
from renche.vault.store import Vault

_ERASABLE: Final = ("people", "vehicles")


@dataclass(frozen=True)
class Job:
    """What is to be prepared: which files, each from behind which line on."""

    files: list[tuple[InputFile, int]]
    vault_url: str
    keys: Keys
    checks: Checks
    batch_size: int
    encoding: str | None = None


@dataclass
class _Open:
    """A batch that is being filled."""

    read: int = 0
    rejects: list[Reject] = field(default_factory=list)
    warnings: Counter[Problem] = field(default_factory=Counter)
    places: dict[str, int] = field(default_factory=dict)
    prepared: list[Prepared] = field(default_factory=list)
    known: list[bool] = field(default_factory=list)
    earlier: dict[int, list[str]] = field(default_factory=dict)
    lines: list[list[int]] = field(default_factory=list)
    raws: list[list[Raw]] = field(default_factory=list)

    def differs(self, item: Prepared) -> bool:
        """Whether the batch holds the row with another VIN: which of the two stands is for the graph to say."""
        place = self.places.get(item.id)
        return place is not None and self.prepared[place].vin != item.vin

    def add(self, item: Prepared, line: int, raw: Raw, seen: Seen, keep_raw: bool) -> None:
        """Takes a row; a later version of one takes its place."""
        place = self.places.get(item.id)
        if place is None:
            self.places[item.id] = len(self.prepared)
            self.prepared.append(item)
            self.known.append(seen.add(item.id))
            self.lines.append([line])
            self.raws.append([raw] if keep_raw else [])
        else:
            self.earlier.setdefault(place, []).append(self.prepared[place].fingerprint)
            item.values = self.prepared[place].values + item.values
            self.prepared[place] = item
            self.lines[place].append(line)
            if keep_raw:
                self.raws[place].append(raw)


class _Memory:
    """What the run knows of one kind's rows; nothing when the kind's files do not come one after the other."""

    def __init__(self, kind: str, remembers: bool) -> None:
        self.ids = Seen(remembers)
        self.vins = Seen(remembers and kind == "vehicles")
        self.services = Seen(remembers and kind == "services")
        self.first_visits = Earliest() if remembers and kind == "services" else None

    def knowledge(self, service: str, day: int, visit_known: bool) -> Knowledge:
        """What can be said of a SERVICES role that a visit of this day counts towards."""
        if visit_known:
            # A visit that is corrected may take a role's first day away: from now on only the graph knows.
            self.first_visits = None
        known = self.services.add(service)
        covered = self.first_visits is not None and self.first_visits.covers(service, day)
        if not known:
            return Knowledge.NEW
        return Knowledge.COVERED if covered else Knowledge.OPEN


_FORGOTTEN = _Memory("", remembers=False)


def prepared_batches(job: Job) -> Iterator[Batch]:
    """The batches of all files, their personal values in the vault before each is given out."""
    with Vault.open(job.vault_url, job.keys) as vault:
        memories: dict[str, _Memory] = {}
        identifiers = Seen()
        kind = ""
        for number, (file, after) in enumerate(job.files):
            if file.kind != kind:
                kind = file.kind
                # The memory of the kind before is given back.
                memories = dict.fromkeys(memories, _FORGOTTEN) | {kind: _Memory(kind, kind not in memories)}
            memory = memories[kind]
            with open_file(file, job.encoding) as reader:
                yield from _batches(job, number, file.kind, reader, after, memory, identifiers, vault)


def _batches(
    job: Job,
    number: int,
    kind: str,
    reader: Reader,
    after: int,
    memory: _Memory,
    identifiers: Seen,
    vault: Vault,
) -> Iterator[Batch]:
    filling, line = _Open(), after
    keep_raw = kind == "vehicles"
    for line_read, raw in reader:
        if line_read <= after:
            continue
        row = raw if isinstance(raw, RowError) else parse(kind, raw, job.checks)
        item = prepare(kind, row, job.keys) if isinstance(row, Row) else None
        if filling.read >= job.batch_size or (item is not None and filling.differs(item)):
            yield _closed(filling, number, kind, line, False, reader.bytes_read, memory, identifiers, vault)
            filling = _Open()
        filling.read += 1
        line = line_read
        if item is None:
            assert not isinstance(row, Row)  # noqa: S101 - for the type checker: what is not prepared is a problem
            filling.rejects.append((line, row, None if isinstance(raw, RowError) else raw))
            continue
        assert isinstance(row, Row)  # noqa: S101
        assert not isinstance(raw, RowError)  # noqa: S101
        filling.warnings.update(row.warnings)
        filling.add(item, line, raw, memory.ids, keep_raw)
    yield _closed(filling, number, kind, line, True, reader.bytes_read, memory, identifiers, vault)


def _closed(
    filling: _Open,
    number: int,
    kind: str,
    line: int,
    final: bool,
    bytes_read: int,
    memory: _Memory,
    identifiers: Seen,
    vault: Vault,
) -> Batch:
    prepared = filling.prepared
    vault.put([value for item in prepared for value in item.values])
    erased, lifted = _erased(kind, prepared, vault)
    links: dict[str, Links] = {}
    services, vins = [], []
    for place, item in enumerate(prepared):
        for name, row in item.links:
            of_kind = links.get(name)
            if of_kind is None:
                of_kind = links[name] = Links()
            of_kind.rows.append(row)
            of_kind.owners.append(place)
            if "identifier" in row:
                row["new"] = not identifiers.add(row["to"])
        if item.service is not None:
            role, dealing = item.service
            edge = role["edge"]
            known = memory.knowledge(edge["id"], edge["validFrom"].toordinal(), filling.known[place])
            services.append((place, role, dealing, known))
        elif kind == "services" and filling.known[place]:
            memory.first_visits = None
        if item.vin is not None:
            vins.append((place, item.vin, memory.vins.add(item.vin)))
    return Batch(
        file=number,
        kind=kind,
        read=filling.read,
        last_line=line,
        final=final,
        bytes_read=bytes_read,
        rejects=filling.rejects,
        warnings=dict(filling.warnings),
        ids=[item.id for item in prepared],
        fingerprints=[item.fingerprint for item in prepared],
        known=filling.known,
        earlier=filling.earlier,
        things=[item.thing for item in prepared if item.thing is not None],
        links=links,
        services=services,
        vins=vins,
        erased=erased,
        lifted=lifted,
        packed_details=pack([item.key for item in prepared], filling.lines, prepared, filling.raws),
    )


def _erased(kind: str, prepared: list[Prepared], vault: Vault) -> tuple[frozenset[str], frozenset[str]]:
    """The erased people, and vehicles of such, that the rows are of or name; vehicles that have a new owner."""
    named = {id_ for item in prepared for id_, (file_kind, *_) in item.refs.items() if file_kind in _ERASABLE}
    if kind in _ERASABLE:
        named.update(item.id for item in prepared)
    erased = vault.erased(named)
    lifted: set[str] = set()
    if kind == "purchases" and erased:
        for row in (row for item in prepared for name, row in item.links if name == "purchased"):
            vehicle = row["to"]
            if vehicle in erased and row["from"] not in erased and _since(row["edge"], erased[vehicle]):
                lifted.add(vehicle)
        lift(vault, lifted)
    return frozenset(erased), frozenset(lifted)


def _since(edge: LinkRow, erased_at: datetime) -> bool:
    day = edge.get("validFrom")
    return day is not None and day >= erased_at.date()
