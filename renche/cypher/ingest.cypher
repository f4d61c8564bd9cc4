// What ingest writes, and what it must look up to decide on it. A batch of rows is one transaction that begins
// with `ingest.begin`, so that two loads at once take turns.
//
// New nodes and relationships state each property: the embedded engine takes twice the time to set them afterwards.
// The form of the statements is chosen for both engines, and each answers with one row. A link that belongs to a thing
// of its row is found from there; one between things of other rows by its id, in a plain MATCH … WHERE, which alone is
// served by an index of relationships everywhere.

// name: ingest.begin (write)
// Takes the turn: whoever comes second waits or is told to try again; what is known of this file's load.
MERGE (turn:Load {id: 'turn'})
SET turn.run = $run
MERGE (load:Load {id: $id})
RETURN [properties(turn), properties(load)] AS state

// name: ingest.record (write)
// Records how far the load of a file has come, with the batch that brought it there.
MATCH (turn:Load {id: 'turn'}), (load:Load {id: $id})
SET turn += $turn, load += $load
RETURN count(*) AS recorded

// name: ingest.present.registration (read)
// Which of these registrations there are, each with the fingerprint of its row.
MATCH (n:Registration) WHERE n.id IN $ids RETURN collect([n.id, n.fingerprint]) AS present

// name: ingest.create.registration (write)
// New registrations, each with a person of its own.
UNWIND $rows AS row
CREATE (:Registration {
  id: row.registration.id, source: row.registration.source, sourceId: row.registration.sourceId,
  touchpoint: row.registration.touchpoint, kind: row.registration.kind, name: row.registration.name,
  phone: row.registration.phone, gender: row.registration.gender, birthYear: row.registration.birthYear,
  city: row.registration.city, licensed: row.registration.licensed, firstSeen: row.registration.firstSeen,
  lastSeen: row.registration.lastSeen, fingerprint: row.registration.fingerprint, recordedAt: $now
})-[:OF_PERSON]->(:Person {
  id: row.person.id, kind: row.person.kind, name: row.person.name, phone: row.person.phone,
  gender: row.person.gender, birthYear: row.person.birthYear, city: row.person.city,
  licensed: row.person.licensed
})
RETURN count(*) AS created

// name: ingest.update.registration (write)
// Known registrations whose rows have changed, and what their persons show of them.
UNWIND $rows AS row
MATCH (n:Registration {id: row.registration.id})-[:OF_PERSON]->(person:Person)
SET n = row.registration, n.recordedAt = $now
SET person = row.person
RETURN count(*) AS updated

// name: ingest.present.vehicle (read)
// Which of these vehicles there are, each with the fingerprint of its row.
MATCH (n:Vehicle) WHERE n.id IN $ids RETURN collect([n.id, n.fingerprint]) AS present

// name: ingest.create.vehicle (write)
// New vehicles.
UNWIND $rows AS row
CREATE (:Vehicle {
  id: row.id, source: row.source, sourceId: row.sourceId, vin: row.vin, vinReversed: row.vinReversed,
  brand: row.brand, modelId: row.modelId, modelYear: row.modelYear, type: row.type, energy: row.energy, builtOn: row.builtOn,
  deliveredOn: row.deliveredOn, inUseSince: row.inUseSince, warrantyUntil: row.warrantyUntil,
  plate: row.plate, fingerprint: row.fingerprint, recordedAt: $now
})
RETURN count(*) AS created

// name: ingest.update.vehicle (write)
// Known vehicles whose rows have changed.
UNWIND $rows AS row
MATCH (n:Vehicle {id: row.id})
SET n = row, n.recordedAt = $now
RETURN count(*) AS updated

// name: ingest.present.model (read)
// Which of these models there are, each with the fingerprint of its row.
MATCH (n:Model) WHERE n.id IN $ids RETURN collect([n.id, n.fingerprint]) AS present

// name: ingest.create.model (write)
// New models.
UNWIND $rows AS row
CREATE (:Model {
  id: row.id, source: row.source, sourceId: row.sourceId, brand: row.brand, name: row.name, type: row.type,
  energy: row.energy, fingerprint: row.fingerprint, recordedAt: $now
})
RETURN count(*) AS created

