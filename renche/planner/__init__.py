"""A GraphQL query operation becomes one statement and one function that shapes its answer."""
