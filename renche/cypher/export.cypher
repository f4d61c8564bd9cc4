// What is held about one person, whatever was corrected or has ended: a copy for the person has it all.

// name: export.person (read)
// The person, and what each touchpoint knows of them.
MATCH (person:Person {id: $id})
CALL (person) {
  MATCH (person)<-[:OF_PERSON]-(registration:Registration)
  RETURN collect(properties(registration)) AS registrations
}
RETURN [properties(person), registrations] AS found

// name: export.identifiers (read)
// The identifiers that each registration of the person gave.
MATCH (:Person {id: $id})<-[:OF_PERSON]-(registration:Registration)-[gave:GAVE]->(identifier:Identifier)
RETURN collect([registration.id, identifier.kind, identifier.mask, properties(gave)]) AS identifiers

// name: export.roles (read)
// Every role, consent and withdrawal of the person, each with its thing.
MATCH (:Person {id: $id})
  -[role:INTENDS_TO_BUY|PURCHASED|DRIVES|SERVICES|MEMBER_OF|LIVES_IN|DEALT_WITH|CONSENTED_TO|WITHDREW]->(thing)
RETURN collect([type(role), properties(role), labels(thing), properties(thing)]) AS roles

// name: export.referrals_made (read)
// Recommendations that the person made: their links to others, by id, and their history.
MATCH (:Person {id: $id})-[made:MADE]->(referral:Referral)
CALL (referral) {
  MATCH (referral)-[link:OF|AT|THROUGH|RESULTED_IN]->(end)
  RETURN collect([type(link), end.id, properties(link)]) AS links
}
CALL (referral) {
  MATCH (referral)-[:REACHED]->(step:ReferralStep)
  RETURN collect([step.status, step.reachedOn]) AS steps
}
RETURN collect([properties(referral), properties(made), links, steps]) AS referrals

// name: export.referrals_received (read)
// Recommendations in which the person is the friend: their links to others, by id, and their history.
MATCH (:Person {id: $id})<-[of:OF]-(referral:Referral)
CALL (referral) {
  MATCH (referral)<-[made:MADE]-(referrer:Person)
  RETURN 'MADE' AS type, referrer.id AS end, properties(made) AS said
  UNION ALL
  MATCH (referral)-[link:AT|THROUGH|RESULTED_IN]->(thing)
  RETURN type(link) AS type, thing.id AS end, properties(link) AS said
}
WITH referral, of, collect([type, end, said]) AS links
CALL (referral) {
  MATCH (referral)-[:REACHED]->(step:ReferralStep)
  RETURN collect([step.status, step.reachedOn]) AS steps
}
RETURN collect([properties(referral), properties(of), links, steps]) AS referrals

// name: export.visits (read)
// Visits to a workshop for which the person came.
MATCH (:Person {id: $id})-[:SERVICES]->(vehicle:Vehicle)-[:HAD]->(visit:ServiceVisit)
WHERE visit.registrationId IN $registrations
WITH DISTINCT vehicle, visit
RETURN collect([vehicle.id, properties(visit)]) AS visits

// name: export.waiting (read)
// The person's links whose other ends were never loaded.
MATCH (n:Waiting) WHERE n.fromId IN $registrations OR n.toId IN $registrations
RETURN collect(properties(n)) AS waiting

// name: export.own_vehicles (read)
// Vehicles that the person owns or drives and nobody else does: their plates are this person's alone.
MATCH (person:Person {id: $id})-[role:PURCHASED|DRIVES]->(vehicle:Vehicle)
WHERE (type(role) = 'DRIVES' AND valid(role) OR type(role) = 'PURCHASED' AND owning(role, vehicle))
  AND NOT EXISTS {
    MATCH (vehicle)<-[drive:DRIVES]-(driver:Person) WHERE valid(drive) AND driver.id <> $id
  }
  AND NOT EXISTS {
    MATCH (vehicle)<-[bought:PURCHASED]-(owner:Person) WHERE owning(bought, vehicle) AND owner.id <> $id
  }
RETURN collect(DISTINCT vehicle.id) AS vehicles
