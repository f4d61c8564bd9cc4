"""What a row becomes, without a database."""

import csv
import re
from datetime import date
from typing import Any

import pytest

from renche.graph.ids import Kind, make_id
from renche.ingest.links import LINKS, THINGS
from renche.ingest.making import Prepared
from renche.ingest.prepare import prepare, thing_kind
from renche.ingest.rows import KINDS, Row, parse
from renche.ingest.seen import Earliest, Seen
from renche.ingest.slots import MAIN_LINKS, slots
from renche.ingest.waiting import kept_link, link_row
from renche.vault.keys import Keys
from tests.ingest_run import BRAND, checks

KEYS = Keys.generate()


def made(kind: str, **columns: Any) -> Prepared:
    """What a row of the source `s` becomes."""
    row = parse(kind, {"source": "s", "source_id": "1", **columns}, checks())
    assert isinstance(row, Row), row
    return prepare(kind, row, KEYS)


def edges(prepared: Prepared) -> dict[str, dict[str, Any]]:
    """The properties of its links, by their kind."""
    return {name: row["edge"] for name, row in prepared.links}


def identifiers(prepared: Prepared) -> list[dict[str, Any]]:
    """The identifiers that its links lead to."""
    return [row["identifier"] for _, row in prepared.links if "identifier" in row]


def test_person_is_split_between_graph_and_vault() -> None:
    """A person's values go to the vault, their masks and keyed hashes to the graph, and nothing else of them."""
    person = made("people", name="王小明", phone="13812341234", plate="沪A12345", first_seen="2024-01-02")
    assert person.id == make_id(Kind.REGISTRATION, "s", "1")
    assert person.thing is not None
    assert person.thing["person"] == {
        "id": make_id(Kind.PERSON, "s", "1"),
        "name": "王**",
        "phone": "138****1234",
    }
    assert person.thing["registration"]["firstSeen"] == date(2024, 1, 2)
    assert {(value.subject, str(value.field), value.value) for value in person.values} == {
        (person.id, "name", "王小明"),
        (person.id, "phone", "+8613812341234"),
        (person.id, "plate", "沪A12345"),
    }
    assert {(one["kind"], one["mask"]) for one in identifiers(person)} == {
        ("PHONE", "138****1234"),
        ("PLATE", "沪A***45"),
    }
    told = repr((person.thing, person.links, person.refs, person.fingerprint))
    assert "小明" not in told
    assert "12341234" not in told
    assert "A12345" not in told


def test_one_phone_is_one_identifier_and_another_key_makes_another() -> None:
    """Two registrations with one phone share its identifier; under other keys the hash tells nothing."""
    first, second = made("people", phone="13812341234"), made("people", source_id="2", phone="+86 138 1234 1234")
    assert identifiers(first) == identifiers(second)
    assert first.links[0][1]["edge"]["id"] != second.links[0][1]["edge"]["id"]
    row = parse("people", {"source": "s", "source_id": "1", "phone": "13812341234"}, checks())
    assert isinstance(row, Row)
    other = prepare("people", row, Keys.generate())
    assert identifiers(other)[0]["hmac"] != identifiers(first)[0]["hmac"]
    assert other.fingerprint != first.fingerprint


@pytest.mark.parametrize(
    ("columns", "since"),
    [
        ({"built_on": "2020-05-01", "delivered_on": "2020-06-01", "model_year": "2021"}, date(2020, 6, 1)),
        ({"built_on": "2020-05-01", "model_year": "2021"}, date(2020, 5, 1)),
        ({"model_year": "2021"}, date(2021, 1, 1)),
        ({}, None),
    ],
)
def test_vehicle_in_use_since(columns: dict[str, str], since: date | None) -> None:
    """A vehicle is in use since its delivery, else since it was made, else since its model year began."""
    thing = made("vehicles", **columns).thing
    assert thing is not None
    assert thing.get("inUseSince") == since
    assert None not in thing.values()


def test_purchase_and_the_dealer_beside_it() -> None:
    """A purchase is one link with the row's id, and a second one to the dealer with the same interval."""
    purchase = made(
        "purchases",
        person_source_id="p",
        vehicle_source_id="v",
        vehicle_source="dms",
        dealer_source_id="d",
        price="128800.50",
        valid_from="2024-02-03",
    )
    assert purchase.thing is None
    assert purchase.id == make_id(Kind.PURCHASE, "s", "1")
    bought, dealt = edges(purchase)["purchased"], edges(purchase)["dealt_with"]
    assert (bought["price"], bought["currency"], bought["dealerId"]) == (
        12880050,
        "CNY",
        make_id(Kind.DEALER, "s", "d"),
    )
    assert bought["via"] == dealt["via"] == make_id(Kind.REGISTRATION, "s", "p")
    assert (dealt["role"], dealt["validFrom"]) == ("PURCHASE", bought["validFrom"])
    assert bought["fingerprint"] == purchase.fingerprint
    assert purchase.refs == {
        make_id(Kind.REGISTRATION, "s", "p"): ("people", "s", "p"),
        make_id(Kind.VEHICLE, "dms", "v"): ("vehicles", "dms", "v"),
        make_id(Kind.DEALER, "s", "d"): ("dealers", "s", "d"),
    }