// name: ingest.update.model (write)
// Known models whose rows have changed.
UNWIND $rows AS row
MATCH (n:Model {id: row.id})
SET n = row, n.recordedAt = $now
RETURN count(*) AS updated

// name: ingest.present.dealer (read)
// Which of these dealers there are, each with the fingerprint of its row.
MATCH (n:Dealer) WHERE n.id IN $ids RETURN collect([n.id, n.fingerprint]) AS present

// name: ingest.create.dealer (write)
// New dealers.
UNWIND $rows AS row
CREATE (:Dealer {
  id: row.id, source: row.source, sourceId: row.sourceId, name: row.name, brand: row.brand, city: row.city,
  fingerprint: row.fingerprint, recordedAt: $now
})
RETURN count(*) AS created

// name: ingest.update.dealer (write)
// Known dealers whose rows have changed.
UNWIND $rows AS row
MATCH (n:Dealer {id: row.id})
SET n = row, n.recordedAt = $now
RETURN count(*) AS updated

// name: ingest.present.club (read)
// Which of these clubs there are, each with the fingerprint of its row.
MATCH (n:Club) WHERE n.id IN $ids RETURN collect([n.id, n.fingerprint]) AS present

// name: ingest.create.club (write)
// New clubs.
UNWIND $rows AS row
CREATE (:Club {
  id: row.id, source: row.source, sourceId: row.sourceId, name: row.name, brand: row.brand, city: row.city,
  foundedOn: row.foundedOn, fingerprint: row.fingerprint, recordedAt: $now
})
RETURN count(*) AS created

// name: ingest.update.club (write)
// Known clubs whose rows have changed.
UNWIND $rows AS row
MATCH (n:Club {id: row.id})
SET n = row, n.recordedAt = $now
RETURN count(*) AS updated

// name: ingest.present.household (read)
// Which of these households there are, each with the fingerprint of its row.
MATCH (n:Household) WHERE n.id IN $ids RETURN collect([n.id, n.fingerprint]) AS present

// name: ingest.create.household (write)
// New households.
UNWIND $rows AS row
CREATE (:Household {
  id: row.id, source: row.source, sourceId: row.sourceId, city: row.city, fingerprint: row.fingerprint,
  recordedAt: $now
})
RETURN count(*) AS created

// name: ingest.update.household (write)
// Known households whose rows have changed.
UNWIND $rows AS row
MATCH (n:Household {id: row.id})
SET n = row, n.recordedAt = $now
RETURN count(*) AS updated

// name: ingest.present.visit (read)
// Which of these visits there are, each with the fingerprint of its row.
MATCH (n:ServiceVisit) WHERE n.id IN $ids RETURN collect([n.id, n.fingerprint]) AS present

// name: ingest.create.visit (write)
// New visits.
UNWIND $rows AS row
CREATE (:ServiceVisit {
  id: row.id, source: row.source, sourceId: row.sourceId, visitedOn: row.visitedOn, kind: row.kind,
  mileage: row.mileage, amount: row.amount, currency: row.currency, serviceId: row.serviceId,
  registrationId: row.registrationId, dealerId: row.dealerId, fingerprint: row.fingerprint, recordedAt: $now
})
RETURN count(*) AS created

// name: ingest.update.visit (write)
// Known visits whose rows have changed.
UNWIND $rows AS row
MATCH (n:ServiceVisit {id: row.id})
SET n = row, n.recordedAt = $now
RETURN count(*) AS updated

// name: ingest.present.referral (read)
// Which of these referrals there are, each with the fingerprint of its row.
MATCH (n:Referral) WHERE n.id IN $ids RETURN collect([n.id, n.fingerprint]) AS present

// name: ingest.create.referral (write)
// New referrals.
UNWIND $rows AS row
CREATE (:Referral {
  id: row.id, source: row.source, sourceId: row.sourceId, madeOn: row.madeOn, fingerprint: row.fingerprint,
  recordedAt: $now
})
RETURN count(*) AS created

// name: ingest.update.referral (write)
// Known referrals whose rows have changed.
UNWIND $rows AS row
MATCH (n:Referral {id: row.id})
SET n = row, n.recordedAt = $now
RETURN count(*) AS updated

