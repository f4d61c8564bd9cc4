MATCH (person:Person) WHERE person.city = $city AND person.id IS NOT NULL
WITH person ORDER BY person.city, person.id LIMIT 100
CALL (person) {
  MATCH (person)-[bought:PURCHASED]->(vehicle:Vehicle) WHERE owning(bought, vehicle)
  WITH bought, vehicle ORDER BY bought.id LIMIT 20
  OPTIONAL MATCH (vehicle)-[of:OF_MODEL]->(model:Model) WHERE valid(of)
  RETURN collect(vehicle {.id, .plate, .modelYear, model: model {.name}}) AS owned
}
CALL (person) {
  MATCH (person)-[drive:DRIVES]->(vehicle:Vehicle) WHERE valid(drive)
  WITH drive, vehicle ORDER BY drive.id LIMIT 20
  RETURN collect(vehicle {.plate}) AS driven
}
CALL (person) {
  MATCH (person)-[living:LIVES_IN]->(household:Household) WHERE valid(living)
  WITH living, household ORDER BY living.id LIMIT 20
  RETURN collect({role: {relation: living.relation}, node: {id: household.id}}) AS households
}
CALL (person) {
  MATCH (person)-[member:MEMBER_OF]->(club:Club) WHERE valid(member)
  WITH member, club ORDER BY member.id LIMIT 20
  RETURN collect({role: {rank: member.rank}, node: {name: club.name}}) AS clubs
}
CALL (person) {
  MATCH (person)-[intent:INTENDS_TO_BUY]->(model:Model) WHERE valid(intent)
  WITH intent, model ORDER BY intent.id LIMIT 20
  RETURN collect({role: {heat: intent.heat}, node: {name: model.name}}) AS intents
}
CALL (person) {
  MATCH (person)-[made:MADE]->(referral:Referral) WHERE valid(made)
  WITH referral ORDER BY referral.id LIMIT 20
  RETURN collect({madeOn: toString(referral.madeOn)}) AS referrals
}
RETURN {people: {nodes: collect(person {
  .id, .name, .phone, .gender, .birthYear, ownedVehicles: {nodes: owned}, drives: {nodes: driven},
  households: {edges: households}, clubs: {edges: clubs}, intents: {edges: intents}, referralsMade: {nodes: referrals}
})}} AS data
