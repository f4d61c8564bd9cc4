// name: registration.identifiers (read) scope: identifiers:read
// Phones, accounts and plates that this registration gave, each with the time it was given for.
// from: (registration:Registration)  to: (identifier:Identifier)  edge: gave
MATCH (registration)-[gave:GAVE]->(identifier:Identifier)
