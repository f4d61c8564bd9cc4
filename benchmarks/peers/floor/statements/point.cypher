MATCH (person:Person {id: $person})
CALL (person) {
  MATCH (person)-[bought:PURCHASED]->(vehicle:Vehicle)
  WHERE owning(bought, vehicle)
  WITH bought, vehicle ORDER BY bought.id LIMIT 20
  OPTIONAL MATCH (vehicle)-[of:OF_MODEL]->(model:Model) WHERE valid(of)
  RETURN collect({id: vehicle.id, plate: vehicle.plate, modelYear: vehicle.modelYear, model: model {.name}}) AS owned
}
RETURN {person: person {.id, .kind, .name, .phone, .gender, .birthYear, .city, ownedVehicles: {nodes: owned}}} AS data
