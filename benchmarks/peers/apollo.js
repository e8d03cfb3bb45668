"use strict";

const { ApolloServer } = require("@apollo/server");
const {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginUsageReportingDisabled,
} = require("@apollo/server/plugin/disabled");
const { default: fastifyApollo } = require("@as-integrations/fastify");
const fastify = require("fastify");

const { contextOf } = require("./context");
const { place, resolvers, typeDefs } = require("./schema");

async function serve() {
  const app = fastify();
  const server = new ApolloServer({
    typeDefs,
    resolvers,
    introspection: false,
    plugins: [ApolloServerPluginCacheControlDisabled(), ApolloServerPluginUsageReportingDisabled()],
  });
  await server.start();
  await app.register(fastifyApollo(server), {
    context: (request) => contextOf(request.headers.authorization),
  });
  await app.listen(place);
}

serve();