// name: ingest.present.step (read)
// Which of these steps there are, each with the fingerprint of its row.
MATCH (n:ReferralStep) WHERE n.id IN $ids RETURN collect([n.id, n.fingerprint]) AS present

// name: ingest.create.step (write)
// New steps.
UNWIND $rows AS row
CREATE (:ReferralStep {
  id: row.id, source: row.source, sourceId: row.sourceId, status: row.status, reachedOn: row.reachedOn,
  rank: row.rank, fingerprint: row.fingerprint, recordedAt: $now
})
RETURN count(*) AS created

// name: ingest.update.step (write)
// Known steps whose rows have changed.
UNWIND $rows AS row
MATCH (n:ReferralStep {id: row.id})
SET n = row, n.recordedAt = $now
RETURN count(*) AS updated

// name: ingest.vins (read)
// Which vehicles have these VINs.
MATCH (n:Vehicle) WHERE n.vin IN $vins RETURN collect([n.vin, n.id, n.source, n.sourceId]) AS holders

// name: ingest.visits (read)
// What these visits, as they are known, count towards.
MATCH (n:ServiceVisit) WHERE n.id IN $ids AND n.serviceId IS NOT NULL RETURN collect([n.id, n.serviceId]) AS visits

// name: ingest.link.intends_to_buy (write)
// New INTENDS_TO_BUY from person to Model; a row with an end that is not there makes none.
UNWIND $rows AS row
MATCH (:Registration {id: row.from})-[:OF_PERSON]->(one:Person)
MATCH (other:Model {id: row.to})
CREATE (one)-[:INTENDS_TO_BUY {
  id: row.edge.id, heat: row.edge.heat, stage: row.edge.stage, dealerId: row.edge.dealerId,
  validFrom: row.edge.validFrom, validTo: row.edge.validTo, source: row.edge.source, via: row.edge.via,
  fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.current.intends_to_buy (read)
// Which of these INTENDS_TO_BUY there are and not retracted, each with its fingerprint.
MATCH ()-[e:INTENDS_TO_BUY]->() WHERE e.id IN $ids AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.intends_to_buy (write)
// Retracts these INTENDS_TO_BUY: what they say is known no longer.
MATCH ()-[e:INTENDS_TO_BUY]->() WHERE e.id IN $ids AND e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.link.purchased (write)
// New PURCHASED from person to Vehicle; a row with an end that is not there makes none.
UNWIND $rows AS row
MATCH (:Registration {id: row.from})-[:OF_PERSON]->(one:Person)
MATCH (other:Vehicle {id: row.to})
CREATE (one)-[:PURCHASED {
  id: row.edge.id, condition: row.edge.condition, motive: row.edge.motive, price: row.edge.price,
  currency: row.edge.currency, dealerId: row.edge.dealerId, validFrom: row.edge.validFrom,
  validTo: row.edge.validTo, source: row.edge.source, via: row.edge.via, fingerprint: row.edge.fingerprint,
  recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.current.purchased (read)
// Which of these PURCHASED there are and not retracted, each with its fingerprint.
MATCH ()-[e:PURCHASED]->() WHERE e.id IN $ids AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.purchased (write)
// Retracts these PURCHASED: what they say is known no longer.
MATCH ()-[e:PURCHASED]->() WHERE e.id IN $ids AND e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.link.drives (write)
// New DRIVES from person to Vehicle; a row with an end that is not there makes none.
UNWIND $rows AS row
MATCH (:Registration {id: row.from})-[:OF_PERSON]->(one:Person)
MATCH (other:Vehicle {id: row.to})
CREATE (one)-[:DRIVES {
  id: row.edge.id, validFrom: row.edge.validFrom, validTo: row.edge.validTo, source: row.edge.source,
  via: row.edge.via, fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.current.drives (read)
// Which of these DRIVES there are and not retracted, each with its fingerprint.
MATCH ()-[e:DRIVES]->() WHERE e.id IN $ids AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.drives (write)
// Retracts these DRIVES: what they say is known no longer.
MATCH ()-[e:DRIVES]->() WHERE e.id IN $ids AND e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.link.services (write)
// New SERVICES from person to Vehicle; a row with an end that is not there makes none.
UNWIND $rows AS row
MATCH (:Registration {id: row.from})-[:OF_PERSON]->(one:Person)
MATCH (other:Vehicle {id: row.to})
CREATE (one)-[:SERVICES {
  id: row.edge.id, dealerId: row.edge.dealerId, validFrom: row.edge.validFrom, validTo: row.edge.validTo,
  source: row.edge.source, via: row.edge.via, fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.current.services (read)
// Which of these SERVICES there are and not retracted, each with its fingerprint.
MATCH ()-[e:SERVICES]->() WHERE e.id IN $ids AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.services (write)
// Retracts these SERVICES: what they say is known no longer.
MATCH ()-[e:SERVICES]->() WHERE e.id IN $ids AND e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.link.member_of (write)
// New MEMBER_OF from person to Club; a row with an end that is not there makes none.
UNWIND $rows AS row
MATCH (:Registration {id: row.from})-[:OF_PERSON]->(one:Person)
MATCH (other:Club {id: row.to})
CREATE (one)-[:MEMBER_OF {
  id: row.edge.id, rank: row.edge.rank, validFrom: row.edge.validFrom, validTo: row.edge.validTo,
  source: row.edge.source, via: row.edge.via, fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.current.member_of (read)
// Which of these MEMBER_OF there are and not retracted, each with its fingerprint.
MATCH ()-[e:MEMBER_OF]->() WHERE e.id IN $ids AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.member_of (write)
// Retracts these MEMBER_OF: what they say is known no longer.
MATCH ()-[e:MEMBER_OF]->() WHERE e.id IN $ids AND e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.link.consented_to (write)
// New CONSENTED_TO from person to Partner, which is made where it is not there; a row without its person makes none.
UNWIND $rows AS row
MATCH (:Registration {id: row.from})-[:OF_PERSON]->(one:Person)
MERGE (other:Partner {id: row.to})
ON CREATE SET other.name = row.edge.partner
CREATE (one)-[:CONSENTED_TO {
  id: row.edge.id, partner: row.edge.partner, purpose: row.edge.purpose, validFrom: row.edge.validFrom,
  validTo: row.edge.validTo, source: row.edge.source, via: row.edge.via, fingerprint: row.edge.fingerprint,
  recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.current.consented_to (read)
// Which of these CONSENTED_TO there are and not retracted, each with its fingerprint.
MATCH ()-[e:CONSENTED_TO]->() WHERE e.id IN $ids AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.consented_to (write)
// Retracts these CONSENTED_TO: what they say is known no longer.
MATCH ()-[e:CONSENTED_TO]->() WHERE e.id IN $ids AND e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.link.lives_in (write)
// New LIVES_IN from person to Household; a row with an end that is not there makes none.
UNWIND $rows AS row
MATCH (:Registration {id: row.from})-[:OF_PERSON]->(one:Person)
MATCH (other:Household {id: row.to})
CREATE (one)-[:LIVES_IN {
  id: row.edge.id, relation: row.edge.relation, validFrom: row.edge.validFrom, validTo: row.edge.validTo,
  source: row.edge.source, via: row.edge.via, fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.current.lives_in (read)
// The LIVES_IN of these things that are not retracted, each with its fingerprint.
MATCH (n:Registration)-[:OF_PERSON]->()-[e:LIVES_IN]->() WHERE n.id IN $things AND e.via = n.id AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.lives_in (write)
// Retracts these LIVES_IN: what they say is known no longer.
UNWIND $rows AS row
MATCH (n:Registration {id: row.thing})-[:OF_PERSON]->()-[e:LIVES_IN {id: row.id}]->() WHERE e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.link.keeps (write)
// New KEEPS from Household to Vehicle; a row with an end that is not there makes none.
UNWIND $rows AS row
MATCH (one:Household {id: row.from})
MATCH (other:Vehicle {id: row.to})
CREATE (one)-[:KEEPS {
  id: row.edge.id, validFrom: row.edge.validFrom, validTo: row.edge.validTo, source: row.edge.source,
  via: row.edge.via, fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.current.keeps (read)
// The KEEPS of these things that are not retracted, each with its fingerprint.
MATCH (n:Vehicle)<-[e:KEEPS]-() WHERE n.id IN $things AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.keeps (write)
// Retracts these KEEPS: what they say is known no longer.
UNWIND $rows AS row
MATCH (n:Vehicle {id: row.thing})<-[e:KEEPS {id: row.id}]-() WHERE e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.link.dealt_with (write)
// New DEALT_WITH from person to Dealer; a row with an end that is not there makes none.
UNWIND $rows AS row
MATCH (:Registration {id: row.from})-[:OF_PERSON]->(one:Person)
MATCH (other:Dealer {id: row.to})
CREATE (one)-[:DEALT_WITH {
  id: row.edge.id, role: row.edge.role, validFrom: row.edge.validFrom, validTo: row.edge.validTo,
  source: row.edge.source, via: row.edge.via, fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.current.dealt_with (read)
// Which of these DEALT_WITH there are and not retracted, each with its fingerprint.
MATCH ()-[e:DEALT_WITH]->() WHERE e.id IN $ids AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.dealt_with (write)
// Retracts these DEALT_WITH: what they say is known no longer.
MATCH ()-[e:DEALT_WITH]->() WHERE e.id IN $ids AND e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.link.of_model (write)
// New OF_MODEL from Vehicle to Model; a row with an end that is not there makes none.
UNWIND $rows AS row
MATCH (one:Vehicle {id: row.from})
MATCH (other:Model {id: row.to})
CREATE (one)-[:OF_MODEL {
  id: row.edge.id, validFrom: row.edge.validFrom, validTo: row.edge.validTo, source: row.edge.source,
  via: row.edge.via, fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.current.of_model (read)
// The OF_MODEL of these things that are not retracted, each with its fingerprint.
MATCH (n:Vehicle)-[e:OF_MODEL]->() WHERE n.id IN $things AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.of_model (write)
// Retracts these OF_MODEL: what they say is known no longer.
UNWIND $rows AS row
MATCH (n:Vehicle {id: row.thing})-[e:OF_MODEL {id: row.id}]->() WHERE e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.link.under (write)
// New UNDER from Dealer to Dealer; a row with an end that is not there makes none.
UNWIND $rows AS row
MATCH (one:Dealer {id: row.from})
MATCH (other:Dealer {id: row.to})
CREATE (one)-[:UNDER {
  id: row.edge.id, validFrom: row.edge.validFrom, validTo: row.edge.validTo, source: row.edge.source,
  via: row.edge.via, fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.current.under (read)
// The UNDER of these things that are not retracted, each with its fingerprint.
MATCH (n:Dealer)-[e:UNDER]->() WHERE n.id IN $things AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.under (write)
// Retracts these UNDER: what they say is known no longer.
UNWIND $rows AS row
MATCH (n:Dealer {id: row.thing})-[e:UNDER {id: row.id}]->() WHERE e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.link.gave (write)
// New GAVE from Registration to Identifier, which is made where it is not there; a row without its Registration makes none.
UNWIND $rows AS row
MATCH (one:Registration {id: row.from})
MERGE (other:Identifier {hmac: row.identifier.hmac})
ON CREATE SET other = row.identifier
CREATE (one)-[:GAVE {
  id: row.edge.id, source: row.edge.source, fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.first.gave (write)
// The same of identifiers that are not there yet: half the time, since none is looked for.
UNWIND $rows AS row
MATCH (one:Registration {id: row.from})
CREATE (one)-[:GAVE {
  id: row.edge.id, source: row.edge.source, fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(:Identifier {
  id: row.identifier.id, kind: row.identifier.kind, hmac: row.identifier.hmac,
  keyVersion: row.identifier.keyVersion, mask: row.identifier.mask
})
RETURN count(*) AS linked

// name: ingest.current.gave (read)
// The GAVE of these things that are not retracted, each with its fingerprint.
MATCH (n:Registration)-[e:GAVE]->() WHERE n.id IN $things AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.gave (write)
// Retracts these GAVE: what they say is known no longer.
UNWIND $rows AS row
MATCH (n:Registration {id: row.thing})-[e:GAVE {id: row.id}]->() WHERE e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.link.carries (write)
// New CARRIES from Vehicle to Identifier, which is made where it is not there; a row without its Vehicle makes none.
UNWIND $rows AS row
MATCH (one:Vehicle {id: row.from})
MERGE (other:Identifier {hmac: row.identifier.hmac})
ON CREATE SET other = row.identifier
CREATE (one)-[:CARRIES {
  id: row.edge.id, source: row.edge.source, fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.first.carries (write)
// The same of identifiers that are not there yet: half the time, since none is looked for.
UNWIND $rows AS row
MATCH (one:Vehicle {id: row.from})
CREATE (one)-[:CARRIES {
  id: row.edge.id, source: row.edge.source, fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(:Identifier {
  id: row.identifier.id, kind: row.identifier.kind, hmac: row.identifier.hmac,
  keyVersion: row.identifier.keyVersion, mask: row.identifier.mask
})
RETURN count(*) AS linked

// name: ingest.current.carries (read)
// The CARRIES of these things that are not retracted, each with its fingerprint.
MATCH (n:Vehicle)-[e:CARRIES]->() WHERE n.id IN $things AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.carries (write)
// Retracts these CARRIES: what they say is known no longer.
UNWIND $rows AS row
MATCH (n:Vehicle {id: row.thing})-[e:CARRIES {id: row.id}]->() WHERE e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.link.had (write)
// New HAD from Vehicle to ServiceVisit; a row with an end that is not there makes none.
UNWIND $rows AS row
MATCH (one:Vehicle {id: row.from})
MATCH (other:ServiceVisit {id: row.to})
CREATE (one)-[:HAD {
  id: row.edge.id, validFrom: row.edge.validFrom, validTo: row.edge.validTo, source: row.edge.source,
  via: row.edge.via, fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.current.had (read)
// The HAD of these things that are not retracted, each with its fingerprint.
MATCH (n:ServiceVisit)<-[e:HAD]-() WHERE n.id IN $things AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.had (write)
// Retracts these HAD: what they say is known no longer.
UNWIND $rows AS row
MATCH (n:ServiceVisit {id: row.thing})<-[e:HAD {id: row.id}]-() WHERE e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.current.at (read)
// The AT of these things that are not retracted, each with its fingerprint.
MATCH (n:Referral)-[e:AT]->() WHERE n.id IN $things AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.at (write)
// Retracts these AT: what they say is known no longer.
UNWIND $rows AS row
MATCH (n:Referral {id: row.thing})-[e:AT {id: row.id}]->() WHERE e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.link.made (write)
// New MADE from person to Referral; a row with an end that is not there makes none.
UNWIND $rows AS row
MATCH (:Registration {id: row.from})-[:OF_PERSON]->(one:Person)
MATCH (other:Referral {id: row.to})
CREATE (one)-[:MADE {
  id: row.edge.id, validFrom: row.edge.validFrom, validTo: row.edge.validTo, source: row.edge.source,
  via: row.edge.via, fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.current.made (read)
// The MADE of these things that are not retracted, each with its fingerprint.
MATCH (n:Referral)<-[e:MADE]-() WHERE n.id IN $things AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.made (write)
// Retracts these MADE: what they say is known no longer.
UNWIND $rows AS row
MATCH (n:Referral {id: row.thing})<-[e:MADE {id: row.id}]-() WHERE e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.link.of (write)
// New OF from Referral to person; a row with an end that is not there makes none.
UNWIND $rows AS row
MATCH (one:Referral {id: row.from})
MATCH (:Registration {id: row.to})-[:OF_PERSON]->(other:Person)
CREATE (one)-[:OF {
  id: row.edge.id, validFrom: row.edge.validFrom, validTo: row.edge.validTo, source: row.edge.source,
  via: row.edge.via, fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.current.of (read)
// The OF of these things that are not retracted, each with its fingerprint.
MATCH (n:Referral)-[e:OF]->() WHERE n.id IN $things AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.of (write)
// Retracts these OF: what they say is known no longer.
UNWIND $rows AS row
MATCH (n:Referral {id: row.thing})-[e:OF {id: row.id}]->() WHERE e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.link.referral_at (write)
// New AT from Referral to Dealer; a row with an end that is not there makes none.
UNWIND $rows AS row
MATCH (one:Referral {id: row.from})
MATCH (other:Dealer {id: row.to})
CREATE (one)-[:AT {
  id: row.edge.id, validFrom: row.edge.validFrom, validTo: row.edge.validTo, source: row.edge.source,
  via: row.edge.via, fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.link.through (write)
// New THROUGH from Referral to Club; a row with an end that is not there makes none.
UNWIND $rows AS row
MATCH (one:Referral {id: row.from})
MATCH (other:Club {id: row.to})
CREATE (one)-[:THROUGH {
  id: row.edge.id, validFrom: row.edge.validFrom, validTo: row.edge.validTo, source: row.edge.source,
  via: row.edge.via, fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.current.through (read)
// The THROUGH of these things that are not retracted, each with its fingerprint.
MATCH (n:Referral)-[e:THROUGH]->() WHERE n.id IN $things AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.through (write)
// Retracts these THROUGH: what they say is known no longer.
UNWIND $rows AS row
MATCH (n:Referral {id: row.thing})-[e:THROUGH {id: row.id}]->() WHERE e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.link.resulted_in (write)
// New RESULTED_IN from Referral to Vehicle; a row with an end that is not there makes none.
UNWIND $rows AS row
MATCH (one:Referral {id: row.from})
MATCH (other:Vehicle {id: row.to})
CREATE (one)-[:RESULTED_IN {
  id: row.edge.id, validFrom: row.edge.validFrom, validTo: row.edge.validTo, source: row.edge.source,
  via: row.edge.via, fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.current.resulted_in (read)
// The RESULTED_IN of these things that are not retracted, each with its fingerprint.
MATCH (n:Referral)-[e:RESULTED_IN]->() WHERE n.id IN $things AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.resulted_in (write)
// Retracts these RESULTED_IN: what they say is known no longer.
UNWIND $rows AS row
MATCH (n:Referral {id: row.thing})-[e:RESULTED_IN {id: row.id}]->() WHERE e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.link.reached (write)
// New REACHED from Referral to ReferralStep; a row with an end that is not there makes none.
UNWIND $rows AS row
MATCH (one:Referral {id: row.from})
MATCH (other:ReferralStep {id: row.to})
CREATE (one)-[:REACHED {
  id: row.edge.id, validFrom: row.edge.validFrom, validTo: row.edge.validTo, source: row.edge.source,
  via: row.edge.via, fingerprint: row.edge.fingerprint, recordedAt: $now
}]->(other)
RETURN count(*) AS linked

// name: ingest.current.reached (read)
// The REACHED of these things that are not retracted, each with its fingerprint.
MATCH (n:ReferralStep)<-[e:REACHED]-() WHERE n.id IN $things AND e.retractedAt IS NULL
RETURN collect([e.id, e.fingerprint]) AS current

// name: ingest.retract.reached (write)
// Retracts these REACHED: what they say is known no longer.
UNWIND $rows AS row
MATCH (n:ReferralStep {id: row.thing})<-[e:REACHED {id: row.id}]-() WHERE e.retractedAt IS NULL
SET e.retractedAt = $now
RETURN count(*) AS retracted

// name: ingest.services (read)
// The SERVICES roles with these ids, with their properties and the vehicle of each.
MATCH ()-[e:SERVICES]->(vehicle:Vehicle) WHERE e.id IN $ids AND e.retractedAt IS NULL
RETURN collect([properties(e), vehicle.id]) AS services

// name: ingest.first_visits (read)
// The earliest of the visits that count towards each of these SERVICES roles at these vehicles.
MATCH (vehicle:Vehicle)-[had:HAD]->(visit:ServiceVisit)
WHERE vehicle.id IN $vehicles AND had.retractedAt IS NULL AND visit.serviceId IN $ids
WITH visit.serviceId AS service, min(visit.visitedOn) AS first
RETURN collect([service, first]) AS firsts

// name: ingest.first_waiting_visits (read)
// The same of visits whose vehicles are still awaited.
MATCH (vehicle:Awaited)<-[:FOR]-(had:Waiting)
WHERE vehicle.id IN $vehicles AND had.type = 'had'
MATCH (visit:ServiceVisit {id: had.toId})
WHERE visit.serviceId IN $ids
WITH visit.serviceId AS service, min(visit.visitedOn) AS first
RETURN collect([service, first]) AS firsts

// name: ingest.wait (write)
// Links that must wait for an end.
UNWIND $rows AS row
CREATE (n:Waiting)
SET n = row, n.recordedAt = $now
RETURN count(*) AS waiting

// name: ingest.await (write)
// What the links wait for.
UNWIND $rows AS row
MATCH (waiting:Waiting {id: row.link})
MERGE (awaited:Awaited {id: row.awaited.id})
ON CREATE SET awaited = row.awaited
CREATE (waiting)-[:FOR]->(awaited)
RETURN count(*) AS awaited

// name: ingest.waiting_links (read)
// Which of these links wait.
MATCH (n:Waiting) WHERE n.id IN $ids RETURN collect(properties(n)) AS waiting

// name: ingest.awaited_by (read)
// What these links wait for.
MATCH (n:Waiting)-[:FOR]->(awaited:Awaited) WHERE n.id IN $ids RETURN collect(DISTINCT awaited.id) AS awaited

// name: ingest.rewait (write)
// Changes what waiting links will say.
UNWIND $rows AS row
MATCH (n:Waiting {id: row.id})
SET n.props = row.props, n.fingerprint = row.fingerprint
RETURN count(*) AS changed

// name: ingest.stop_waiting (write)
// Forgets links that need wait no longer.
MATCH (n:Waiting) WHERE n.id IN $ids DETACH DELETE n RETURN count(*) AS forgotten

// name: ingest.stop_awaiting (write)
// Forgets awaited things for which nothing waits any longer.
MATCH (n:Awaited) WHERE n.id IN $ids AND NOT EXISTS { (n)<-[:FOR]-() }
DELETE n
RETURN count(*) AS forgotten

// name: ingest.arrived (write)
// Marks awaited things whose rows have come.
MATCH (n:Awaited) WHERE n.id IN $ids
SET n.arrived = true
RETURN collect(n.id) AS arrived

// name: ingest.all_arrived (read)
// Awaited things whose rows have come while links still wait for them.
MATCH (n:Awaited) WHERE n.arrived = true RETURN collect(n.id) AS arrived

// name: ingest.released (read)
// Some of the links that wait for things whose rows have come.
MATCH (awaited:Awaited)<-[:FOR]-(n:Waiting)
WHERE awaited.id IN $ids
WITH n, awaited LIMIT $limit
RETURN collect([n.id, awaited.id]) AS released

// name: ingest.release (write)
// Takes the things whose rows have come from what these links wait for.
MATCH (n:Waiting)-[wait:FOR]->(awaited:Awaited)
WHERE n.id IN $links AND awaited.id IN $ids
DELETE wait
RETURN count(*) AS released

// name: ingest.complete (read)
// Which of these links wait for nothing any more.
MATCH (n:Waiting) WHERE n.id IN $ids AND NOT EXISTS { (n)-[:FOR]->() }
RETURN collect(properties(n)) AS complete

// name: ingest.waiting (read)
// How many links wait, by the kind of the rows they come from.
MATCH (n:Waiting)
WITH n.kind AS kind, count(*) AS links
RETURN collect([kind, links]) AS waiting

// name: ingest.awaited (read)
// Things that links wait for, in the order of their ids, with how many links wait for each.
MATCH (n:Awaited)
WHERE n.id > $after
WITH n ORDER BY n.id LIMIT $limit
RETURN collect([n.id, n.kind, n.source, n.sourceId, COUNT { (n)<-[:FOR]-() }]) AS awaited

// name: ingest.number_awaited (read)
// How many things are awaited.
MATCH (n:Awaited) RETURN count(*) AS awaited

// name: ingest.erased (read)
// Which of these registrations are of people who were erased, and which of these vehicles show no plate for that reason.
CALL () {
  MATCH (n:Registration) WHERE n.id IN $ids AND n.erased = true RETURN n.id AS id
  UNION ALL
  MATCH (n:Vehicle) WHERE n.id IN $ids AND n.plateErased = true RETURN n.id AS id
}
RETURN collect(id) AS erased

// name: ingest.lift (write)
// Vehicles that have new owners may show plates again.
MATCH (n:Vehicle) WHERE n.id IN $ids REMOVE n.plateErased RETURN count(*) AS lifted
