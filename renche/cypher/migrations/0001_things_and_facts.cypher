// Each thing has one id; what a source calls it is unique within the source.
CREATE CONSTRAINT person_id IF NOT EXISTS FOR (n:Person) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT registration_id IF NOT EXISTS FOR (n:Registration) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT vehicle_id IF NOT EXISTS FOR (n:Vehicle) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT model_id IF NOT EXISTS FOR (n:Model) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT dealer_id IF NOT EXISTS FOR (n:Dealer) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT club_id IF NOT EXISTS FOR (n:Club) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT household_id IF NOT EXISTS FOR (n:Household) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT service_visit_id IF NOT EXISTS FOR (n:ServiceVisit) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT referral_id IF NOT EXISTS FOR (n:Referral) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT referral_step_id IF NOT EXISTS FOR (n:ReferralStep) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT registration_source IF NOT EXISTS FOR (n:Registration) REQUIRE (n.source, n.sourceId) IS UNIQUE;
CREATE CONSTRAINT vehicle_source IF NOT EXISTS FOR (n:Vehicle) REQUIRE (n.source, n.sourceId) IS UNIQUE;
CREATE CONSTRAINT model_source IF NOT EXISTS FOR (n:Model) REQUIRE (n.source, n.sourceId) IS UNIQUE;
CREATE CONSTRAINT dealer_source IF NOT EXISTS FOR (n:Dealer) REQUIRE (n.source, n.sourceId) IS UNIQUE;
CREATE CONSTRAINT club_source IF NOT EXISTS FOR (n:Club) REQUIRE (n.source, n.sourceId) IS UNIQUE;
CREATE CONSTRAINT household_source IF NOT EXISTS FOR (n:Household) REQUIRE (n.source, n.sourceId) IS UNIQUE;
CREATE CONSTRAINT service_visit_source IF NOT EXISTS FOR (n:ServiceVisit) REQUIRE (n.source, n.sourceId) IS UNIQUE;
CREATE CONSTRAINT referral_source IF NOT EXISTS FOR (n:Referral) REQUIRE (n.source, n.sourceId) IS UNIQUE;
CREATE CONSTRAINT referral_step_source IF NOT EXISTS FOR (n:ReferralStep) REQUIRE (n.source, n.sourceId) IS UNIQUE;

// A VIN names one vehicle, where it is known; an identifier is found by its keyed hash, which its id is made from.
CREATE CONSTRAINT vehicle_vin IF NOT EXISTS FOR (n:Vehicle) REQUIRE n.vin IS UNIQUE;
CREATE CONSTRAINT identifier_hmac IF NOT EXISTS FOR (n:Identifier) REQUIRE n.hmac IS UNIQUE;

// Root lists narrowed by a property take their rows and their order from one index.
CREATE INDEX person_city IF NOT EXISTS FOR (n:Person) ON (n.city, n.id);
CREATE INDEX person_kind IF NOT EXISTS FOR (n:Person) ON (n.kind, n.id);
CREATE INDEX vehicle_brand IF NOT EXISTS FOR (n:Vehicle) ON (n.brand, n.id);
CREATE INDEX vehicle_model_id IF NOT EXISTS FOR (n:Vehicle) ON (n.modelId, n.id);
CREATE INDEX vehicle_type IF NOT EXISTS FOR (n:Vehicle) ON (n.type, n.id);
CREATE INDEX model_brand IF NOT EXISTS FOR (n:Model) ON (n.brand, n.id);
CREATE INDEX dealer_city IF NOT EXISTS FOR (n:Dealer) ON (n.city, n.id);
CREATE INDEX dealer_brand IF NOT EXISTS FOR (n:Dealer) ON (n.brand, n.id);
CREATE INDEX club_city IF NOT EXISTS FOR (n:Club) ON (n.city, n.id);
CREATE INDEX club_brand IF NOT EXISTS FOR (n:Club) ON (n.brand, n.id);
CREATE INDEX household_city IF NOT EXISTS FOR (n:Household) ON (n.city, n.id);
CREATE INDEX service_visit_dealer_id IF NOT EXISTS FOR (n:ServiceVisit) ON (n.dealerId, n.id);

// The last characters of a VIN, which people tell, are the first of the VIN turned round.
CREATE INDEX vehicle_vin_reversed IF NOT EXISTS FOR (n:Vehicle) ON (n.vinReversed);

// A correction finds these facts by their ids, since the things that they link may be others now; all other facts are
// found from the thing whose row they come from.
CREATE INDEX intends_to_buy_id IF NOT EXISTS FOR ()-[e:INTENDS_TO_BUY]-() ON (e.id);
CREATE INDEX purchased_id IF NOT EXISTS FOR ()-[e:PURCHASED]-() ON (e.id);
CREATE INDEX drives_id IF NOT EXISTS FOR ()-[e:DRIVES]-() ON (e.id);
CREATE INDEX services_id IF NOT EXISTS FOR ()-[e:SERVICES]-() ON (e.id);
CREATE INDEX member_of_id IF NOT EXISTS FOR ()-[e:MEMBER_OF]-() ON (e.id);
CREATE INDEX dealt_with_id IF NOT EXISTS FOR ()-[e:DEALT_WITH]-() ON (e.id);

// What ingest keeps for itself: rows that wait for a thing they name, and how far each file came.
CREATE CONSTRAINT waiting_id IF NOT EXISTS FOR (n:Waiting) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT awaited_id IF NOT EXISTS FOR (n:Awaited) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT load_id IF NOT EXISTS FOR (n:Load) REQUIRE n.id IS UNIQUE;
