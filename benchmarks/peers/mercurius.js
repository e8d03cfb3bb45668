"use strict";

const fastify = require("fastify");
const mercurius = require("mercurius");

const { contextOf } = require("./context");
const { place, resolvers, typeDefs } = require("./schema");

const app = fastify();
app.register(mercurius, {
  schema: typeDefs,
  resolvers,
  jit: 1,
  context: (request) => contextOf(request.headers.authorization),
});
app.listen(place);
