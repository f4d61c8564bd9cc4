"""A person is erased: nothing of them is found anywhere, nobody else loses anything, and they do not come back."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from renche.graph.database import Database, Transaction
from renche.graph.embedded import EmbeddedEngine
from renche.graph.endpoint import Endpoint
from renche.graph.errors import InvalidArgument, InvalidId
from renche.graph.ids import Kind, make_id
from renche.graph.migrate import migrate
from renche.graph.named_queries import Statement
from renche.ingest.ledger import Counts
from renche.privacy import erase as erasing
from renche.privacy.asked import Asked
from renche.privacy.erase import erase
from renche.privacy.export import export
from renche.privacy.rekey import rekey, retire_older
from renche.vault.erasures import Proof, proofs, proofs_hold
from renche.vault.rotation import current_alone, rotated
from renche.vault.store import Vault
from tests.canaries import found_in, packed_in, scan, wrapped_key
from tests.conftest import MIGRATED_AT, TIME_LIMIT, do_without
from tests.ingest_run import EDGES, NODES, Place, current, edges, empty, nodes
from tests.neo4j_server import NoNeo4j, kept_neo4j_server

NAME, PHONE, PLATE, EMAIL, OTHER_PHONE = "夏侯惇子", "13987654321", "粤B98765", "zq.canary@example.org", "13912345678"
CANARIES = (NAME, PHONE, PHONE[1:], PLATE, EMAIL, OTHER_PHONE)
PLANT = Statement("test.plant", "UNWIND $values AS value CREATE (:Planted {value: value})", write=True)
SHARED = "13800000009"
ASKED = Asked("cli:0", "asked for by letter")
ANN = {
    "source_id": "ann",
    "name": NAME,
    "phone": PHONE,
    "email": EMAIL,
    "plate": PLATE,
    "gender": "female",
    "birth_year": "1983",
    "city": "310000",
    "household_source_id": "h",
    "household_relation": "head",
}
ROWS: dict[str, list[dict[str, str]]] = {
    "models": [{"source_id": "m", "brand": "b", "name": "n"}],
    "dealers": [{"source_id": "d", "name": "x"}],
    "clubs": [{"source_id": "c", "name": "y"}],
    "households": [{"source_id": "h"}],
    "people": [
        {**ANN, "phone": OTHER_PHONE},
        ANN,
        {"source_id": "bob", "name": "李雷", "phone": SHARED, "city": "310000", "household_source_id": "h"},
        {"source_id": "cat", "name": "韩梅梅", "phone": SHARED, "plate": "沪A55555", "city": "310000"},
    ],
    "vehicles": [
        {"source_id": "own", "plate": PLATE, "model_source_id": "m"},
        {"source_id": "sold", "plate": "沪A55555"},
    ],
    "intents": [{"source_id": "i", "person_source_id": "ann", "model_source_id": "m", "heat": "hot"}],
    "purchases": [
        {"source_id": "p1", "person_source_id": "ann", "vehicle_source_id": "own", "valid_from": "2024-01-01",
         "price": "98765.43", "currency": "CNY", "motive": "additional", "dealer_source_id": "d"},
        {"source_id": "p2", "person_source_id": "bob", "vehicle_source_id": "sold", "valid_from": "2020-01-01"},
        {"source_id": "p3", "person_source_id": "ann", "vehicle_source_id": "sold", "valid_from": "2021-01-01"},
        {"source_id": "p4", "person_source_id": "cat", "vehicle_source_id": "sold", "valid_from": "2022-01-01"},
        {"source_id": "p5", "person_source_id": "ann", "vehicle_source_id": "never", "valid_from": "2022-01-01"},
    ],
    "drives": [{"source_id": "v", "person_source_id": "ann", "vehicle_source_id": "own"}],
    "services": [
        {"source_id": "s1", "vehicle_source_id": "sold", "person_source_id": "ann", "visited_on": "2021-05-01"},
        {"source_id": "s2", "vehicle_source_id": "sold", "person_source_id": "cat", "visited_on": "2023-05-01"},
    ],
    "memberships": [{"source_id": "k", "person_source_id": "ann", "club_source_id": "c"}],
    "referrals": [
        {"source_id": "r1", "referrer_source_id": "bob", "friend_source_id": "ann", "made_on": "2020-12-01"},
        {"source_id": "r2", "referrer_source_id": "ann", "friend_source_id": "cat", "made_on": "2021-12-01"},
    ],
}  # fmt: skip
PERSON, REGISTRATION = (make_id(kind, "s", "ann") for kind in (Kind.PERSON, Kind.REGISTRATION))
OWN, SOLD = (make_id(Kind.VEHICLE, "s", name) for name in ("own", "sold"))
RESULT = {"source_id": "r1", "referrer_source_id": "bob", "friend_source_id": "ann", "made_on": "2020-12-01"}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "own")


@pytest.fixture
def vault(place: Place) -> Iterator[Vault]:
    place.folder.mkdir(exist_ok=True)
    with Vault.open(place.vault_url, place.keys, now=place.clock.now) as vault:
        yield vault


async def load_all(graph: Database, place: Place) -> dict[str, Counts]:
    """Loads the rows; what became of each kind."""
    return {kind: (await place.load_rows(graph, kind, *rows)).counts[kind] for kind, rows in ROWS.items()}


async def everything(graph: Database) -> str:
    """All properties of all nodes and relationships, as an export would show them."""
    return repr([await graph.read(NODES), await graph.read(EDGES)])


def words_of(shown: str) -> str:
    """What `everything` shows without its keyed hashes and ids, in whose letters any short word occurs by chance."""
    return re.sub(r"[\w+/=-]{20,}", "", shown)


async def erased(graph: Database, place: Place, vault: Vault) -> Proof:
    return await erase(graph, vault, place.clock, place.folder, PERSON, ASKED)


async def test_an_export_shows_everything(graph: Database, place: Place, vault: Vault) -> None:
    """All values ever given, roles with both times, referrals with the others' ids only, visits and the timeline."""
    await load_all(graph, place)
    document = json.loads(orjson.dumps(await export(graph, vault, place.clock, PERSON, ASKED)))
    text = json.dumps(document, ensure_ascii=False)
    for value in CANARIES:
        assert value in text
    (registration,) = document["registrations"]
    assert registration["values"]["phone"] == [f"+86{OTHER_PHONE}", f"+86{PHONE}"]
    assert document["plates"] == [{"vehicle": OWN, "plate": PLATE}]
    assert sorted(role["type"] for role in document["roles"]) == [
        "DEALT_WITH", "DRIVES", "INTENDS_TO_BUY", "PURCHASED", "PURCHASED", "SERVICES"
    ]  # fmt: skip
    assert all(role["recordedAt"] for role in document["roles"])
    assert [home["relation"] for home in document["households"]] == ["HEAD"]
    assert [club["thing"]["name"] for club in document["clubs"]] == ["y"]
    (received,), (made,) = document["referralsReceived"], document["referralsMade"]
    assert [(other["what"], other["id"]) for other in received["others"]] == [
        ("referrer", make_id(Kind.PERSON, "s", "bob"))
    ]
    assert [(other["what"], other["id"]) for other in made["others"]] == [("friend", make_id(Kind.PERSON, "s", "cat"))]
    assert [visit["vehicle"] for visit in document["visits"]] == [SOLD]
    assert [waiting["type"] for waiting in document["waiting"]] == ["purchased"]
    assert {"ROLE_BEGAN", "REFERRAL_MADE", "REFERRAL_RECEIVED", "VISIT"} == {
        event["kind"] for event in document["timeline"]
    }
    for other in ("李雷", "韩梅梅", "55555", "fingerprint", "hmac"):
        assert other not in text


