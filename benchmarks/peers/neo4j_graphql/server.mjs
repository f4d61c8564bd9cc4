// @neo4j/graphql over the benchmark's Neo4j, behind Apollo's standalone server, as its documentation shows; of that and
// graphql-yoga it was the faster one here. Its place comes in the environment: PEER_NEO4J_URI, _USER, _PASSWORD,
// PEER_PORT, PEER_AS_OF, PEER_AS_KNOWN_AT.
import { readFileSync } from "node:fs";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { Neo4jGraphQL } from "@neo4j/graphql";
import neo4j from "neo4j-driver";

const { PEER_NEO4J_URI, PEER_NEO4J_USER, PEER_NEO4J_PASSWORD, PEER_PORT, PEER_AS_OF, PEER_AS_KNOWN_AT } = process.env;

const driver = neo4j.driver(PEER_NEO4J_URI, neo4j.auth.basic(PEER_NEO4J_USER, PEER_NEO4J_PASSWORD));
const typeDefs = readFileSync(new URL("schema.graphql", import.meta.url), "utf-8");
const features = { filters: { String: { GT: true } } };
const schema = await new Neo4jGraphQL({ typeDefs, driver, features }).getSchema();

const cypherParams = {
  asOf: neo4j.types.Date.fromStandardDate(new Date(PEER_AS_OF)),
  asKnownAt: neo4j.types.DateTime.fromStandardDate(new Date(PEER_AS_KNOWN_AT)),
};
const sessionConfig = { database: "neo4j", defaultAccessMode: neo4j.session.READ };

await startStandaloneServer(new ApolloServer({ schema }), {
  listen: { port: Number(PEER_PORT), host: "127.0.0.1" },
  context: async () => ({ executionContext: driver, sessionConfig, cypherParams }),
});
