MATCH (person:Person) WHERE person.city = $city AND person.id > coalesce($after, '')
WITH person ORDER BY person.city, person.id LIMIT 21
WITH collect(person {.id, .name, .phone, .birthYear}) AS rows
RETURN {people: {nodes: rows[..20], pageInfo: {hasNextPage: size(rows) > 20, endCursor: rows[..20][-1].id}}} AS data
