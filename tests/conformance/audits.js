// Runs the audits of GraphQL over HTTP against the address that is given, and prints what each
// came to as JSON.
'use strict';

const { createRequire } = require('node:module');

const installed = createRequire(`${process.env.NODE_PATH}/`);
const { serverAudits } = installed('graphql-http');

async function main(url) {
  const results = [];
  for (const audit of serverAudits({ url })) {
    const { id, name, status, reason } = await audit.fn();
    results.push({ id, name, status, reason });
  }
  console.log(JSON.stringify(results));
}

main(process.argv[2]);
