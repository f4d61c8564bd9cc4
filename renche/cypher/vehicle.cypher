// name: vehicles (read) scope: vehicles:read
// Vehicles, in the order of their ids.
// to: (vehicle:Vehicle)  indexed: brand, modelId, type
MATCH (vehicle:Vehicle)

// name: vehicle.by_vin (read) scope: vehicles:read
// The vehicle with this VIN.
MATCH (vehicle:Vehicle {vin: $vin}) RETURN properties(vehicle) AS vehicle

// name: vehicle.model (read) scope: vehicles:read
// The model this vehicle is of.
// from: (vehicle:Vehicle)  to: (model:Model)  one: yes
MATCH (vehicle)-[of:OF_MODEL]->(model:Model)
WHERE valid(of)

// name: vehicle.dealer (read) scope: dealers:read
// The dealer at whom this vehicle was last bought.
// from: (vehicle:Vehicle)  to: (dealer:Dealer)  one: yes
MATCH (vehicle)<-[purchase:PURCHASED]-(:Person)
WHERE known(purchase) AND purchase.dealerId IS NOT NULL AND coalesce(purchase.validFrom <= $asOf, true)
WITH vehicle, purchase ORDER BY coalesce(purchase.validFrom, date('0001-01-01')) DESC, purchase.id LIMIT 1
MATCH (dealer:Dealer {id: purchase.dealerId})

// name: vehicle.owner (read) scope: people:read
// The person who owns this vehicle: the last purchaser, while the purchase holds.
// from: (vehicle:Vehicle)  to: (person:Person)  edge: purchase
MATCH (vehicle)<-[purchase:PURCHASED]-(person:Person)
WHERE owning(purchase, vehicle)

// name: vehicle.purchasers (read) scope: people:read
// People who bought this vehicle, each with the purchase.
// from: (vehicle:Vehicle)  to: (person:Person)  edge: purchase
MATCH (vehicle)<-[purchase:PURCHASED]-(person:Person)

// name: vehicle.drivers (read) scope: people:read
// People who drive this vehicle.
// from: (vehicle:Vehicle)  to: (person:Person)  edge: drive
MATCH (vehicle)<-[drive:DRIVES]-(person:Person)

// name: vehicle.servicers (read) scope: people:read
// People who bring this vehicle to a workshop.
// from: (vehicle:Vehicle)  to: (person:Person)  edge: service
MATCH (vehicle)<-[service:SERVICES]-(person:Person)

// name: vehicle.people (read) scope: people:read
// Everybody with a role at this vehicle, the roles of each together.
// from: (vehicle:Vehicle)  to: (person:Person)  edges: role
MATCH (vehicle)<-[role:PURCHASED|DRIVES|SERVICES]-(person:Person)

// name: vehicle.visits (read) scope: services:read
// Visits of this vehicle to a workshop.
// from: (vehicle:Vehicle)  to: (visit:ServiceVisit)
MATCH (vehicle)-[had:HAD]->(visit:ServiceVisit)
WHERE valid(had)

// name: vehicle.households (read) scope: households:read
// Households that keep this vehicle.
// from: (vehicle:Vehicle)  to: (household:Household)  edge: keeping
MATCH (vehicle)<-[keeping:KEEPS]-(household:Household)

// name: visit.vehicle (read) scope: vehicles:read
// The vehicle that was brought.
// from: (visit:ServiceVisit)  to: (vehicle:Vehicle)  one: yes
MATCH (visit)<-[had:HAD]-(vehicle:Vehicle)
WHERE valid(had)

// name: visit.dealer (read) scope: dealers:read
// The dealer whose workshop it was.
// from: (visit:ServiceVisit)  to: (dealer:Dealer)  one: yes
MATCH (dealer:Dealer {id: visit.dealerId})

// name: visit.person (read) scope: people:read
// The person who brought the vehicle, when known.
// from: (visit:ServiceVisit)  to: (person:Person)  one: yes
MATCH (:Registration {id: visit.registrationId})-[:OF_PERSON]->(person:Person)

// name: vehicle.timeline (read) scope: vehicles:read
// What happened with this vehicle, the latest first.
// from: (vehicle:Vehicle)  binds: day, kind, [role], (thing:*)
CALL (vehicle) {
  MATCH (vehicle)<-[role:PURCHASED|DRIVES|SERVICES|KEEPS]-(thing:Person|Household)
  WHERE known(role)
  RETURN role.validFrom AS day, 'ROLE_BEGAN' AS kind, role, thing, role.id AS tie
  UNION ALL
  MATCH (vehicle)<-[role:PURCHASED|DRIVES|SERVICES|KEEPS]-(thing:Person|Household)
  WHERE known(role)
  RETURN role.validTo AS day, 'ROLE_ENDED' AS kind, role, thing, role.id AS tie
  UNION ALL
  MATCH (vehicle)-[had:HAD]->(thing:ServiceVisit)
  WHERE valid(had)
  RETURN thing.visitedOn AS day, 'VISIT' AS kind, null AS role, thing, thing.id AS tie
}
WITH day, kind, role, thing, tie WHERE ($from IS NULL OR day >= $from) AND ($to IS NULL OR day < $to) AND day IS NOT NULL
WITH day, kind, role, thing, tie ORDER BY day DESC, kind, tie LIMIT $limit
