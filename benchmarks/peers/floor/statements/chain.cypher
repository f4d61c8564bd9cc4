MATCH (start:Person {id: $person})
  ((:Person)-[made:MADE]->(referral:Referral)-[of:OF]->(friend:Person) WHERE valid(made) AND valid(of)){1,3}
  (:Person)
WITH start, referral AS referrals, friend AS friends, [$person] + [f IN friend[0..size(friend) - 1] | f.id] AS before
WHERE all(i IN range(0, size(before) - 1) WHERE NOT before[i] IN before[i + 1..])
WITH start, referrals, friends, referrals[-1] AS last ORDER BY size(referrals), [r IN referrals | r.id] LIMIT 101
CALL (last) {
  OPTIONAL MATCH (last)-[reached:REACHED]->(step:ReferralStep) WHERE valid(reached)
  RETURN coalesce(step.status, 'INVITED') AS status ORDER BY step.reachedOn DESC, step.rank DESC LIMIT 1
}
WITH start, referrals, friends, last, status ORDER BY size(referrals), [r IN referrals | r.id]
RETURN {referralChain: {links: collect({
  depth: size(referrals), person: {id: friends[-1].id, name: friends[-1].name}, path: [p IN [start] + friends | p {.name}],
  referral: {madeOn: toString(last.madeOn), status: status}
})}} AS data
