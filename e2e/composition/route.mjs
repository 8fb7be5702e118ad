// Sends operations through a router, Hive Gateway, over a supergraph:
//
//	node route.mjs < work.json
//
// It reads {supergraph, propagate, operations: [{query, variables}, …]} and writes a list of the answers. The estimate of the
// router's demand control stands in extensions.cost.estimated of each. Headers reach the subgraphs when propagate is
// true; the router's own default is to forward none.
import { readFileSync } from 'node:fs';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';

const { supergraph, propagate, operations } = JSON.parse(readFileSync(0, 'utf8'));
const names = ['authorization', 'x-request-id', 'traceparent'];
const router = createGatewayRuntime({
  supergraph,
  logging: false,
  demandControl: { includeExtensionMetadata: true },
  ...(propagate && {
    propagateHeaders: {
      fromClientToSubgraphs: ({ request }) => Object.fromEntries(names.map((name) => [name, request.headers.get(name)])),
    },
  }),
});
const answers = [];
for (const operation of operations) {
  const response = await router.fetch('http://router/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer demo', 'x-request-id': 'asked-through-the-router' },
    body: JSON.stringify(operation),
  });
  answers.push(await response.json());
}
await router[Symbol.asyncDispose]();
console.log(JSON.stringify(answers));
