// name: rekey.turn (write)
// Takes the turn, so that no load writes meanwhile.
MERGE (turn:Load {id: 'turn'}) SET turn.run = $run RETURN count(*) AS taken

// name: rekey.links (read)
// The links to the identifiers with these hashes, each with the hash, its own end, type, id and source.
UNWIND $hmacs AS hmac
MATCH (identifier:Identifier {hmac: hmac})
OPTIONAL MATCH (identifier)<-[link:GAVE|CARRIES]-(thing)
RETURN collect([hmac, thing.id, type(link), link.id, link.source]) AS links

// name: rekey.known (read)
// Which of these hashes an identifier has.
MATCH (identifier:Identifier) WHERE identifier.hmac IN $hmacs RETURN collect(identifier.hmac) AS known

// name: rekey.rename (write)
// Gives identifiers the hashes of a newer key, and the ids that go with these.
UNWIND $rows AS row
MATCH (identifier:Identifier {hmac: row.old})
SET identifier.hmac = row.hmac, identifier.id = row.id, identifier.keyVersion = row.version
RETURN count(*) AS renamed

// name: rekey.join.gave (write)
// What was given under an older hash of an identifier is given under the newer one, which is there already.
UNWIND $rows AS row
MATCH (old:Identifier {hmac: row.old})<-[gave:GAVE]-(registration:Registration)
MATCH (identifier:Identifier {hmac: row.hmac})
CREATE (registration)-[moved:GAVE]->(identifier)
SET moved = properties(gave)
RETURN count(*) AS moved

// name: rekey.join.carries (write)
// What was carried under an older hash of an identifier is carried under the newer one, which is there already.
UNWIND $rows AS row
MATCH (old:Identifier {hmac: row.old})<-[carries:CARRIES]-(vehicle:Vehicle)
MATCH (identifier:Identifier {hmac: row.hmac})
CREATE (vehicle)-[moved:CARRIES]->(identifier)
SET moved = properties(carries)
RETURN count(*) AS moved

// name: rekey.drop (write)
// Takes identifiers away whose links others have taken over.
UNWIND $rows AS row
MATCH (old:Identifier {hmac: row.old})
DETACH DELETE old
RETURN count(*) AS dropped

// name: rekey.fingerprints.gave (write)
// What links to identifiers say, with the ids that these have now.
UNWIND $rows AS row
MATCH (identifier:Identifier {hmac: row.hmac})<-[link:GAVE {id: row.link}]-(:Registration)
SET link.fingerprint = row.fingerprint
RETURN count(*) AS changed

// name: rekey.fingerprints.carries (write)
// What links to identifiers say, with the ids that these have now.
UNWIND $rows AS row
MATCH (identifier:Identifier {hmac: row.hmac})<-[link:CARRIES {id: row.link}]-(:Vehicle)
SET link.fingerprint = row.fingerprint
RETURN count(*) AS changed

// name: rekey.rows.registration (read)
// The next registrations by id, each with the fingerprint of its row.
MATCH (thing:Registration) WHERE thing.id > $after
WITH thing ORDER BY thing.id LIMIT $limit
RETURN collect([thing.id, thing.fingerprint]) AS rows

// name: rekey.rows.vehicle (read)
// The next vehicles by id, each with the fingerprint of its row.
MATCH (thing:Vehicle) WHERE thing.id > $after
WITH thing ORDER BY thing.id LIMIT $limit
RETURN collect([thing.id, thing.fingerprint]) AS rows

// name: rekey.forget.registration (write)
// Forgets the fingerprints of these registrations' rows: the rows count as changed when they come again.
MATCH (thing:Registration) WHERE thing.id IN $ids SET thing.fingerprint = '' RETURN count(*) AS forgotten

// name: rekey.forget.vehicle (write)
// Forgets the fingerprints of these vehicles' rows: the rows count as changed when they come again.
MATCH (thing:Vehicle) WHERE thing.id IN $ids SET thing.fingerprint = '' RETURN count(*) AS forgotten

// name: rekey.left (read)
// How many identifiers, and rows of people and vehicles, older keys than these still make; and loads not at their end.
CALL () { MATCH (n:Identifier) WHERE n.keyVersion < $version RETURN count(n) AS identifiers }
CALL () {
  MATCH (n:Registration) WHERE NOT n.fingerprint IN ['', 'erased'] AND NOT n.fingerprint STARTS WITH $prefix
  RETURN count(n) AS registrations
}
CALL () {
  MATCH (n:Vehicle) WHERE NOT n.fingerprint IN ['', 'erased'] AND NOT n.fingerprint STARTS WITH $prefix
  RETURN count(n) AS vehicles
}
CALL () { MATCH (n:Load) WHERE n.finished = false RETURN count(n) AS loads }
RETURN [identifiers, registrations + vehicles, loads] AS left