@pytest.mark.parametrize(
    ("id_", "error", "says"),
    [
        (make_id(Kind.PERSON, "s", "nobody"), InvalidArgument, "no person with the id"),
        (REGISTRATION, InvalidId, "begin with 'per_'"),
        ("13800000001", InvalidId, "not an id"),
    ],
)
async def test_who_is_not_there_is_told(
    graph: Database, place: Place, vault: Vault, id_: str, error: type[Exception], says: str
) -> None:
    """An id of nobody, of another kind of thing, or no id at all is an error that says which."""
    with pytest.raises(error, match=says):
        await export(graph, vault, place.clock, id_, ASKED)
    with pytest.raises(error, match=says):
        await erase(graph, vault, place.clock, place.folder, id_, ASKED)
    assert proofs(vault) == []


async def test_nothing_of_an_erased_person_is_left(graph: Database, place: Place, vault: Vault) -> None:
    """The vault has no key of theirs, the graph nothing but two marks and what others' history needs."""
    await load_all(graph, place)
    proof = await erased(graph, place, vault)
    assert vault.values_of([REGISTRATION, OWN]) == {REGISTRATION: [], OWN: []}
    (person,) = [node for node in await nodes(graph, "Person") if node["id"] == PERSON]
    assert person == {"id": PERSON, "erased": True, "erasedAt": person["erasedAt"]}
    (stub,) = [node for node in await nodes(graph, "Registration") if node["id"] == REGISTRATION]
    assert stub == {
        "id": REGISTRATION, "source": "s", "sourceId": REGISTRATION, "fingerprint": "erased", "erased": True
    }  # fmt: skip
    left = await graph.read(EDGES)
    assert sorted(type_ for type_, start, end, _ in left if PERSON in (start, end)) == [
        "MADE", "OF", "OF_PERSON", "PURCHASED", "PURCHASED"
    ]  # fmt: skip
    assert not [edge for edge in await edges(graph, "PURCHASED") if {"price", "currency", "motive"} & edge.keys()]
    assert not [visit for visit in await nodes(graph, "ServiceVisit") if visit.get("registrationId") == REGISTRATION]
    assert {node["mask"] for node in await nodes(graph, "Identifier")} == {"138****0009", "沪A***55"}
    assert not await nodes(graph, "Waiting")
    assert not await nodes(graph, "Awaited")
    shown = words_of(await everything(graph))
    for value in ("夏", "139****", "粤B", "1983", "9876543", "ann"):
        assert value not in shown
    assert proof.counts == {
        "registrations": 1, "identifiers": 3, "roles": 6, "purchases": 2, "visits": 1, "waiting": 1, "keys": 2,
        "values": 6,
    }  # fmt: skip
    assert proofs_hold(vault)
    with pytest.raises(InvalidArgument, match="was erased on"):
        await export(graph, vault, place.clock, PERSON, ASKED)


