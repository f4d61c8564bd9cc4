"""The answers over HTTP are those that a reader of examples/brand works out by eye."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from renche.graph.ids import Kind
from renche.graph.words import ReferralStatus
from tests.api.conftest import Api, thing


def people(names: Iterable[str]) -> set[str]:
    return {thing(Kind.PERSON, name) for name in names}


def ids(nodes: list[dict[str, Any]]) -> list[str]:
    return [node["id"] for node in nodes]


async def test_owners_who_referred_have_their_friends_and_what_became_of_them(brand: Api, answers: Any) -> None:
    """ownersWhoReferred lists the city's owners with a referral; each friend has the status of the story."""
    query = """query ($city: String!) { ownersWhoReferred(city: $city, first: 100) { totalCount nodes {
        id referralsMade { nodes { id status friend { id } } } } } }"""
    for city, owners in answers["ownersWhoReferred"].items():
        found = (await brand.ask(query, city=city))["ownersWhoReferred"]
        assert found["totalCount"] == len(owners)
        assert {
            owner["id"]: {
                (referral["id"], referral["friend"]["id"], referral["status"])
                for referral in owner["referralsMade"]["nodes"]
            }
            for owner in found["nodes"]
        } == {
            thing(Kind.PERSON, owner): {
                (thing(Kind.REFERRAL, each["referral"]), thing(Kind.PERSON, each["friend"]), each["status"])
                for each in referrals
            }
            for owner, referrals in owners.items()
        }


async def test_a_city_without_such_owners_has_an_empty_list(brand: Api) -> None:
    """ownersWhoReferred of another city is empty, not an error."""
    found = await brand.ask('{ ownersWhoReferred(city: "110000") { totalCount nodes { id } } }')
    assert found == {"ownersWhoReferred": {"totalCount": 0, "nodes": []}}


async def test_the_fleet_of_each_household_has_every_role_of_its_members(brand: Api, answers: Any) -> None:
    """householdFleet and Household.fleet give the vehicles and roles of the story, each vehicle once."""
    query = """query ($id: ID!) {
      householdFleet(household: $id) { edges { node { id } roles { __typename ... on Role { person { id } } } } }
      household(id: $id) { fleet { nodes { id } totalCount } } }"""
    kinds = {"Purchase": "PURCHASED", "Drive": "DRIVES", "Service": "SERVICES"}
    for household, fleet in answers["householdFleet"].items():
        found = await brand.ask(query, id=thing(Kind.HOUSEHOLD, household))
        edges = found["householdFleet"]["edges"]
        assert len(edges) == len(fleet) == found["household"]["fleet"]["totalCount"]
        assert ids(found["household"]["fleet"]["nodes"]) == [edge["node"]["id"] for edge in edges]
        assert {
            edge["node"]["id"]: sorted((role["person"]["id"], kinds[role["__typename"]]) for role in edge["roles"])
            for edge in edges
        } == {
            thing(Kind.VEHICLE, vehicle): sorted((thing(Kind.PERSON, person), role) for person, role in roles)
            for vehicle, roles in fleet.items()
        }, household


async def test_the_chain_of_referrals_has_the_path_to_each(brand: Api, answers: Any) -> None:
    """referralChain reaches whom the story names, over the referrals that it names."""
    query = """query ($id: ID!, $depth: Int!) { referralChain(person: $id, depth: $depth, first: 1000) {
        complete links { depth person { id } referral { id } path { id } } } }"""
    for person, links in answers["referralChain"].items():
        depth = max((link["depth"] for link in links), default=1)
        found = (await brand.ask(query, id=thing(Kind.PERSON, person), depth=depth))["referralChain"]
        assert found["complete"]
        assert sorted(
            (each["depth"], each["person"]["id"], each["referral"]["id"]) for each in found["links"]
        ) == sorted(
            (link["depth"], thing(Kind.PERSON, link["person"]), thing(Kind.REFERRAL, link["path"][-1]))
            for link in links
        ), person
        for each in found["links"]:
            assert len(each["path"]) == each["depth"] + 1
            assert each["path"][0]["id"] == thing(Kind.PERSON, person)
            assert each["path"][-1]["id"] == each["person"]["id"]


async def test_lapsed_owners_are_those_without_a_service(brand: Api, answers: Any) -> None:
    """lapsedOwners names the owners of the story; a newer car neither lapses nor saves anybody."""
    query = """query ($city: String!, $months: Int!) { lapsedOwners(city: $city, months: $months) {
        totalCount nodes { id } } }"""
    for case in answers["lapsedOwners"]:
        found = (await brand.ask(query, city=case["city"], months=case["months"]))["lapsedOwners"]
        assert set(ids(found["nodes"])) == people(case["owners"]), case
        assert found["totalCount"] == len(case["owners"])


async def test_repurchase_candidates_have_their_reasons(brand: Api, answers: Any) -> None:
    """repurchaseCandidates names each owner of the story with each reason that applies."""
    query = "query ($city: String!) { repurchaseCandidates(city: $city) { nodes { id repurchaseReasons } } }"
    for city, candidates in answers["repurchaseCandidates"].items():
        found = (await brand.ask(query, city=city))["repurchaseCandidates"]["nodes"]
        assert {each["id"]: sorted(each["repurchaseReasons"]) for each in found} == {
            thing(Kind.PERSON, person): sorted(reasons) for person, reasons in candidates.items()
        }


