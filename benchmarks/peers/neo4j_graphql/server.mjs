// @neo4j/graphql over the benchmark's Neo4j, behind graphql-yoga on Node's own HTTP server.
// Its place comes in the environment: PEER_NEO4J_URI, _USER, _PASSWORD, PEER_PORT, PEER_AS_OF, PEER_AS_KNOWN_AT.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Neo4jGraphQL } from "@neo4j/graphql";
import { createYoga } from "graphql-yoga";
import neo4j from "neo4j-driver";

const { PEER_NEO4J_URI, PEER_NEO4J_USER, PEER_NEO4J_PASSWORD, PEER_PORT, PEER_AS_OF, PEER_AS_KNOWN_AT } = process.env;

const driver = neo4j.driver(PEER_NEO4J_URI, neo4j.auth.basic(PEER_NEO4J_USER, PEER_NEO4J_PASSWORD));
const typeDefs = readFileSync(new URL("schema.graphql", import.meta.url), "utf-8");
const schema = await new Neo4jGraphQL({ typeDefs, driver, features: { filters: { String: { GT: true } } } }).getSchema();

const cypherParams = {
  asOf: neo4j.types.Date.fromStandardDate(new Date(PEER_AS_OF)),
  asKnownAt: neo4j.types.DateTime.fromStandardDate(new Date(PEER_AS_KNOWN_AT)),
};
const sessionConfig = { database: "neo4j", defaultAccessMode: neo4j.session.READ };

const yoga = createYoga({
  schema,
  context: () => ({ executionContext: driver, sessionConfig, cypherParams }),
  graphiql: false,
  landingPage: false,
  logging: "warn",
  maskedErrors: false,
});

createServer(yoga).listen(Number(PEER_PORT), "127.0.0.1");
