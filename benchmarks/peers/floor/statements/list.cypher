MATCH (person:Person)
WHERE person.city = $city AND person.id IS NOT NULL AND person.gender = 'FEMALE' AND person.birthYear >= $since
WITH person ORDER BY person.birthYear DESC, person.id LIMIT 20
RETURN {people: {nodes: collect(person {.id, .name, .phone, .birthYear, .city, .licensed})}} AS data
