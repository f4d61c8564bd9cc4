// saved: referrers
// People whose recommendations led to the most vehicles bought, from a day on.
// parameters: from: day = "2000-01-01", most: number = 20
MATCH (person:Person)-[made:MADE]->(referral:Referral)
WHERE made.retractedAt IS NULL AND referral.madeOn >= date($from)
OPTIONAL MATCH (referral)-[result:RESULTED_IN]->(vehicle:Vehicle)
WHERE result.retractedAt IS NULL
RETURN person.id AS id, person.city AS city, count(DISTINCT referral) AS referrals,
  count(DISTINCT vehicle) AS vehicles
ORDER BY vehicles DESC, referrals DESC, id LIMIT $most
