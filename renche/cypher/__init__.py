"""The text of every query, as .cypher files; read by renche.graph.named_queries."""
