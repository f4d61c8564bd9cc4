"""Files become the graph: once, again, changed, late and in any order."""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from renche.graph.database import Database
from renche.graph.ids import Kind, make_id
from renche.ingest.ledger import Counts
from renche.ingest.rows import KINDS
from renche.vault.store import Vault
from tests.ingest_run import BRAND, Place, Snapshot, current, edges, empty, nodes, snapshot

BRAND_ROWS = 340
VIN = "LYHA1S2A8NS000103"
OTHER_VIN = "LYHB2E3C2MS000101"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


async def test_brand_is_loaded_and_every_row_is_counted(graph: Database, place: Place) -> None:
    """A first load creates every row of the example brand, each once, and nothing waits."""
    report = await place.load(graph, BRAND)
    assert report.total == Counts(BRAND_ROWS, BRAND_ROWS, 0, 0, 0)
    assert report.counts["people"] == Counts(41, 41, 0, 0, 0)
    assert (report.exit_code, report.waiting, report.awaited_total) == (0, {}, 0)
    assert len(await nodes(graph, "Person")) == 41
    assert len(await nodes(graph, "ServiceVisit")) == 44
    assert len(await current(graph, "PURCHASED")) == 31


async def test_second_load_changes_nothing(graph: Database, place: Place) -> None:
    """The same files again are unchanged rows, and leave the graph as it was to the last property."""
    await place.load(graph, BRAND)
    before, recorded = await snapshot(graph), await edges(graph, "PURCHASED")
    report = await place.load(graph, BRAND, batch_size=50)
    assert report.total == Counts(BRAND_ROWS, 0, 0, BRAND_ROWS, 0)
    assert await snapshot(graph) == before
    assert await edges(graph, "PURCHASED") == recorded


async def test_every_order_gives_the_same_graph(graph: Database, place: Place) -> None:
    """Rows and files of the brand in random orders, some in pieces, give one and the same graph."""
    files = [BRAND / f"{kind}.csv" for kind in KINDS]
    await place.load_in_order(graph, files, batch_size=100)
    reference = await snapshot(graph)
    for seed in (1, 2):
        await empty(graph)
        shuffled = list(_pieces(place.folder / str(seed), files, random.Random(seed)))
        report = await place.load_in_order(graph, shuffled, batch_size=25)
        assert await snapshot(graph) == reference, f"seed {seed}"
        assert report.total == Counts(BRAND_ROWS, BRAND_ROWS, 0, 0, 0)
        assert reference.waiting == frozenset()
        assert not await nodes(graph, "Awaited")


def _pieces(folder: Path, files: list[Path], chance: random.Random) -> Iterator[Path]:
    folder.mkdir()
    made = []
    for file in files:
        header, *lines = file.read_text(encoding="utf-8").splitlines()
        chance.shuffle(lines)
        cut = chance.randrange(1, len(lines))
        for number, part in enumerate((lines[:cut], lines[cut:])):
            piece = folder / f"{file.stem}-{number}.csv"
            piece.write_text("\n".join([header, *part]) + "\n", encoding="utf-8")
            made.append(piece)
    chance.shuffle(made)
    yield from made


async def test_late_rows_are_waited_for(graph: Database, place: Place) -> None:
    """A purchase whose person and vehicle come later shows nowhere, is listed, and stands when both are there."""
    purchase = {"source_id": "p", "person_source_id": "a", "vehicle_source_id": "v", "valid_from": "2024-01-01"}
    report = await place.load_rows(graph, "purchases", purchase)
    assert report.counts["purchases"].created == 1
    assert report.waiting == {"purchases": 1}
    assert {(thing.kind, thing.source, thing.source_id, thing.links) for thing in report.awaited} == {
        ("people", "s", "a", 1),
        ("vehicles", "s", "v", 1),
    }
    assert report.waiting_file is not None
    with report.waiting_file.open(encoding="utf-8") as file:
        assert {tuple(row.values()) for row in csv.DictReader(file)} == {
            ("people", "s", "a", "1"),
            ("vehicles", "s", "v", "1"),
        }
    assert not await nodes(graph, "Person")
    assert not await nodes(graph, "Vehicle")
    report = await place.load_rows(graph, "people", {"source_id": "a"})
    assert report.waiting == {"purchases": 1}
    assert [thing.kind for thing in report.awaited] == ["vehicles"]
    assert not await edges(graph, "PURCHASED")
    report = await place.load_rows(graph, "vehicles", {"source_id": "v"})
    assert (report.waiting, report.awaited, report.waiting_file) == ({}, [], None)
    (edge,) = await edges(graph, "PURCHASED")
    assert edge["id"] == make_id(Kind.PURCHASE, "s", "p")
    assert edge["via"] == make_id(Kind.REGISTRATION, "s", "a")
    assert str(edge["validFrom"]) == "2024-01-01"
    assert not await nodes(graph, "Waiting")
    assert not await nodes(graph, "Awaited")


