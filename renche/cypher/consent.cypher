// What people agree that a partner may be given, for which purpose, and that they agree no longer.

// name: consent.consented (read)
// Whether the person consents to this partner and purpose.
MATCH (person:Person {id: $id})
RETURN consented(person) AS consented

// name: consent.held (read)
// All consents of the person that hold.
MATCH (person:Person {id: $id})-[consent:CONSENTED_TO]->(:Partner)
WHERE agreed(person, consent)
RETURN collect(properties(consent)) AS consents

// name: consent.unsay (write)
// What was said here before about this partner and purpose is known no longer: withdrawals, and consents of this source.
MATCH (:Person {id: $id})-[said:WITHDREW|CONSENTED_TO]->(:Partner)
WHERE said.partner = $partner AND said.purpose = $purpose AND said.retractedAt IS NULL AND said.source = $source
SET said.retractedAt = $now
RETURN count(*) AS unsaid

// name: consent.give (write)
// The person consents; whoever was erased does not.
MATCH (person:Person {id: $id}) WHERE person.erased IS NULL
MERGE (partner:Partner {id: $partnerId})
ON CREATE SET partner.name = $partner
CREATE (person)-[:CONSENTED_TO {
  id: $saidId, partner: $partner, purpose: $purpose, validFrom: $today, validTo: $until, source: $source,
  recordedAt: $now
}]->(partner)
RETURN count(*) AS given

// name: consent.withdraw (write)
// The person consents no longer, whoever recorded the consent.
MATCH (person:Person {id: $id}) WHERE person.erased IS NULL
MERGE (partner:Partner {id: $partnerId})
ON CREATE SET partner.name = $partner
CREATE (person)-[:WITHDREW {
  id: $saidId, partner: $partner, purpose: $purpose, validFrom: $today, source: $source, recordedAt: $now
}]->(partner)
RETURN count(*) AS withdrawn
