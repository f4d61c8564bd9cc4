// What erasing a person takes from the graph. What stays is what other people's history needs: that a vehicle was
// somebody's for a time, that a recommendation had two ends.

// name: erase.counts (read)
// How much of the person there is to erase: roles, purchases, visits, identifiers given, links that wait.
CALL () {
  MATCH (:Person {id: $id})-[role:INTENDS_TO_BUY|DRIVES|SERVICES|MEMBER_OF|LIVES_IN|DEALT_WITH|CONSENTED_TO|WITHDREW]->()
  RETURN count(role) AS roles
}
CALL () {
  MATCH (:Person {id: $id})-[bought:PURCHASED]->() WHERE bought.fingerprint <> 'erased'
  RETURN count(bought) AS purchases
}
CALL () {
  MATCH (:Person {id: $id})-[:SERVICES]->(:Vehicle)-[:HAD]->(visit:ServiceVisit)
  WHERE visit.registrationId IN $registrations
  RETURN count(DISTINCT visit) AS visits
}
CALL () {
  MATCH (registration:Registration)-[gave:GAVE]->() WHERE registration.id IN $registrations
  RETURN count(gave) AS given
}
CALL () {
  MATCH (n:Waiting) WHERE n.fromId IN $registrations OR n.toId IN $registrations
  RETURN count(n) AS waiting
}
RETURN [roles, purchases, visits, given, waiting] AS counts

// name: erase.visits (write)
// Visits stay the vehicles'; who came is forgotten.
MATCH (:Person {id: $id})-[:SERVICES]->(:Vehicle)-[:HAD]->(visit:ServiceVisit)
WHERE visit.registrationId IN $registrations
WITH DISTINCT visit
REMOVE visit.registrationId, visit.serviceId
RETURN count(*) AS visits

// name: erase.waiting_visits (write)
// The same of visits whose vehicles are not there yet.
MATCH (had:Waiting) WHERE had.type = 'had'
MATCH (visit:ServiceVisit {id: had.toId}) WHERE visit.registrationId IN $registrations
REMOVE visit.registrationId, visit.serviceId
RETURN count(*) AS visits

// name: erase.roles (write)
// Intents, memberships, homes, consents and all that is nobody's history but the person's.
MATCH (:Person {id: $id})-[role:INTENDS_TO_BUY|DRIVES|SERVICES|MEMBER_OF|LIVES_IN|DEALT_WITH|CONSENTED_TO|WITHDREW]->()
DELETE role
RETURN count(*) AS roles

// name: erase.purchases (write)
// That the vehicle was bought stays, or an earlier owner would own it again; why and for how much is forgotten.
MATCH (:Person {id: $id})-[bought:PURCHASED]->(:Vehicle)
SET bought.fingerprint = 'erased'
REMOVE bought.price, bought.currency, bought.motive
RETURN count(*) AS purchases

// name: erase.given (read)
// The hashes of the identifiers that these registrations gave, and that these vehicles carry.
CALL () {
  MATCH (registration:Registration)-[:GAVE]->(identifier:Identifier) WHERE registration.id IN $registrations
  RETURN identifier.hmac AS hmac
  UNION
  MATCH (vehicle:Vehicle)-[:CARRIES]->(identifier:Identifier) WHERE vehicle.id IN $vehicles
  RETURN identifier.hmac AS hmac
}
RETURN collect(DISTINCT hmac) AS hmacs

// name: erase.gave (write)
// That these registrations gave identifiers.
MATCH (registration:Registration)-[gave:GAVE]->(:Identifier) WHERE registration.id IN $registrations
DELETE gave
RETURN count(*) AS given

// name: erase.carries (write)
// That these vehicles carry plates.
MATCH (vehicle:Vehicle)-[carries:CARRIES]->(:Identifier) WHERE vehicle.id IN $vehicles
DELETE carries
RETURN count(*) AS carried

// name: erase.plates (write)
// The masks of these vehicles' plates; the mark keeps the plates away until somebody else buys the vehicle.
MATCH (vehicle:Vehicle) WHERE vehicle.id IN $vehicles
SET vehicle.plateErased = true, vehicle.fingerprint = ''
REMOVE vehicle.plate
RETURN count(*) AS plates

// name: erase.identifiers (write)
// Those of these identifiers that nobody else gave and nothing carries.
MATCH (identifier:Identifier)
WHERE identifier.hmac IN $hmacs AND NOT EXISTS { (identifier)<-[:GAVE|CARRIES]-() }
DELETE identifier
RETURN count(*) AS identifiers

// name: erase.waiting (read)
// The links of these registrations that wait for their other ends.
MATCH (n:Waiting) WHERE n.fromId IN $registrations OR n.toId IN $registrations
RETURN collect(n.id) AS waiting

// name: erase.registrations (write)
// Registrations without anything that a touchpoint knew; late rows of others still find their person.
UNWIND $rows AS row
MATCH (registration:Registration {id: row.id})
SET registration = row
RETURN count(*) AS registrations

// name: erase.person (write)
// The person without anything but that there was one.
MATCH (person:Person {id: $id})
SET person = $left, person.erasedAt = $erasedAt
RETURN count(*) AS people

// name: erase.mark (write)
// From now on loads look for rows of people who were erased.
MERGE (turn:Load {id: 'turn'}) SET turn.run = $run, turn.erasures = true RETURN count(*) AS marked
