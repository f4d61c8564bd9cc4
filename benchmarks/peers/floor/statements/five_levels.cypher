MATCH (person:Person {id: $person})
CALL (person) {
  MATCH (person)-[living:LIVES_IN]->(household:Household) WHERE valid(living)
  WITH living, household ORDER BY living.id LIMIT 20
  CALL (household) {
    MATCH (household)<-[lodging:LIVES_IN]-(member:Person) WHERE valid(lodging)
    WITH lodging, member ORDER BY lodging.id LIMIT 20
    CALL (member) {
      MATCH (member)-[bought:PURCHASED]->(vehicle:Vehicle) WHERE owning(bought, vehicle)
      WITH bought, vehicle ORDER BY bought.id LIMIT 20
      OPTIONAL MATCH (vehicle)-[of:OF_MODEL]->(model:Model) WHERE valid(of)
      CALL (vehicle) {
        MATCH (vehicle)<-[sale:PURCHASED]-(:Person)
        WHERE known(sale) AND sale.dealerId IS NOT NULL AND coalesce(sale.validFrom <= $asOf, true)
        RETURN sale.dealerId AS dealerId ORDER BY coalesce(sale.validFrom, date('0001-01-01')) DESC, sale.id LIMIT 1
        UNION ALL
        RETURN null AS dealerId
      }
      WITH bought, vehicle, model, head(collect(dealerId)) AS dealerId
      OPTIONAL MATCH (dealer:Dealer {id: dealerId})
      WITH bought, vehicle, model, dealer ORDER BY bought.id
      RETURN collect(vehicle {
        .id, .plate, .modelYear, model: model {.name, .brand}, dealer: dealer {.name, .city}
      }) AS vehicles
    }
    RETURN collect({role: {relation: lodging.relation}, node: member {
      .id, .name, .birthYear, ownedVehicles: {nodes: vehicles}
    }}) AS members
  }
  RETURN collect(household {.id, .city, members: {edges: members}}) AS households
}
RETURN {person: person {.id, .name, households: {nodes: households}}} AS data
