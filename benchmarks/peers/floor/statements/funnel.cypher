MATCH (person:Person)-[made:MADE]->(referral:Referral)
WHERE person.city = $city AND person.id IS NOT NULL AND valid(made)
WITH DISTINCT referral
CALL (referral) {
  MATCH (referral)-[reached:REACHED]->(step:ReferralStep) WHERE valid(reached)
  WITH step ORDER BY step.reachedOn DESC, step.rank DESC
  RETURN collect(step.status) AS history
}
WITH collect(history) AS histories
RETURN {referralFunnel: [
  status IN ['INVITED', 'LEAD', 'VISITED', 'TEST_DRIVE', 'ORDERED', 'DELIVERED', 'REJECTED', 'EXPIRED', 'VOIDED'] | {
    status: status,
    reached: size([h IN histories WHERE status IN h OR status = 'INVITED']),
    standing: size([h IN histories WHERE coalesce(head(h), 'INVITED') = status])
  }
]} AS data
