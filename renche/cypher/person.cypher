// name: people (read) scope: people:read
// People, in the order of their ids.
// to: (person:Person)  indexed: city, kind
MATCH (person:Person)

// `person.id >= ''` holds for everybody: the index of city and id serves only what names both.

// name: owners_who_referred (read) scope: referrals:read
// Owners living in the city who have recommended the brand to at least one friend.
// to: (person:Person)  order: person.city
MATCH (person:Person)
WHERE person.city = $city AND person.id >= '' AND owner(person)
  AND EXISTS { MATCH (person)-[made:MADE]->(:Referral)-[of:OF]->(:Person) WHERE valid(made) AND valid(of) }

// name: lapsed_owners (read) scope: services:read
// Owners living in the city none of whose vehicles older than that had a service in the last months.
// to: (person:Person)  order: person.city
MATCH (person:Person)
WHERE person.city = $city AND person.id >= ''
  AND EXISTS {
    MATCH (person)-[bought:PURCHASED]->(aged:Vehicle)
    WHERE owning(bought, aged) AND aged.inUseSince < $asOf - duration({months: $months})
  }
  AND NOT EXISTS {
    MATCH (person)-[bought:PURCHASED]->(aged:Vehicle)-[had:HAD]->(visit:ServiceVisit)
    WHERE owning(bought, aged) AND aged.inUseSince < $asOf - duration({months: $months})
      AND known(had) AND visit.visitedOn >= $asOf - duration({months: $months}) AND visit.visitedOn <= $asOf
  }

// name: repurchase_candidates (read) scope: people:read
// Owners living in the city whom at least one reason makes likely to buy again.
// to: (person:Person)  order: person.city
MATCH (person:Person)
WHERE person.city = $city AND person.id >= '' AND owner(person)
  AND (vehicle_of_age(person) OR short_of_vehicles(person) OR intent_rose(person))

// name: person.repurchase_reasons (read) scope: people:read
// Why this owner may buy again; empty for who owns no vehicle.
// from: (person:Person)  value: reasons
WITH person, owner(person) AS owns
RETURN [owns AND vehicle_of_age(person), owns AND short_of_vehicles(person), owns AND intent_rose(person)] AS reasons

// name: person.registrations (read) scope: people:read
// What each touchpoint knows of this person.
// from: (person:Person)  to: (registration:Registration)
MATCH (person)<-[:OF_PERSON]-(registration:Registration)

// name: person.intents (read) scope: intents:read
// Models this person intends to buy, each with the intent.
// from: (person:Person)  to: (model:Model)  edge: intent
MATCH (person)-[intent:INTENDS_TO_BUY]->(model:Model)

// name: person.purchases (read) scope: vehicles:read
// Vehicles this person bought, each with the purchase.
// from: (person:Person)  to: (vehicle:Vehicle)  edge: purchase
MATCH (person)-[purchase:PURCHASED]->(vehicle:Vehicle)

// name: person.owned_vehicles (read) scope: vehicles:read
// Vehicles this person owns: bought, and not bought by anybody later.
// from: (person:Person)  to: (vehicle:Vehicle)  edge: purchase
MATCH (person)-[purchase:PURCHASED]->(vehicle:Vehicle)
WHERE owning(purchase, vehicle)

// name: person.drives (read) scope: vehicles:read
// Vehicles this person drives.
// from: (person:Person)  to: (vehicle:Vehicle)  edge: drive
MATCH (person)-[drive:DRIVES]->(vehicle:Vehicle)

// name: person.services (read) scope: services:read
// Vehicles this person brings to a workshop.
// from: (person:Person)  to: (vehicle:Vehicle)  edge: service
MATCH (person)-[service:SERVICES]->(vehicle:Vehicle)

// name: person.vehicles (read) scope: vehicles:read
// Every vehicle this person bought, drives or brings to a workshop, its roles together.
// from: (person:Person)  to: (vehicle:Vehicle)  edges: role
MATCH (person)-[role:PURCHASED|DRIVES|SERVICES]->(vehicle:Vehicle)

// name: person.households (read) scope: households:read
// Households this person lives in.
// from: (person:Person)  to: (household:Household)  edge: residence
MATCH (person)-[residence:LIVES_IN]->(household:Household)