async def test_waiting_row_loaded_again_or_corrected(graph: Database, place: Place) -> None:
    """A waiting row again is unchanged, a corrected one updated; what comes out at the end is the correction."""
    drive = {"source_id": "d", "person_source_id": "a", "vehicle_source_id": "v", "valid_from": "2024-01-01"}
    assert (await place.load_rows(graph, "drives", drive)).counts["drives"] == Counts(1, 1, 0, 0, 0)
    assert (await place.load_rows(graph, "drives", drive)).counts["drives"] == Counts(1, 0, 0, 1, 0)
    corrected = drive | {"vehicle_source_id": "w"}
    report = await place.load_rows(graph, "drives", corrected)
    assert report.counts["drives"] == Counts(1, 0, 1, 0, 0)
    assert {thing.source_id for thing in report.awaited} == {"a", "w"}
    await place.load_rows(graph, "people", {"source_id": "a"})
    await place.load_rows(graph, "vehicles", {"source_id": "v"}, {"source_id": "w"})
    (edge,) = await edges(graph, "DRIVES")
    assert edge["id"] == make_id(Kind.DRIVE, "s", "d")
    assert not await nodes(graph, "Waiting")


async def test_many_links_wait_for_one_thing(graph: Database, place: Place) -> None:
    """A model that comes after its vehicles is given all of them, though they are more than one batch."""
    vehicles = [{"source_id": f"v{number}", "model_source_id": "m"} for number in range(20)]
    report = await place.load_rows(graph, "vehicles", *vehicles)
    assert report.waiting == {"vehicles": 20}
    report = await place.load_rows(graph, "models", {"source_id": "m", "brand": "b", "name": "n"})
    assert report.waiting == {}
    assert len(await current(graph, "OF_MODEL")) == 20
    assert not await nodes(graph, "Awaited")


async def test_correction_is_retracted_and_recorded_anew(graph: Database, place: Place) -> None:
    """A changed purchase keeps what was known before as retracted, and has one current version."""
    await place.load_rows(graph, "people", {"source_id": "a"})
    await place.load_rows(graph, "vehicles", {"source_id": "v"})
    await place.load_rows(graph, "dealers", {"source_id": "d1", "name": "x"}, {"source_id": "d2", "name": "y"})
    purchase = {"source_id": "p", "person_source_id": "a", "vehicle_source_id": "v", "price": "100.00"}
    await place.load_rows(graph, "purchases", purchase | {"dealer_source_id": "d1"})
    report = await place.load_rows(graph, "purchases", purchase | {"dealer_source_id": "d1", "price": "200.00"})
    assert report.counts["purchases"] == Counts(1, 0, 1, 0, 0)
    first, second = await edges(graph, "PURCHASED")
    assert (first["price"], second["price"]) == (10000, 20000)
    assert first["id"] == second["id"]
    assert first["recordedAt"] < first["retractedAt"] == second["recordedAt"]
    assert "retractedAt" not in second
    assert len(await edges(graph, "DEALT_WITH")) == 1, "the dealer stayed, so its link is left alone"
    await place.load_rows(graph, "purchases", purchase | {"dealer_source_id": "d2"})
    (dealing,) = await current(graph, "DEALT_WITH")
    assert dealing["role"] == "PURCHASE"
    await place.load_rows(graph, "purchases", purchase)
    assert not await current(graph, "DEALT_WITH")
    assert len(await current(graph, "PURCHASED")) == 1


async def test_what_a_changed_row_names_no_longer_is_retracted(graph: Database, place: Place) -> None:
    """A person's dropped phone and household end, a changed phone moves, and the rest stays as recorded."""
    await place.load_rows(graph, "households", {"source_id": "h"})
    row = {"source_id": "a", "name": "王小明", "phone": "13800000001", "email": "a@example.com"}
    await place.load_rows(graph, "people", row | {"household_source_id": "h", "city": "310000"})
    assert len(await current(graph, "GAVE")) == 2
    assert len(await current(graph, "LIVES_IN")) == 1
    await place.load_rows(graph, "people", row | {"phone": "13800000002", "city": ""})
    gave = await edges(graph, "GAVE")
    assert len(gave) == 3
    assert len([edge for edge in gave if "retractedAt" in edge]) == 1
    assert not await current(graph, "LIVES_IN")
    (person,) = await nodes(graph, "Person")
    assert person == {"id": make_id(Kind.PERSON, "s", "a"), "name": "王**", "phone": "138****0002"}
    assert {identifier["mask"] for identifier in await nodes(graph, "Identifier")} == {
        "138****0001",
        "138****0002",
        "****@****",
    }


