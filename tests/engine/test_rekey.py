"""Keys change beside a running graph: everything is found before, meanwhile and after, and nothing is recorded anew."""

from dataclasses import replace
from pathlib import Path

import pytest

from renche.graph.database import Database, Transaction
from renche.graph.named_queries import Statement
from renche.ingest.ledger import Counts
from renche.privacy.rekey import Rekeyed, rekey, retire_older
from renche.vault.errors import KeysInUse, WrongKeys
from renche.vault.keys import Keys
from renche.vault.rotation import current_alone, rotated
from renche.vault.store import Vault
from renche.vault.values import PersonalValue
from tests.ingest_run import BRAND, Place, current, edges, nodes

LEAVE = Statement("test.leave", "MATCH (n:Load) WHERE n.id <> 'turn' SET n.finished = false", write=True)
PEOPLE = (
    {"source_id": "a", "name": "王小明", "phone": "13800000001", "plate": "沪A12345"},
    {"source_id": "b", "name": "李雷", "phone": "13800000002"},
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


class Ended(Exception):
    """The process is gone."""


def ends_after(steps: int) -> object:
    """A progress that ends the run after so many steps."""
    left = steps

    def progress(_: Rekeyed) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise Ended

    return progress


async def test_brand_under_new_keys(graph: Database, place: Place) -> None:
    """Every value, identifier and link is there once, found by the new keys; a load changes no fact."""
    await place.load(graph, BRAND)
    before = {node["mask"] for node in await nodes(graph, "Identifier")}
    gave = await edges(graph, "GAVE")
    number = len(await nodes(graph, "Identifier"))
    newer = replace(place, keys=rotated(place.keys))
    with Vault.open(place.vault_url, newer.keys) as vault:
        subjects = [node["id"] for label in ("Registration", "Vehicle") for node in await nodes(graph, label)]
        values = {(v.subject, v.field, v.value) for found in vault.values_of(subjects).values() for v in found}
        done = await rekey(graph, vault, place.folder)
        assert (done.identifiers, done.values) == (number, len(values))
        found = [v for found in vault.values_of(subjects).values() for v in found]
        assert {(v.subject, v.field, v.value) for v in found} == values
        assert all(v.fingerprint == newer.keys.fingerprint(v.field, v.value) for v in found)
        hmacs = {v.fingerprint for v in found if v.field != "name"}
        assert (await rekey(graph, vault, place.folder)) == Rekeyed()
        assert await retire_older(graph, vault, place.folder) == [("hmac_keys", 1), ("key_encryption_keys", 1)]
    identifiers = await nodes(graph, "Identifier")
    assert {node["hmac"] for node in identifiers} == hmacs
    assert len(identifiers) == number
    assert {node["keyVersion"] for node in identifiers} == {2}
    assert {node["mask"] for node in identifiers} == before
    alone = replace(place, keys=current_alone(newer.keys))
    report = await alone.load(graph, BRAND)
    personal = report.counts["people"] + report.counts["vehicles"]
    assert personal == Counts(personal.read, 0, personal.read, 0, 0), "their fingerprints went with the old key"
    assert report.total.updated == personal.read
    assert [one["recordedAt"] for one in await edges(graph, "GAVE")] == [one["recordedAt"] for one in gave]
    assert not [one for one in await edges(graph, "PURCHASED") if "retractedAt" in one]
    assert (await alone.load(graph, BRAND)).total.updated == 0
    with pytest.raises(WrongKeys, match="lack"):
        Vault.open(place.vault_url, place.keys)


@pytest.mark.parametrize("steps", [1, 2, 3])
async def test_an_ended_rekeying_is_taken_up_again(graph: Database, place: Place, steps: int) -> None:
    """Wherever it ends, all values can be read, no version may go, and the next run does the rest."""
    await place.load_rows(graph, "people", *PEOPLE)
    await place.load_rows(graph, "people", {**PEOPLE[1], "phone": "13800000003"})
    newer = rotated(place.keys)
    subjects = [node["id"] for node in await nodes(graph, "Registration")]
    with Vault.open(place.vault_url, newer) as vault:
        with pytest.raises(KeysInUse):
            await retire_older(graph, vault, place.folder)
        everything = {v.value for found in vault.values_of(subjects).values() for v in found}
        assert len(everything) == 6
        if steps < 3:
            with pytest.raises(Ended):
                await rekey(graph, vault, place.folder, ends_after(steps))  # type: ignore[arg-type]
            assert {v.value for found in vault.values_of(subjects).values() for v in found} == everything
            with pytest.raises(KeysInUse):
                await retire_older(graph, vault, place.folder)
        await rekey(graph, vault, place.folder)
        await retire_older(graph, vault, place.folder)
        assert {v.value for found in vault.values_of(subjects).values() for v in found} == everything
    assert len(await nodes(graph, "Identifier")) == 4
    with Vault.open(place.vault_url, current_alone(newer)) as vault:
        assert {v.value for found in vault.values_of(subjects).values() for v in found} == everything


async def test_one_identifier_under_two_keys_becomes_one(graph: Database, place: Place) -> None:
    """A phone that two people gave before and after the rotation is shared again afterwards."""
    phone = PEOPLE[0]["phone"]
    await place.load_rows(graph, "people", PEOPLE[0])
    await place.load_rows(graph, "vehicles", {"source_id": "v", "plate": PEOPLE[0]["plate"]})
    newer = replace(place, keys=rotated(place.keys))
    await newer.load_rows(graph, "people", {"source_id": "c", "phone": phone}, {**PEOPLE[0], "city": "310000"})
    assert len(await nodes(graph, "Identifier")) == 4
    with Vault.open(place.vault_url, newer.keys) as vault:
        await rekey(graph, vault, place.folder)
        await retire_older(graph, vault, place.folder)
        subjects = [node["id"] for node in await nodes(graph, "Registration")]
        assert sorted(len(found) for found in vault.values_of(subjects).values()) == [1, 3]
    identifiers = await nodes(graph, "Identifier")
    assert sorted(node["kind"] for node in identifiers) == ["PHONE", "PLATE"]
    assert len(await current(graph, "GAVE")) == 3
    assert len(await current(graph, "CARRIES")) == 1


async def test_keys_of_an_unfinished_load_stay(graph: Database, place: Place) -> None:
    """A load that is not at its end may still write hashes of an older key, so that one stays."""
    await place.load_rows(graph, "people", *PEOPLE)
    with Vault.open(place.vault_url, rotated(place.keys)) as vault:
        await rekey(graph, vault, place.folder)
        await _leave_unfinished(graph)
        with pytest.raises(KeysInUse, match="1 loads are not at their end"):
            await retire_older(graph, vault, place.folder)
        assert len(await retire_older(graph, vault, place.folder, abandon_loads=True)) == 2


async def _leave_unfinished(graph: Database) -> None:
    async def work(transaction: Transaction) -> None:
        await transaction.run(LEAVE)

    await graph.write("test.leave", work)


async def test_a_writer_with_retired_keys_is_refused(graph: Database, place: Place) -> None:
    """Who opened the vault before its keys were retired can put nothing with them any more."""
    await place.load_rows(graph, "people", *PEOPLE)
    late = Vault.open(place.vault_url, place.keys)
    with late, Vault.open(place.vault_url, rotated(place.keys)) as vault:
        await rekey(graph, vault, place.folder)
        await retire_older(graph, vault, place.folder)
        value = PersonalValue("reg_z", "phone", "1", place.keys.fingerprint("phone", "1"))
        with pytest.raises(WrongKeys, match="retired"):
            late.put([value])
        assert vault.values_of(["reg_z"]) == {"reg_z": []}


async def test_keys_without_rows_are_retired(graph: Database, place: Place) -> None:
    """In an empty installation keys may be rotated and retired at once, again and again."""
    keys = Keys.generate()
    for _ in range(2):
        keys = rotated(keys)
        with Vault.open(place.vault_url, keys) as vault:
            assert len(await retire_older(graph, vault, place.folder)) == 2
        keys = current_alone(keys)
