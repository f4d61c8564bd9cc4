"""renche: a GraphQL API over a person-vehicle knowledge graph."""
