"use strict";

const { createServer } = require("node:http");

const { createSchema, createYoga } = require("graphql-yoga");

const { contextOf } = require("./context");
const { place, resolvers, typeDefs } = require("./schema");

// Its cache of parsed and validated documents is on by default.
const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  context: ({ request }) => contextOf(request.headers.get("authorization") ?? ""),
  graphiql: false,
  landingPage: false,
  logging: false,
  multipart: false,
});
createServer(yoga).listen(place);
