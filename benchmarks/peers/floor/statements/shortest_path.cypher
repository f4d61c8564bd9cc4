MATCH SHORTEST 1 (:Person {id: $from})
  ((one)-[fact:PURCHASED|DRIVES|SERVICES|MEMBER_OF|LIVES_IN|KEEPS|INTENDS_TO_BUY|OF_MODEL|UNDER|DEALT_WITH|HAD
    |MADE|OF|AT|THROUGH|RESULTED_IN]-(other)
    WHERE NOT other:Model AND NOT other:Dealer AND valid(fact)){1,4}
  (:Person {id: $to})
RETURN {connection: {hops: [thing IN other | {node: {id: thing.id, __typename: labels(thing)[0]}}]}} AS data
