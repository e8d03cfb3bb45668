// graphql-eslint's rules on the schema, and where it departs from them, with the reason.
const graphql = require("@graphql-eslint/eslint-plugin");

// Values, without an identity of their own: they belong to the object that holds them.
const VALUES = [
  "AccountChange",
  "Address",
  "BillingDetails",
  "InvoiceLine",
  "InvoicePreview",
  "LicenseManagement",
  "Money",
  "PageInfo",
  "Period",
  "PlanPrice",
  "ProductPermission",
  "SeatChangePreview",
  "TaxLine",
  "UserError",
];

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
      "@graphql-eslint/strict-id-in-types": [
        "error",
        { exceptions: { types: VALUES, suffixes: ["Connection", "Edge", "Payload"] } },
      ],
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
