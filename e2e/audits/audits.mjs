// Holds a running endpoint to the GraphQL-over-HTTP specification:
//
//	node audits.mjs http://127.0.0.1:8080/graphql
//
// Every audit counts, the recommendations too. A change of their number is a failure, so that a new release of the
// package cannot drop one unseen.
import { auditServer } from 'graphql-http';

const expected = 61;

const url = process.argv[2] ?? process.env.AUDIT_URL;
if (!url) {
  console.error('usage: node audits.mjs URL (or AUDIT_URL)');
  process.exit(2);
}

const results = await auditServer({ url });
const failed = results.filter(({ status }) => status !== 'ok');
for (const { id, name, status, reason, response } of failed) {
  console.log(`${status} ${id} ${name}\n  ${reason}\n  ${response.status} ${response.statusText}`);
  for (const [header, value] of response.headers) console.log(`  ${header}: ${value}`);
  console.log(`  ${await body(response)}\n`);
}
console.log(`${results.length} audits: ${results.length - failed.length} ok`);
process.exitCode = failed.length === 0 && results.length === expected ? 0 : 1;

// body gives a response's text, which an audit may already have read.
async function body(response) {
  return response.bodyUsed ? '(body read by the audit)' : response.text();
}