async def test_row_twice_in_a_file_ends_as_its_last_version(graph: Database, place: Place) -> None:
    """Of a row that a file holds three times the last one stands, and each is counted for what it did."""
    rows = [{"source_id": "a", "city": city} for city in ("310000", "310000", "330100", "310000")]
    report = await place.load_rows(graph, "people", *rows)
    assert report.counts["people"] == Counts(4, 1, 2, 1, 0)
    far = [{"source_id": f"x{number}"} for number in range(10)]
    report = await place.load_rows(graph, "people", rows[2], *far, rows[0])
    assert report.counts["people"] == Counts(12, 10, 2, 0, 0)
    assert [person["city"] for person in await nodes(graph, "Person") if "city" in person] == ["310000"]


async def test_vin_of_another_vehicle_is_rejected(graph: Database, place: Place) -> None:
    """A VIN belongs to the first vehicle that has it, in the file or in the graph, until that one gives it up."""
    report = await place.load_rows(
        graph, "vehicles", {"source_id": "v1", "vin": VIN}, {"source_id": "v2", "vin": VIN}, {"source_id": "v3"}
    )
    assert report.counts["vehicles"] == Counts(3, 2, 0, 0, 1)
    assert report.exit_code == 2
    with (report.rejects / "vehicles.csv.csv").open(encoding="utf-8") as file:
        (reject,) = csv.DictReader(file)
    assert (reject["line"], reject["field"]) == ("3", "vin")
    assert reject["reason"] == "vin is the VIN of the vehicle v1 of s already; correct one of the two."
    report = await place.load_rows(
        graph, "vehicles", {"source_id": "v3", "vin": VIN}, {"source_id": "v4", "vin": OTHER_VIN}
    )
    assert report.counts["vehicles"] == Counts(2, 1, 0, 0, 1)
    report = await place.load_rows(graph, "vehicles", {"source_id": "v1", "vin": ""}, {"source_id": "v3", "vin": VIN})
    assert report.counts["vehicles"] == Counts(2, 0, 2, 0, 0)
    assert {vehicle["sourceId"]: vehicle.get("vin") for vehicle in await nodes(graph, "Vehicle")} == {
        "v1": None,
        "v3": VIN,
        "v4": OTHER_VIN,
    }


async def test_services_role_holds_from_the_first_visit(graph: Database, place: Place) -> None:
    """However visits come, are corrected or move, the role starts with the earliest and goes with the last."""
    await place.load_rows(graph, "people", {"source_id": "a"}, {"source_id": "b"})
    await place.load_rows(graph, "dealers", {"source_id": "d", "name": "x"})
    await place.load_rows(graph, "vehicles", {"source_id": "v"})
    visit = {"vehicle_source_id": "v", "person_source_id": "a", "dealer_source_id": "d"}

    async def firsts() -> dict[str, set[str]]:
        return {
            type_: {f"{edge['via'][-4:]} {edge['validFrom']}" for edge in await current(graph, type_)}
            for type_ in ("SERVICES", "DEALT_WITH")
        }

    a, b = (make_id(Kind.REGISTRATION, "s", name)[-4:] for name in "ab")
    both = ("SERVICES", "DEALT_WITH")
    await place.load_rows(
        graph, "services", *(visit | {"source_id": d, "visited_on": d} for d in ("2024-05-01", "2025-05-01"))
    )
    assert await firsts() == {type_: {f"{a} 2024-05-01"} for type_ in both}
    await place.load_rows(graph, "services", visit | {"source_id": "early", "visited_on": "2023-01-01"})
    assert await firsts() == {type_: {f"{a} 2023-01-01"} for type_ in both}
    await place.load_rows(graph, "services", visit | {"source_id": "early", "visited_on": "2026-01-01"})
    assert await firsts() == {type_: {f"{a} 2024-05-01"} for type_ in both}
    moved = [visit | {"source_id": d, "visited_on": d, "person_source_id": "b"} for d in ("2024-05-01", "2025-05-01")]
    await place.load_rows(graph, "services", *moved)
    assert await firsts() == {type_: {f"{a} 2026-01-01", f"{b} 2024-05-01"} for type_ in both}
    await place.load_rows(
        graph, "services", visit | {"source_id": "early", "visited_on": "2026-01-01", "person_source_id": ""}
    )
    assert await firsts() == {type_: {f"{b} 2024-05-01"} for type_ in both}
    assert len(await nodes(graph, "ServiceVisit")) == 3
    assert len(await current(graph, "HAD")) == 3


