"""The GraphQL schema: types, their fields, and how each is answered."""
