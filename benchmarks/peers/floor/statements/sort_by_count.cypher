MATCH (person:Person) WHERE person.city = $city AND person.id IS NOT NULL
WITH person, COUNT { MATCH (person)-[made:MADE]->(:Referral) WHERE valid(made) } AS made
ORDER BY made DESC, person.id LIMIT 20
RETURN {people: {nodes: collect(person {.id, .name, .birthYear, .city})}} AS data