async def test_the_funnel_counts_who_reached_and_who_stands(brand: Api, answers: Any) -> None:
    """referralFunnel counts the referrals of the story by city, dealer and half-open dates."""
    query = """query ($city: String, $dealer: ID, $from: Date, $to: Date) {
        referralFunnel(city: $city, dealer: $dealer, from: $from, to: $to) { status reached standing } }"""
    for case in answers["referralFunnel"]:
        dealer = thing(Kind.DEALER, case["dealer"]) if case["dealer"] else None
        variables = {"city": case["city"], "dealer": dealer, "from": case["from"], "to": case["to"]}
        found = (await brand.ask(query, **variables))["referralFunnel"]
        assert [step["status"] for step in found] == list(ReferralStatus)
        assert {step["status"]: step["reached"] for step in found if step["reached"]} == case["reached"], case
        assert {step["status"]: step["standing"] for step in found if step["standing"]} == case["standing"], case


async def test_the_owner_of_a_vehicle_depends_on_the_day(brand: Api, answers: Any) -> None:
    """Vehicle.owners at asOf is the last purchaser of that day, also where the sale's end was never told."""
    query = "query ($id: ID!, $day: Date!) { vehicle(id: $id, asOf: $day) { owners { nodes { id } } } }"
    for case in answers["vehicleOwners"]:
        found = await brand.ask(query, id=thing(Kind.VEHICLE, case["vehicle"]), day=case["asOf"])
        assert set(ids(found["vehicle"]["owners"]["nodes"])) == people(case["owners"]), case


async def test_clubs_have_their_leads_core_and_members(brand: Api, answers: Any) -> None:
    """Club.leads and the rank of each membership are those of the story."""
    query = """query ($id: ID!) { club(id: $id) { leads { nodes { id } }
        members { edges { node { id } role { rank club { id } person { id } } } } } }"""
    for club, leaders in answers["clubLeaders"].items():
        found = (await brand.ask(query, id=thing(Kind.CLUB, club)))["club"]
        assert set(ids(found["leads"]["nodes"])) == people(leaders)
        by_rank: dict[str, set[str]] = {}
        for edge in found["members"]["edges"]:
            assert edge["role"]["person"]["id"] == edge["node"]["id"]
            assert edge["role"]["club"]["id"] == thing(Kind.CLUB, club)
            by_rank.setdefault(edge["role"]["rank"], set()).add(edge["node"]["id"])
        assert by_rank["CORE"] == people(answers["clubCore"][club])
        assert by_rank["MEMBER"] == people(answers["clubMembers"][club])


async def test_every_owner_of_the_story_owns_something(brand: Api, answers: Any) -> None:
    """Person.ownedVehicles is empty for nobody whom the story calls an owner, and for everybody else."""
    query = """query ($city: String!) { people(filter: {city: {eq: $city}}, first: 100) {
        nodes { id ownedVehicles { totalCount } } } }"""
    for city, owners in answers["owners"].items():
        found = (await brand.ask(query, city=city))["people"]["nodes"]
        assert {each["id"] for each in found if each["ownedVehicles"]["totalCount"]} == people(owners)


async def test_shared_phones_are_one_identifier(brand: Api, answers: Any) -> None:
    """Registrations with the same phone share one identifier, shown masked."""
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Person { registrations {
        identifiers { id kind mask } } } } }"""
    for group in answers["sharedPhones"]:
        found = (await brand.ask(query, ids=sorted(people(group))))["nodes"]
        phones = [
            {
                identifier["id"]
                for registration in person["registrations"]
                for identifier in registration["identifiers"]
                if identifier["kind"] == "PHONE"
            }
            for person in found
        ]
        assert len(phones) == len(group)
        assert set.intersection(*phones), group


async def test_as_of_is_inherited_and_overridden_below(brand: Api) -> None:
    """A day given at the root holds below it, until a field gives its own."""
    query = """query ($id: ID!) { vehicle(id: $id, asOf: "2022-01-01") { owners { nodes { id
        purchases { nodes { id } } now: purchases(asOf: "2026-11-01") { nodes { id } } } } } }"""
    found = (await brand.ask(query, id=thing(Kind.VEHICLE, "dms:car-17")))["vehicle"]["owners"]["nodes"]
    (then,) = found
    car = thing(Kind.VEHICLE, "dms:car-17")
    assert car in ids(then["purchases"]["nodes"])
    assert car not in ids(then["now"]["nodes"])


async def test_nothing_is_known_before_it_was_recorded(brand: Api, answers: Any) -> None:
    """asKnownAt before the load leaves every role out."""
    query = """query ($id: ID!) { person(id: $id, asKnownAt: "2026-10-01T00:00:00Z") {
        vehicles { totalCount } clubs { totalCount } } }"""
    for person in answers["owners"]["310000"]:
        found = await brand.ask(query, id=thing(Kind.PERSON, person))
        assert found["person"] == {"vehicles": {"totalCount": 0}, "clubs": {"totalCount": 0}}


async def test_roles_of_a_person_and_of_a_vehicle_are_the_same_facts(brand: Api) -> None:
    """What Person.vehicles says of a pair, Vehicle.people says too, with the same ids and times."""
    query = """{ people(first: 100) { nodes { id vehicles(first: 10) { edges {
        node { id people(first: 10) { edges { node { id } roles { id } } } }
        roles { id validFrom validTo recordedAt source } } } } } }"""
    found = (await brand.ask(query))["people"]["nodes"]
    pairs = 0
    for person in found:
        for edge in person["vehicles"]["edges"]:
            other = [each for each in edge["node"]["people"]["edges"] if each["node"]["id"] == person["id"]]
            assert [role["id"] for role in edge["roles"]] == [role["id"] for role in other[0]["roles"]]
            for role in edge["roles"]:
                assert role["validFrom"] is None or date.fromisoformat(role["validFrom"]) <= date(2026, 11, 1)
            pairs += 1
    assert pairs > 30
