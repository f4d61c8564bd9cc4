"""Other ways to answer the same questions from the same Neo4j, each as a competent user would write it."""
