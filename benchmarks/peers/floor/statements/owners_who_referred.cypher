MATCH (person:Person)
WHERE person.city = $city AND person.id IS NOT NULL
  AND EXISTS { MATCH (person)-[bought:PURCHASED]->(owned:Vehicle) WHERE owning(bought, owned) }
  AND EXISTS { MATCH (person)-[made:MADE]->(:Referral)-[of:OF]->(:Person) WHERE valid(made) AND valid(of) }
WITH person ORDER BY person.city, person.id LIMIT 20
CALL (person) {
  MATCH (person)-[made:MADE]->(referral:Referral) WHERE valid(made)
  WITH referral ORDER BY referral.id LIMIT 10
  CALL (referral) {
    OPTIONAL MATCH (referral)-[reached:REACHED]->(step:ReferralStep) WHERE valid(reached)
    RETURN coalesce(step.status, 'INVITED') AS status ORDER BY step.reachedOn DESC, step.rank DESC LIMIT 1
  }
  OPTIONAL MATCH (referral)-[of:OF]->(friend:Person) WHERE valid(of)
  OPTIONAL MATCH (referral)-[result:RESULTED_IN]->(vehicle:Vehicle) WHERE valid(result)
  OPTIONAL MATCH (vehicle)-[is:OF_MODEL]->(model:Model) WHERE valid(is)
  RETURN collect({
    madeOn: toString(referral.madeOn), status: status, friend: friend {.id, .name},
    vehicle: vehicle {.id, .modelYear, model: model {.name}}
  }) AS referrals
}
RETURN {ownersWhoReferred: {nodes: collect({
  id: person.id, name: person.name, referralsMade: {nodes: referrals}
})}} AS data