// name: person.clubs (read) scope: clubs:read
// Clubs this person is a member of.
// from: (person:Person)  to: (club:Club)  edge: membership
MATCH (person)-[membership:MEMBER_OF]->(club:Club)

// name: person.referrals_made (read) scope: referrals:read
// Recommendations this person made.
// from: (person:Person)  to: (referral:Referral)
MATCH (person)-[made:MADE]->(referral:Referral)
WHERE valid(made)

// name: person.referrals_received (read) scope: referrals:read
// Recommendations in which this person is the friend.
// from: (person:Person)  to: (referral:Referral)
MATCH (person)<-[of:OF]-(referral:Referral)
WHERE valid(of)

// name: person.referral_chain (read) scope: referrals:read
// Everybody reached from this person through referrals, with the path; a path that comes back ends there.
// from: (start:Person)  binds: depth, (person:Person), (referral:Referral), [path:Person]
MATCH (start)
  (()-[made:MADE]->(referral:Referral)-[of:OF]->(friend:Person) WHERE valid(made) AND valid(of)){1,6} ()
WITH referral AS referrals, [start] + friend AS path
WITH referrals, path, [each IN path | each.id] AS ids
WHERE all(i IN range(0, size(ids) - 2) WHERE NOT ids[i] IN ids[i + 1..size(ids) - 1])
WITH referrals, path ORDER BY size(referrals), [each IN referrals | each.id], ids LIMIT $limit
WITH size(referrals) AS depth, last(path) AS person, last(referrals) AS referral, path

// name: person.referral_chain_up (read) scope: referrals:read
// Everybody through whose referrals this person was reached, with the path; a path that comes back ends there.
// from: (start:Person)  binds: depth, (person:Person), (referral:Referral), [path:Person]
MATCH (start)
  (()<-[of:OF]-(referral:Referral)<-[made:MADE]-(friend:Person) WHERE valid(made) AND valid(of)){1,6} ()
WITH referral AS referrals, [start] + friend AS path
WITH referrals, path, [each IN path | each.id] AS ids
WHERE all(i IN range(0, size(ids) - 2) WHERE NOT ids[i] IN ids[i + 1..size(ids) - 1])
WITH referrals, path ORDER BY size(referrals), [each IN referrals | each.id], ids LIMIT $limit
WITH size(referrals) AS depth, last(path) AS person, last(referrals) AS referral, path

// name: person.timeline (read) scope: people:read
// What happened with this person, the latest first.
// from: (person:Person)  binds: day, kind, [role], (thing:*)
CALL (person) {
  MATCH (person)-[role:INTENDS_TO_BUY|PURCHASED|DRIVES|SERVICES|MEMBER_OF|LIVES_IN]->(thing:Model|Vehicle|Club|Household)
  WHERE known(role)
  RETURN role.validFrom AS day, 'ROLE_BEGAN' AS kind, role, thing, role.id AS tie
  UNION ALL
  MATCH (person)-[role:INTENDS_TO_BUY|PURCHASED|DRIVES|SERVICES|MEMBER_OF|LIVES_IN]->(thing:Model|Vehicle|Club|Household)
  WHERE known(role)
  RETURN role.validTo AS day, 'ROLE_ENDED' AS kind, role, thing, role.id AS tie
  UNION ALL
  MATCH (person)-[made:MADE]->(thing:Referral)
  WHERE valid(made)
  RETURN thing.madeOn AS day, 'REFERRAL_MADE' AS kind, null AS role, thing, thing.id AS tie
  UNION ALL
  MATCH (person)<-[of:OF]-(thing:Referral)
  WHERE valid(of)
  RETURN thing.madeOn AS day, 'REFERRAL_RECEIVED' AS kind, null AS role, thing, thing.id AS tie
  UNION ALL
  MATCH (person)-[service:SERVICES]->(:Vehicle)-[had:HAD]->(thing:ServiceVisit)
  WHERE known(service) AND valid(had) AND thing.serviceId = service.id
  RETURN thing.visitedOn AS day, 'VISIT' AS kind, null AS role, thing, thing.id AS tie
}
WITH day, kind, role, thing, tie WHERE ($from IS NULL OR day >= $from) AND ($to IS NULL OR day < $to) AND day IS NOT NULL
WITH day, kind, role, thing, tie ORDER BY day DESC, kind, tie LIMIT $limit