async def test_no_hash_of_an_erased_person_can_be_read(graph: Database, place: Place, vault: Vault) -> None:
    """What she alone gave has no keyed hash left in any node or relationship, under whatever name."""
    await load_all(graph, place)
    gave = {value.fingerprint for values in vault.values_of([REGISTRATION, OWN]).values() for value in values}
    hashes = {node["hmac"] for node in await nodes(graph, "Identifier")} & gave
    await erased(graph, place, vault)
    shown = await everything(graph)
    assert len(hashes) == 3
    assert [hash_ for hash_ in gave if hash_ in shown] == []


async def test_other_people_lose_nothing(graph: Database, place: Place, vault: Vault) -> None:
    """All that does not name the person is as before; ends of referrals and former owners are still there."""
    await load_all(graph, place)

    async def others() -> tuple[list[str], list[str]]:
        mine = {PERSON, REGISTRATION, OWN, make_id(Kind.VISIT, "s", "s1")}
        found = [
            repr((labels, sorted(properties.items(), key=str)))
            for labels, properties in await graph.read(NODES)
            if labels[0] not in ("Load", "Awaited", "Waiting") and not mine & set(map(str, properties.values()))
        ]
        links = [
            repr((type_, start, end, sorted(properties.items(), key=str)))
            for type_, start, end, properties in await graph.read(EDGES)
            if type_ != "FOR" and not {PERSON, REGISTRATION, OWN} & {start, end}
        ]
        return sorted(found), sorted(links)

    hers = {"139****4321", "139****5678", "粤B***65", "****@****"}
    before = [[text for text in part if not any(mask in text for mask in hers)] for part in await others()]
    values = vault.values_of([make_id(Kind.REGISTRATION, "s", name) for name in ("bob", "cat")] + [SOLD])
    await erased(graph, place, vault)
    for now, then in zip(await others(), before, strict=True):
        assert sorted(set(now) ^ set(then)) == []
    assert vault.values_of(list(values)) == values
    for type_, ends in (("MADE", 2), ("OF", 2), ("PURCHASED", 4)):
        assert len(await current(graph, type_)) == ends


