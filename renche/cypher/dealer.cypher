// name: dealers (read) scope: dealers:read
// Dealers, in the order of their ids.
// to: (dealer:Dealer)  indexed: city, brand
MATCH (dealer:Dealer)

// name: dealer.parent (read) scope: dealers:read
// The dealer this one is under; none for a primary dealer.
// from: (dealer:Dealer)  to: (parent:Dealer)  one: yes
MATCH (dealer)-[under:UNDER]->(parent:Dealer)
WHERE valid(under)

// name: dealer.secondary_dealers (read) scope: dealers:read
// Dealers under this one.
// from: (dealer:Dealer)  to: (secondary:Dealer)
MATCH (dealer)<-[under:UNDER]-(secondary:Dealer)
WHERE valid(under)

// name: dealer.leads (read) scope: intents:read
// People who intend to buy and are with this dealer.
// from: (dealer:Dealer)  to: (person:Person)  edges: dealing
MATCH (dealer)<-[dealing:DEALT_WITH]-(person:Person)
WHERE dealing.role = 'INTENT'

// name: dealer.purchasers (read) scope: people:read
// People who bought a vehicle at this dealer.
// from: (dealer:Dealer)  to: (person:Person)  edges: dealing
MATCH (dealer)<-[dealing:DEALT_WITH]-(person:Person)
WHERE dealing.role = 'PURCHASE'

// name: dealer.servicers (read) scope: services:read
// People who bring a vehicle to this dealer's workshop.
// from: (dealer:Dealer)  to: (person:Person)  edges: dealing
MATCH (dealer)<-[dealing:DEALT_WITH]-(person:Person)
WHERE dealing.role = 'SERVICE'

// name: dealer.referrals (read) scope: referrals:read
// Referrals that were brought to this dealer.
// from: (dealer:Dealer)  to: (referral:Referral)
MATCH (dealer)<-[at:AT]-(referral:Referral)
WHERE valid(at)

// name: dealer.visits (read) scope: services:read
// Visits to this dealer's workshop.
// from: (dealer:Dealer)  to: (visit:ServiceVisit)  order: visit.dealerId
MATCH (visit:ServiceVisit)
WHERE visit.dealerId = dealer.id AND visit.id >= ''  // an index of two properties serves only what names both
