// name: referrals (read) scope: referrals:read
// Referrals, in the order of their ids.
// to: (referral:Referral)
MATCH (referral:Referral)

// name: referral.referrer (read) scope: referrals:read
// The owner who recommended.
// from: (referral:Referral)  to: (person:Person)  one: yes
MATCH (referral)<-[made:MADE]-(person:Person)
WHERE valid(made)

// name: referral.friend (read) scope: referrals:read
// The person who was recommended to.
// from: (referral:Referral)  to: (person:Person)  one: yes
MATCH (referral)-[of:OF]->(person:Person)
WHERE valid(of)

// name: referral.dealer (read) scope: dealers:read
// The dealer the friend was sent to.
// from: (referral:Referral)  to: (dealer:Dealer)  one: yes
MATCH (referral)-[at:AT]->(dealer:Dealer)
WHERE valid(at)

// name: referral.club (read) scope: clubs:read
// The club through which it came.
// from: (referral:Referral)  to: (club:Club)  one: yes
MATCH (referral)-[through:THROUGH]->(club:Club)
WHERE valid(through)

// name: referral.vehicle (read) scope: vehicles:read
// The vehicle that the friend bought in the end.
// from: (referral:Referral)  to: (vehicle:Vehicle)  one: yes
MATCH (referral)-[result:RESULTED_IN]->(vehicle:Vehicle)
WHERE valid(result)

// name: referral.steps (read) scope: referrals:read
// Every status it had, the first one first.
// from: (referral:Referral)  to: (step:ReferralStep)  order: step.reachedOn
MATCH (referral)-[reached:REACHED]->(step:ReferralStep)
WHERE valid(reached)

// name: referral.status (read) scope: referrals:read
// Where it stands: its latest step; on the same day the furthest one; INVITED before any.
// from: (referral:Referral)  value: status
OPTIONAL MATCH (referral)-[reached:REACHED]->(step:ReferralStep)
WHERE valid(reached)
RETURN coalesce(step.status, 'INVITED') AS status ORDER BY step.reachedOn DESC, step.rank DESC LIMIT 1

// name: referral.funnel (read) scope: referrals:read
// For each status: how many referrals reached it, and how many stand there on the day asked about.
// value: funnel
CALL () {
  MATCH (person:Person)-[made:MADE]->(referral:Referral)
  WHERE person.city = $city AND person.id >= '' AND valid(made) // an index of two serves only what names both
  RETURN referral
  UNION
  UNWIND CASE WHEN $city IS NULL THEN [$dealer] ELSE [] END AS dealer
  MATCH (:Dealer {id: dealer})<-[at:AT]-(referral:Referral) WHERE valid(at) RETURN referral
  UNION
  UNWIND CASE WHEN $city IS NULL AND $dealer IS NULL THEN [true] ELSE [] END AS everywhere
  MATCH (referral:Referral)<-[made:MADE]-(:Person) WHERE valid(made) RETURN referral
}
WITH referral
WHERE ($from IS NULL OR referral.madeOn >= $from) AND ($to IS NULL OR referral.madeOn < $to)
  AND ($dealer IS NULL OR EXISTS { MATCH (referral)-[at:AT]->(:Dealer {id: $dealer}) WHERE valid(at) })
CALL (referral) {
  MATCH (referral)-[reached:REACHED]->(step:ReferralStep)
  WHERE valid(reached)
  WITH step ORDER BY step.reachedOn DESC, step.rank DESC
  RETURN collect(step.status) AS history
}
WITH collect(history) AS histories
WITH histories, [
  'INVITED', 'LEAD', 'VISITED', 'TEST_DRIVE', 'ORDERED', 'DELIVERED', 'REJECTED', 'EXPIRED', 'VOIDED'
] AS statuses
RETURN [status IN statuses | [status,
  size([h IN histories WHERE status IN h OR status = 'INVITED']),
  size([h IN histories WHERE coalesce(head(h), 'INVITED') = status])]] AS funnel