async def test_a_shared_identifier_stays_for_the_others(graph: Database, place: Place, vault: Vault) -> None:
    """A phone that somebody else gave too is found still, by the other alone."""
    await load_all(graph, place)
    bob = make_id(Kind.PERSON, "s", "bob")
    await erase(graph, vault, place.clock, place.folder, bob, ASKED)
    (phone,) = [node for node in await nodes(graph, "Identifier") if node["kind"] == "PHONE" and "0009" in node["mask"]]
    gave = [start for type_, start, end, _ in await graph.read(EDGES) if type_ == "GAVE" and end == phone["id"]]
    assert gave == [make_id(Kind.REGISTRATION, "s", "cat")]


async def test_erasing_twice_is_erasing_once(graph: Database, place: Place, vault: Vault) -> None:
    """The second time there is nothing to do, and the proof is the same."""
    await load_all(graph, place)
    first = await erased(graph, place, vault)
    before = await everything(graph)
    assert await erased(graph, place, vault) == first
    assert [one.person for one in proofs(vault)] == [PERSON]
    assert before.count("erasedAt") == (await everything(graph)).count("erasedAt") == 1


@pytest.mark.parametrize("step", ["forget_rows", "_from_graph", "end"])
async def test_an_ended_erasure_is_taken_up_again(
    graph: Database, place: Place, vault: Vault, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the process dies, the values are gone already, and the same command does the rest."""
    await load_all(graph, place)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(erasing, step, die)
        with pytest.raises(KeyboardInterrupt):
            await erased(graph, place, vault)
    assert vault.values_of([REGISTRATION, OWN]) == {REGISTRATION: [], OWN: []}
    assert [one.hash for one in proofs(vault)] == [None]
    assert (await place.load_rows(graph, "people", ANN)).counts["people"].withheld == 1
    assert vault.values_of([REGISTRATION]) == {REGISTRATION: []}
    proof = await erased(graph, place, vault)
    assert proof.hash
    assert (proof.counts["registrations"], proof.counts["values"]) == (1, 6)
    assert len(proofs(vault)) == 1
    assert "夏" not in await everything(graph)


async def test_the_same_rows_do_not_bring_the_person_back(graph: Database, place: Place, vault: Vault) -> None:
    """Loaded again, changed or not, rows of the person are counted and left out; what is others' is loaded."""
    await load_all(graph, place)
    await erased(graph, place, vault)
    before = await everything(graph)
    counts = await load_all(graph, place)
    assert counts["people"] == Counts(4, 0, 0, 2, 0, 2)
    assert counts["intents"] == counts["drives"] == counts["memberships"] == Counts(1, 0, 0, 0, 0, 1)
    assert counts["purchases"] == Counts(5, 0, 0, 2, 0, 3)
    assert counts["services"] == Counts(2, 0, 0, 2, 0, 0)
    assert counts["referrals"] == Counts(2, 0, 0, 2, 0, 0)
    assert counts["vehicles"] == Counts(2, 0, 0, 2, 0, 0)
    await place.load_rows(graph, "people", {**ANN, "city": "330100"})
    await place.load_rows(graph, "services", {**ROWS["services"][0], "mileage": "12"})
    await place.load_rows(graph, "referrals", {**RESULT, "vehicle_source_id": "sold"})
    after = words_of(await everything(graph))
    for value in ("夏", "139****", "粤B", "1983", "ann"):
        assert value not in after
    assert vault.values_of([REGISTRATION, OWN]) == {REGISTRATION: [], OWN: []}
    assert len(await current(graph, "RESULTED_IN")) == 1
    assert len(await current(graph, "OF")) == 2
    assert "s2" in before
    assert [edge["via"] for edge in await current(graph, "SERVICES")] == [make_id(Kind.REGISTRATION, "s", "cat")]


async def test_a_rebuilt_graph_does_not_bring_the_person_back(graph: Database, place: Place, vault: Vault) -> None:
    """The vault remembers whom the graph has forgotten altogether."""
    await load_all(graph, place)
    await erased(graph, place, vault)
    await empty(graph)
    counts = await load_all(graph, place)
    assert counts["people"] == Counts(4, 2, 0, 0, 0, 2)
    assert {node["id"] for node in await nodes(graph, "Person")} == {
        make_id(Kind.PERSON, "s", name) for name in ("bob", "cat")
    }
    assert vault.values_of([REGISTRATION, OWN]) == {REGISTRATION: [], OWN: []}
    assert {vehicle.get("plate") for vehicle in await nodes(graph, "Vehicle")} == {None, "沪A***55"}


async def test_tombstones_outlast_a_change_of_keys(graph: Database, place: Place, vault: Vault) -> None:
    """Under new keys, the old ones destroyed, the person stays away."""
    await load_all(graph, place)
    await erased(graph, place, vault)
    newer = rotated(place.keys)
    with Vault.open(place.vault_url, newer) as opened:
        await rekey(graph, opened, place.folder)
        await retire_older(graph, opened, place.folder)
    later = replace(place, keys=current_alone(newer))
    counts = await load_all(graph, later)
    assert counts["people"] == Counts(4, 0, 2, 0, 0, 2)
    assert "夏" not in await everything(graph)
    with Vault.open(place.vault_url, later.keys) as opened:
        assert opened.values_of([REGISTRATION, OWN]) == {REGISTRATION: [], OWN: []}
        assert proofs_hold(opened)


async def test_a_new_owner_brings_a_plate_again(graph: Database, place: Place, vault: Vault) -> None:
    """When somebody buys the vehicle later, its plate is taken again; a purchase from before does not count."""
    await load_all(graph, place)
    await erased(graph, place, vault)
    vehicle = {"source_id": "own", "plate": "沪A77777", "model_source_id": "m"}
    bought = {"source_id": "q", "person_source_id": "bob", "vehicle_source_id": "own"}
    await place.load_rows(graph, "purchases", bought | {"valid_from": "2023-01-01"})
    await place.load_rows(graph, "vehicles", vehicle)
    assert vault.values_of([OWN]) == {OWN: []}
    await place.load_rows(graph, "purchases", bought | {"source_id": "q2", "valid_from": "2026-11-01"})
    await place.load_rows(graph, "vehicles", vehicle)
    assert [value.value for value in vault.values_of([OWN])[OWN]] == ["沪A77777"]
    (own,) = [node for node in await nodes(graph, "Vehicle") if node["id"] == OWN]
    assert own["plate"] == "沪A***77"
    assert "plateErased" not in own


async def test_a_batch_prepared_before_does_not_bring_the_person_back(graph: Database, place: Place) -> None:
    """Rows that a load had read and put when the person was erased are left out by the graph's own marks."""
    place.folder.mkdir()
    await load_all(graph, place)
    changed = place.write("people", {**ANN, "city": "330100"}, name="late")
    other = place.write("intents", {**ROWS["intents"][0], "source_id": "i2"}, name="late")

    with Vault.open(place.vault_url, place.keys) as vault, pytest.MonkeyPatch.context() as patched:
        # As if the worker had looked before the erasure.
        await erased(graph, place, vault)
        patched.setattr(Vault, "erased", lambda *_: {})
        report = await place.load_in_order(graph, [changed, other])
        assert report.total == Counts(2, 0, 0, 0, 0, 2)
        assert "夏" not in await everything(graph)
        assert vault.values_of([REGISTRATION]) == {REGISTRATION: []}


async def test_rejected_rows_of_the_person_go_too(graph: Database, place: Place, vault: Vault) -> None:
    """A file of rejects loses the person's lines, masked as they are, and keeps everybody else's."""
    await load_all(graph, place)
    bad = {"birth_year": "83"}
    report = await place.load_rows(graph, "people", ANN | bad, {"source_id": "bob", "name": "李雷"} | bad)
    file = report.rejects / "people.csv.csv"
    assert "夏" in file.read_text("utf-8")
    await erased(graph, place, vault)
    text = file.read_text("utf-8")
    assert "夏" not in text
    assert "李" in text
    assert len(text.splitlines()) == 2


@contextmanager
def own_engine(name: str, folder: Path) -> Iterator[Endpoint]:
    """An engine whose files are in this folder, and of no other test."""
    if name == "embedded":
        with EmbeddedEngine.start(folder, command_timeout=TIME_LIMIT) as engine:
            yield engine.endpoint
        return
    with ExitStack() as stack:
        try:
            endpoint = stack.enter_context(kept_neo4j_server(folder, heap="512m", page_cache="64m"))
        except NoNeo4j as missing:
            do_without(f"no Neo4j of our own: {missing}")
        yield endpoint


def canaries_in(*folders: Path) -> list[str]:
    """The canaries in any file, in any form that an engine or a vault writes."""
    return found_in(scan(*folders), CANARIES) + packed_in(scan(*folders, named="neostore*"), CANARIES)


@pytest.mark.parametrize("name", ["neo4j", "embedded"])
async def test_no_file_no_log_and_no_property_has_a_canary(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """All files of engine, vault and rejects, before an erasure and after, closed or open, and all logs have none.

    After it, the vault's key of the person is not in its files either, wrapped or not.
    """
    caplog.set_level(logging.DEBUG)
    place = Place(tmp_path / "own")
    place.folder.mkdir()
    inputs = replace(place, folder=tmp_path / "inputs")
    inputs.folder.mkdir()
    files = [inputs.write(kind, *rows) for kind, rows in ROWS.items()]
    folders = (tmp_path / "data", place.folder)
    with own_engine(name, tmp_path / "data") as endpoint:
        async with Database.connect(endpoint, time_limit=TIME_LIMIT, retry_for=TIME_LIMIT) as database:
            await migrate(database, MIGRATED_AT)
            await place.load(database, *files)
            with Vault.open(place.vault_url, place.keys) as vault:
                assert REGISTRATION.encode() in scan(place.folder)
                wrapped = wrapped_key(vault, REGISTRATION)
                assert wrapped in scan(place.folder)
                assert canaries_in(*folders) == []
                before = json.dumps(json.loads(orjson.dumps(await export(database, vault, place.clock, PERSON, ASKED))))
                assert EMAIL in before
                await erased(database, place, vault)
                assert wrapped not in scan(place.folder)
                assert REGISTRATION.encode() not in scan(place.folder)
                assert canaries_in(*folders) == []
            await place.load(database, *files)
            assert found_in((await everything(database)).encode(), CANARIES) == []
    assert canaries_in(*folders) == []
    assert found_in(caplog.text.encode(), CANARIES) == []


@pytest.mark.parametrize("name", ["neo4j", "embedded"])
async def test_a_canary_in_clear_is_found_in_the_files_of_an_engine(tmp_path: Path, name: str) -> None:
    """Were one given to the graph as a property, the scan would say so, the engine open or closed."""

    async def plant(transaction: Transaction) -> None:
        await transaction.run(PLANT, {"values": list(CANARIES)})

    with own_engine(name, tmp_path) as endpoint:
        async with Database.connect(endpoint, time_limit=TIME_LIMIT, retry_for=TIME_LIMIT) as database:
            await database.write(PLANT.name, plant)
            assert set(canaries_in(tmp_path)) == set(CANARIES)
    assert set(canaries_in(tmp_path)) == set(CANARIES)