async def test_waiting_services_role_follows_its_visits(graph: Database, place: Place) -> None:
    """Visits of a vehicle that is not there yet, corrected meanwhile, give the same role as if it had been."""
    await place.load_rows(graph, "people", {"source_id": "a"})
    visit = {"vehicle_source_id": "v", "person_source_id": "a"}
    days = {"x": "2024-05-01", "y": "2025-05-01"}
    await place.load_rows(graph, "services", *(visit | {"source_id": k, "visited_on": d} for k, d in days.items()))
    await place.load_rows(graph, "services", visit | {"source_id": "x", "visited_on": "2026-05-01"})
    assert not await edges(graph, "SERVICES")
    await place.load_rows(graph, "vehicles", {"source_id": "v"})
    assert [str(edge["validFrom"]) for edge in await edges(graph, "SERVICES")] == ["2025-05-01"]
    assert sorted(str(edge["validFrom"]) for edge in await current(graph, "HAD")) == ["2025-05-01", "2026-05-01"]


async def test_rejected_rows_do_not_stop_the_others(graph: Database, place: Place) -> None:
    """Bad rows are counted and written down; a second load of the file writes its rejects anew, not again."""
    rows = [{"source_id": str(number), "city": "310000" if number % 3 else "000000"} for number in range(20)]
    for counts in (Counts(20, 13, 0, 0, 7), Counts(20, 0, 0, 13, 7)):
        report = await place.load_rows(graph, "people", *rows)
        assert report.counts["people"] == counts
        with (report.rejects / "people.csv.csv").open(encoding="utf-8") as file:
            assert [int(row["line"]) for row in csv.DictReader(file)] == [number + 2 for number in range(0, 20, 3)]


async def test_values_are_in_the_vault(graph: Database, place: Place) -> None:
    """What the graph shows as masks the vault has in full, under the registration's and the vehicle's ids."""
    await place.load_rows(graph, "people", {"source_id": "a", "name": "王小明", "phone": "13812341234"})
    await place.load_rows(graph, "vehicles", {"source_id": "v", "plate": "沪A12345"})
    person, vehicle = make_id(Kind.REGISTRATION, "s", "a"), make_id(Kind.VEHICLE, "s", "v")
    with Vault.open(place.vault_url, place.keys) as vault:
        found = vault.values_of([person, vehicle])
    assert {(value.field, value.value) for values in found.values() for value in values} == {
        ("name", "王小明"),
        ("phone", "+8613812341234"),
        ("plate", "沪A12345"),
    }
    hmacs = {identifier["hmac"] for identifier in await nodes(graph, "Identifier")}
    assert hmacs == {value.fingerprint for values in found.values() for value in values if value.field != "name"}


async def test_what_several_rows_give_is_one_identifier(graph: Database, place: Place) -> None:
    """People of a family, of another load, and a vehicle give one phone and one plate: each is one identifier."""
    family = [{"source_id": f"f{number}", "phone": "13812341234", "plate": "沪A12345"} for number in range(5)]
    vehicle = {"source_id": "v", "plate": "沪A12345"}
    files = [place.write("people", *family), place.write("vehicles", vehicle)]
    await place.load(graph, *files, batch_size=2)
    await place.load_rows(graph, "people", {"source_id": "later", "phone": "13812341234", "plate": "沪A12345"})
    assert len(await nodes(graph, "Identifier")) == 2
    assert len(await current(graph, "GAVE")) == 12
    assert len(await current(graph, "CARRIES")) == 1


async def test_nothing_is_lost_in_a_snapshot(graph: Database, place: Place) -> None:
    """The comparison that these tests rest on sees a changed property, node and link."""
    await place.load_rows(graph, "dealers", {"source_id": "d", "name": "x"})
    before = await snapshot(graph)
    assert isinstance(before, Snapshot)
    await place.load_rows(graph, "dealers", {"source_id": "d", "name": "y"}, {"source_id": "e", "name": "y"})
    after = await snapshot(graph)
    assert len(after.nodes - before.nodes) == 2
    await place.load_rows(graph, "dealers", {"source_id": "e", "name": "y", "parent_source_id": "d"})
    assert len((await snapshot(graph)).edges) == 1
