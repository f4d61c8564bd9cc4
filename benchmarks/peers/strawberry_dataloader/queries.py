"""The root fields; each reads with one statement of its own."""

from typing import Annotated, Any, Final

import strawberry

from benchmarks.peers.facts import with_facts
from benchmarks.peers.place import value
from benchmarks.peers.strawberry_dataloader.context import Info
from benchmarks.peers.strawberry_dataloader.types import Household, Person, person_of

_PERSON: Final = "person {.id, .kind, .name, .phone, .gender, .birthYear, .city, .licensed}"

ONE: Final = f"MATCH (person:Person {{id: $person}}) RETURN {_PERSON} AS person"
HOUSEHOLD: Final = "MATCH (household:Household {id: $household}) RETURN household {.id, .city} AS household"
OF_CITY: Final = f"""
MATCH (person:Person) WHERE person.city = $city AND person.id IS NOT NULL
WITH person ORDER BY person.city, person.id LIMIT $first
RETURN collect({_PERSON}) AS people"""
AFTER: Final = f"""
MATCH (person:Person) WHERE person.city = $city AND person.id > $after
WITH person ORDER BY person.city, person.id LIMIT $first
RETURN collect({_PERSON}) AS people"""
YOUNGEST: Final = f"""
MATCH (person:Person) WHERE person.city = $city AND person.gender = $gender AND person.birthYear >= $since
WITH person ORDER BY person.birthYear DESC, person.id LIMIT $first
RETURN collect({_PERSON}) AS people"""
MOST_REFERRALS: Final = with_facts(f"""
MATCH (person:Person) WHERE person.city = $city AND person.id IS NOT NULL
WITH person, COUNT {{ MATCH (person)-[made:MADE]->(:Referral) WHERE valid(made) }} AS made
ORDER BY made DESC, person.id LIMIT $first
RETURN collect({_PERSON}) AS people""")
OWNERS_WHO_REFERRED: Final = with_facts(f"""
MATCH (person:Person)
WHERE person.city = $city AND person.id IS NOT NULL
  AND EXISTS {{ MATCH (person)-[bought:PURCHASED]->(owned:Vehicle) WHERE owning(bought, owned) }}
  AND EXISTS {{ MATCH (person)-[made:MADE]->(:Referral)-[of:OF]->(:Person) WHERE valid(made) AND valid(of) }}
WITH person ORDER BY person.city, person.id LIMIT $first
RETURN collect({_PERSON}) AS people""")
BY_GENDER: Final = """
MATCH (person:Person) WHERE person.city = $city AND person.id IS NOT NULL
WITH person.gender AS gender, count(*) AS count, min(person.birthYear) AS oldest, max(person.birthYear) AS youngest,
  avg(person.birthYear) AS average
RETURN collect({gender: gender, count: count, oldest: oldest, youngest: youngest, average: average}) AS groups"""
FUNNEL: Final = with_facts("""
MATCH (person:Person)-[made:MADE]->(referral:Referral)
WHERE person.city = $city AND person.id IS NOT NULL AND valid(made)
WITH DISTINCT referral
CALL (referral) {
  MATCH (referral)-[reached:REACHED]->(step:ReferralStep) WHERE valid(reached)
  WITH step ORDER BY step.reachedOn DESC, step.rank DESC
  RETURN collect(step.status) AS history
}
WITH collect(history) AS histories
RETURN [
  status IN ['INVITED', 'LEAD', 'VISITED', 'TEST_DRIVE', 'ORDERED', 'DELIVERED', 'REJECTED', 'EXPIRED', 'VOIDED'] | {
    status: status,
    reached: size([h IN histories WHERE status IN h OR status = 'INVITED']),
    standing: size([h IN histories WHERE coalesce(head(h), 'INVITED') = status])
  }
] AS steps""")
CHAIN: Final = with_facts("""
MATCH (start:Person {id: $person})
  ((:Person)-[made:MADE]->(referral:Referral)-[of:OF]->(friend:Person) WHERE valid(made) AND valid(of)){1,3}
  (:Person)
WITH start, referral AS referrals, friend AS friends, [$person] + [f IN friend[0..size(friend) - 1] | f.id] AS before
WHERE size(referrals) <= $depth
  AND all(i IN range(0, size(before) - 1) WHERE NOT before[i] IN before[i + 1..])
WITH start, referrals, friends, referrals[-1] AS last ORDER BY size(referrals), [r IN referrals | r.id] LIMIT 101
CALL (last) {
  OPTIONAL MATCH (last)-[reached:REACHED]->(step:ReferralStep) WHERE valid(reached)
  RETURN coalesce(step.status, 'INVITED') AS status ORDER BY step.reachedOn DESC, step.rank DESC LIMIT 1
}
WITH start, referrals, friends, last, status ORDER BY size(referrals), [r IN referrals | r.id]
RETURN collect({
  depth: size(referrals), person: {id: friends[-1].id, name: friends[-1].name},
  path: [p IN [start] + friends | p {.id, .name}],
  madeOn: toString(last.madeOn), status: status
}) AS links""")

