import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../schema.graphql",
  documents: "src/*.graphql",
  generates: {
    "src/gql/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        importExtension: ".js",
        // Amounts are exact as strings, and days have no time zone: neither fits a type of JavaScript.
        strictScalars: true,
        scalars: { Date: "string", DateTime: "string", Decimal: "string" },
        // The API gets new values with time: let the compiler ask what becomes of them.
        enumsAsTypes: true,
        futureProofEnums: true,
      },
    },
  },
};

export default config;
