"""Reads of renche against the same questions asked elsewhere: @neo4j/graphql, plain Strawberry, and the floor."""