SHORTEST_PATH: Final = with_facts("""
MATCH SHORTEST 1 (:Person {id: $from})
  ((one)-[fact:PURCHASED|DRIVES|SERVICES|MEMBER_OF|LIVES_IN|KEEPS|INTENDS_TO_BUY|OF_MODEL|UNDER|DEALT_WITH|HAD
    |MADE|OF|AT|THROUGH|RESULTED_IN]-(other) WHERE NOT other:Model AND NOT other:Dealer AND valid(fact)){1,4}
  (:Person {id: $to})
RETURN [thing IN other | {id: thing.id, type: labels(thing)[0]}] AS hops""")


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class PeoplePage:
    nodes: list[Person]
    page_info: PageInfo


@strawberry.type
class GenderGroup:
    gender: str | None
    count: int
    oldest: int | None
    youngest: int | None
    average: float | None


@strawberry.type
class FunnelStep:
    status: str
    reached: int
    standing: int


@strawberry.type
class ChainPerson:
    id: strawberry.ID
    name: str | None


@strawberry.type
class ChainReferral:
    made_on: str
    status: str


@strawberry.type
class ChainLink:
    depth: int
    person: ChainPerson
    path: list[ChainPerson]
    referral: ChainReferral


@strawberry.type
class HopNode:
    id: strawberry.ID
    type: str


@strawberry.type
class Hop:
    node: HopNode


@strawberry.type
class Query:
    @strawberry.field
    async def person(self, info: Info, id: strawberry.ID) -> Person | None:  # noqa: A002  the API's own word
        found = await value(info.context.driver, ONE, {"person": id})
        return person_of(found) if found else None

    @strawberry.field
    async def household(self, info: Info, id: strawberry.ID) -> Household | None:  # noqa: A002
        found = await value(info.context.driver, HOUSEHOLD, {"household": id})
        return Household(**found) if found else None

    @strawberry.field
    async def people(self, info: Info, city: str, first: int = 20) -> list[Person]:
        return await _people(info, OF_CITY, city=city, first=first)

    @strawberry.field
    async def people_page(self, info: Info, city: str, after: str | None = None, first: int = 20) -> PeoplePage:
        found = await _people(info, AFTER, city=city, after=after or "", first=first + 1)
        nodes = found[:first]
        return PeoplePage(
            nodes=nodes,
            page_info=PageInfo(has_next_page=len(found) > first, end_cursor=nodes[-1].id if nodes else None),
        )

    @strawberry.field
    async def youngest(self, info: Info, city: str, gender: str, since: int, first: int = 20) -> list[Person]:
        return await _people(info, YOUNGEST, city=city, gender=gender, since=since, first=first)

    @strawberry.field
    async def most_referrals(self, info: Info, city: str, first: int = 20) -> list[Person]:
        return await _people(info, MOST_REFERRALS, city=city, first=first)

    @strawberry.field
    async def owners_who_referred(self, info: Info, city: str, first: int = 20) -> list[Person]:
        return await _people(info, OWNERS_WHO_REFERRED, city=city, first=first)

    @strawberry.field
    async def people_by_gender(self, info: Info, city: str) -> list[GenderGroup]:
        groups = await value(info.context.driver, BY_GENDER, {"city": city})
        return [GenderGroup(**group) for group in groups]

    @strawberry.field
    async def referral_funnel(self, info: Info, city: str) -> list[FunnelStep]:
        steps = await value(info.context.driver, FUNNEL, {"city": city})
        return [FunnelStep(**step) for step in steps]

    @strawberry.field
    async def referral_chain(self, info: Info, person: strawberry.ID, depth: int) -> list[ChainLink]:
        links = await value(info.context.driver, CHAIN, {"person": person, "depth": depth})
        return [_link(link) for link in links]

    @strawberry.field
    async def shortest_path(
        self, info: Info, from_: Annotated[strawberry.ID, strawberry.argument(name="from")], to: strawberry.ID
    ) -> list[Hop]:
        hops = await value(info.context.driver, SHORTEST_PATH, {"from": from_, "to": to})
        return [Hop(node=HopNode(**hop)) for hop in hops or ()]


async def _people(info: Info, statement: str, **parameters: Any) -> list[Person]:
    return [person_of(row) for row in await value(info.context.driver, statement, parameters)]


def _link(row: dict[str, Any]) -> ChainLink:
    return ChainLink(
        depth=row["depth"],
        person=ChainPerson(**row["person"]),
        path=[ChainPerson(**each) for each in row["path"]],
        referral=ChainReferral(made_on=row["madeOn"], status=row["status"]),
    )
