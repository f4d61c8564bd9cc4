MATCH (household:Household {id: $household})
CALL (household) {
  MATCH (household)-[keeps:KEEPS]->(vehicle:Vehicle) WHERE valid(keeps) RETURN vehicle
  UNION
  MATCH (household)<-[lives:LIVES_IN]-(:Person)-[held:PURCHASED|DRIVES]->(vehicle:Vehicle)
  WHERE valid(lives) AND (type(held) = 'DRIVES' AND valid(held) OR type(held) = 'PURCHASED' AND owning(held, vehicle))
  RETURN vehicle
}
WITH household, vehicle ORDER BY vehicle.id LIMIT 20
CALL (household, vehicle) {
  MATCH (household)<-[lives:LIVES_IN]-(person:Person)-[role:PURCHASED|DRIVES|SERVICES]->(vehicle)
  WHERE valid(lives) AND valid(role)
  WITH role, person ORDER BY role.id
  RETURN collect({
    __typename: CASE type(role) WHEN 'PURCHASED' THEN 'Purchase' WHEN 'DRIVES' THEN 'Drive' ELSE 'Service' END,
    validFrom: toString(role.validFrom), person: {name: person.name}
  }) AS roles
}
OPTIONAL MATCH (vehicle)-[of:OF_MODEL]->(model:Model) WHERE valid(of)
RETURN {householdFleet: {edges: collect({
  node: vehicle {.id, .type, .modelYear, model: model {.name}}, roles: roles
})}} AS data
