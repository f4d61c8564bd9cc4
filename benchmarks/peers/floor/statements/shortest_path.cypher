MATCH SHORTEST 1 (:Person {id: $from})
  ((one)-[fact:PURCHASED|DRIVES|SERVICES|LIVES_IN|KEEPS|MEMBER_OF|MADE|OF]-(other) WHERE valid(fact)){1,6}
  (:Person {id: $to})
RETURN {connection: {hops: [thing IN other | {node: {id: thing.id, __typename: labels(thing)[0]}}]}} AS data
