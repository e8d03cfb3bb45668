"use strict";

const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const { resolvers } = require("./resolvers");

const typeDefs = readFileSync(join(__dirname, "schema.graphql"), "utf8");
const place = { host: process.env.HOST, port: Number(process.env.PORT) };

module.exports = { place, resolvers, typeDefs };