def test_currency_needs_an_amount() -> None:
    """A purchase without a price and a visit without an amount have no currency."""
    assert "currency" not in edges(made("purchases", person_source_id="p", vehicle_source_id="v"))["purchased"]
    visit = made("services", vehicle_source_id="v", visited_on="2024-01-01").thing
    assert visit is not None
    assert "currency" not in visit


def test_visits_of_one_person_at_one_dealer_count_towards_one_role() -> None:
    """The SERVICES role is the same for all visits of person, vehicle and dealer; without a person there is none."""
    visit = {"vehicle_source_id": "v", "person_source_id": "p", "visited_on": "2024-01-01"}
    first, second = made("services", **visit), made("services", **visit | {"source_id": "2"})
    elsewhere = made("services", **visit, dealer_source_id="d")
    assert first.service is not None
    assert second.service is not None
    assert elsewhere.service is not None
    assert first.service[0] == second.service[0]
    assert first.service[1] is None
    assert elsewhere.service[0]["edge"]["id"] != first.service[0]["edge"]["id"]
    assert elsewhere.service[1] is not None
    assert first.thing is not None
    assert first.thing["serviceId"] == first.service[0]["edge"]["id"]
    assert made("services", vehicle_source_id="v", visited_on="2024-01-01").service is None


def test_fingerprint_covers_every_column() -> None:
    """Another value in any column makes another fingerprint, the same row the same one."""
    columns = {"person_source_id": "p", "model_source_id": "m", "heat": "hot", "valid_from": "2024-01-01"}
    same = made("intents", **columns).fingerprint
    assert made("intents", **columns, valid_to="").fingerprint == same
    changes = ({"heat": "warm"}, {"stage": "quote"}, {"valid_to": "2025-01-01"}, {"person_source_id": "q"})
    assert len({same, *(made("intents", **columns | change).fingerprint for change in changes)}) == 5


def test_every_link_of_a_row_has_its_slot() -> None:
    """What a row may link to is compared when it changes: each link it makes is among its slots, with its id."""
    for kind in KINDS:
        lines = (BRAND / f"{kind}.csv").read_text(encoding="utf-8").splitlines()
        header = lines[0].split(",")
        for line in lines[1:]:
            row = parse(kind, dict(zip(header, line.split(","), strict=True)), checks())
            assert isinstance(row, Row)
            item = prepare(kind, row, KEYS)
            known = set(slots(kind, item.id, item.key))
            assert {(name, link["edge"]["id"]) for name, link in item.links} <= known
            assert len({id_ for _, id_ in known}) == len(known)
            own = thing_kind(kind)
            for name, link in item.links:
                ends = (LINKS[name].start, link["from"]), (LINKS[name].end, link["to"])
                assert all(id_.partition("_")[0] == str(end) for end, id_ in ends)
            assert (own is None) == (item.thing is None)
            assert own is not None or MAIN_LINKS[kind] == item.links[0][0]


def test_every_thing_kind_has_its_file_kind() -> None:
    """What is awaited can be named to people as rows of a kind of file."""
    assert {thing.file_kind for thing in THINGS.values()} <= set(KINDS)


def test_seen_never_forgets() -> None:
    """An id that was added is always known, and few that were not are."""
    seen = Seen()
    ids = [make_id(Kind.VEHICLE, "s", str(number)) for number in range(20_000)]
    assert sum(seen.add(id_) for id_ in ids) < 5
    assert all(seen.add(id_) for id_ in ids)
    assert Seen(remembers=False).add("anything")


def test_earliest_covers_what_is_not_earlier() -> None:
    """A day is covered when the same id had one that was not later; an unknown id never is."""
    earliest = Earliest()
    assert [earliest.covers("a", day) for day in (10, 12, 10, 9, 9)] == [False, True, True, False, True]
    assert not earliest.covers("b", 99)


def test_kept_link_comes_back_as_it_was() -> None:
    """A link kept as text has its dates again when it is written."""
    name, row = made("drives", person_source_id="p", vehicle_source_id="v", valid_from="2024-02-29").links[0]
    assert link_row(kept_link(name, "drives", row)) == row
    assert isinstance(row["edge"]["validFrom"], date)


WRITTEN = re.compile(r"\b(\w+): row(?:\.\w+)?\.\1\b")


@pytest.mark.parametrize("kind", sorted(file.stem for file in BRAND.glob("*.csv") if file.stem in KINDS))
def test_a_new_thing_and_a_new_link_are_written_with_all_they_have(kind: str) -> None:
    """The statement that creates it states each property that rows give it, as the one that updates it does."""
    for row in csv.DictReader((BRAND / f"{kind}.csv").read_text(encoding="utf-8").splitlines()):
        parsed = parse(kind, {name: value for name, value in row.items() if value}, checks())
        assert isinstance(parsed, Row), parsed
        prepared = prepare(kind, parsed, KEYS)
        if prepared.thing is not None:
            thing = thing_kind(kind)
            assert thing is not None
            parts = [part for part in prepared.thing.values() if isinstance(part, dict)] or [prepared.thing]
            written = set(WRITTEN.findall(THINGS[thing].create.text))
            assert set().union(*parts) <= written
        for name, link in prepared.links:
            assert set(link["edge"]) <= set(WRITTEN.findall(LINKS[name].create.text))
