// graphql-eslint's rules on the schema, and where it departs from them, with the reason.
const graphql = require("@graphql-eslint/eslint-plugin");

module.exports = [
  {
    files: ["**/*.graphql"],
    plugins: { "@graphql-eslint": graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: "schema.graphql" } },
    },
    linterOptions: { noInlineConfig: true },
    rules: {
      ...graphql.configs["flat/schema-recommended"].rules,
      ...graphql.configs["flat/schema-relay"].rules,
      // What has an identity implements Node, which asks for the id. Everything else is a value.
      "@graphql-eslint/strict-id-in-types": "off",
      // Relay's specification asks for one direction: only invoices are paged both ways.
      "@graphql-eslint/relay-arguments": ["error", { includeBoth: false }],
      // Lists that stay short, such as an invoice's lines, are plain. Long ones are connections.
      "@graphql-eslint/relay-edge-types": [
        "error",
        { listTypeCanWrapOnlyEdgeType: false, withEdgeSuffix: true, shouldImplementNode: true },
      ],
    },
  },
];
