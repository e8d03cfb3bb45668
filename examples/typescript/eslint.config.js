// The operations, checked against the schema as they are written.
import graphql from "@graphql-eslint/eslint-plugin";

export default [
  {
    files: ["src/*.graphql"],
    plugins: { "@graphql-eslint": graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: {
        graphQLConfig: { schema: "../../schema.graphql", documents: "src/*.graphql" },
      },
    },
    rules: graphql.configs["flat/operations-recommended"].rules,
  },
];
