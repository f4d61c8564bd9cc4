// name: doctor.known_subjects (read)
// Which of these registrations and vehicles the graph has.
CALL () {
  UNWIND $ids AS id MATCH (registration:Registration {id: id}) RETURN id AS known
  UNION
  UNWIND $ids AS id MATCH (vehicle:Vehicle {id: id}) RETURN id AS known
}
RETURN collect(known) AS known
