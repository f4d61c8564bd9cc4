// name: households (read) scope: households:read
// Households, in the order of their ids.
// to: (household:Household)  indexed: city
MATCH (household:Household)

// name: household.members (read) scope: households:read
// People who live in this household.
// from: (household:Household)  to: (person:Person)  edge: residence
MATCH (household)<-[residence:LIVES_IN]-(person:Person)

// name: household.fleet (read) scope: households:read
// Vehicles that the household keeps, or that a member owns or drives, with the roles of its members.
// from: (household:Household)  to: (vehicle:Vehicle)  edges: role
CALL (household) {
  MATCH (household)-[keeps:KEEPS]->(vehicle:Vehicle) WHERE valid(keeps) RETURN vehicle
  UNION
  MATCH (household)<-[lives:LIVES_IN]-(:Person)-[held:PURCHASED|DRIVES]->(vehicle:Vehicle)
  WHERE valid(lives) AND valid(held) AND (type(held) = 'DRIVES' OR owning(held, vehicle))
  RETURN vehicle
}
WITH DISTINCT household, vehicle // the embedded engine's UNION leaves doubles where a branch holds an EXISTS
OPTIONAL MATCH (vehicle)<-[role:PURCHASED|DRIVES|SERVICES]-(member:Person)
WHERE EXISTS { MATCH (household)<-[lives:LIVES_IN]-(member) WHERE valid(lives) }
