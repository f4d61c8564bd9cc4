// What a caller may see, by its restriction; `graph/policy.py` says which of these count for which label. They go by
// what is known now, whatever moment is asked about: nobody sees more by asking about another day.

// predicate: of_dealers(person)
// The person has to do with one of the dealers.
EXISTS {
  MATCH (person)-[seen_dealing:DEALT_WITH]->(seen_dealer)
  WHERE seen_dealing.retractedAt IS NULL AND seen_dealer.id IN $policyDealers
}

// predicate: of_brands(person)
// The person has a role at a vehicle of one of the brands, or intends to buy one.
(EXISTS {
  MATCH (person)-[seen_role:PURCHASED|DRIVES|SERVICES]->(seen_vehicle)
  WHERE seen_role.retractedAt IS NULL AND seen_vehicle.brand IN $policyBrands
} OR EXISTS {
  MATCH (person)-[seen_intent:INTENDS_TO_BUY]->(seen_model)
  WHERE seen_intent.retractedAt IS NULL AND seen_model.brand IN $policyBrands
})

// predicate: within_cities(thing)
// It is in one of the cities; a person lives there.
thing.city IN $policyCities

// predicate: of_own_brands(thing)
// It is of one of the brands itself.
thing.brand IN $policyBrands

// predicate: among_dealers(dealer)
// It is one of the dealers.
dealer.id IN $policyDealers

// predicate: is_self(person)
// The person is the caller.
person.id = $policyPerson

// name: policy.reach (read)
// How many people there are, and how many deal with the dealers, and live in the cities, of a restriction at most.
MATCH (everybody:Person)
WITH count(everybody) AS people
CALL () {
  UNWIND $dealers AS one
  MATCH (dealer:Dealer {id: one})
  RETURN sum(COUNT { (dealer)<-[:DEALT_WITH]-() }) AS dealing
}
CALL () {
  UNWIND $cities AS one
  MATCH (person:Person)
  WHERE person.city = one AND person.id >= '' // an index of two properties serves only what names both
  RETURN count(person) AS living
}
RETURN [people, dealing, living] AS reach
