// name: migration.lock (write)
// Makes the constraint that lets only one run record a migration.
CREATE CONSTRAINT migration_number IF NOT EXISTS FOR (n:Migration) REQUIRE n.number IS UNIQUE

// name: migration.recorded (read)
// The migrations that were carried out here.
MATCH (migration:Migration) RETURN collect([migration.number, migration.checksum]) AS recorded

// name: migration.record (write)
// Records that a migration was carried out.
MERGE (migration:Migration {number: $number})
ON CREATE SET migration.name = $name, migration.checksum = $checksum, migration.recordedAt = $recordedAt

// name: migration.indexes (read)
// Every index of the database, with its state.
SHOW INDEXES YIELD labelsOrTypes, properties, state
