// name: search (read) scope: people:read
// Things that a text names: the surest first.
// binds: matched, (found:*)
CALL () {
  MATCH (found:Vehicle) WHERE found.vin = $vin
  RETURN 1 AS rank, 'VIN' AS matched, found
  UNION
  MATCH (identifier:Identifier)<-[gave:GAVE]-(:Registration)-[:OF_PERSON]->(found:Person)
  WHERE identifier.hmac IN $hmacs AND valid(gave)
  RETURN 2 AS rank, identifier.kind AS matched, found
  UNION
  MATCH (identifier:Identifier)<-[carries:CARRIES]-(found:Vehicle)
  WHERE identifier.hmac IN $hmacs AND valid(carries)
  RETURN 3 AS rank, identifier.kind AS matched, found
  UNION
  MATCH (found:Vehicle) WHERE found.vinReversed >= $ending AND found.vinReversed < $endingAfter
  RETURN 4 AS rank, 'VIN_ENDING' AS matched, found
  UNION
  MATCH (found:Dealer) WHERE found.name CONTAINS $name
  RETURN 5 AS rank, 'NAME' AS matched, found
  UNION
  MATCH (found:Club) WHERE found.name CONTAINS $name
  RETURN 6 AS rank, 'NAME' AS matched, found
  UNION
  MATCH (found:Model) WHERE found.name CONTAINS $name
  RETURN 7 AS rank, 'NAME' AS matched, found
}
WITH rank, matched, found ORDER BY rank, found.id LIMIT $limit
