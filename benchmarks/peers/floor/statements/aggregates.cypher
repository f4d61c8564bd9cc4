MATCH (person:Person) WHERE person.city = $city AND person.id IS NOT NULL
WITH person.gender AS gender, count(*) AS count, min(person.birthYear) AS oldest, max(person.birthYear) AS youngest,
  avg(person.birthYear) AS average
RETURN {people: {aggregate: collect({
  key: {gender: gender}, count: count, min: {birthYear: oldest}, max: {birthYear: youngest}, avg: {birthYear: average}
})}} AS data
