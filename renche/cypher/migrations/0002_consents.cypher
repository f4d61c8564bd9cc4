// Who may be given what people consented to.
CREATE CONSTRAINT partner_id IF NOT EXISTS FOR (n:Partner) REQUIRE n.id IS UNIQUE;

// A correction finds these by their ids.
CREATE INDEX consented_to_id IF NOT EXISTS FOR ()-[e:CONSENTED_TO]-() ON (e.id);
