// Sends operations through a router, Hive Gateway, over a supergraph:
//
//	node route.mjs < work.json
//
// It reads {supergraph, headers, config, operations: [{query, variables}, …]}, sends each operation with the headers, and
// writes a list of the answers. The estimate of the router's demand control stands in extensions.cost.estimated of each.
// config is the text of a module that exports gatewayConfig, or empty.
import { readFileSync } from 'node:fs';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';

const { supergraph, headers, config, operations } = JSON.parse(readFileSync(0, 'utf8'));
const { gatewayConfig } = await import(`data:text/javascript,${encodeURIComponent(config)}`);
const router = createGatewayRuntime({
  supergraph,
  logging: false,
  demandControl: { includeExtensionMetadata: true },
  ...gatewayConfig,
});
const answers = [];
for (const operation of operations) {
  const response = await router.fetch('http://router/graphql', {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(operation),
  });
  answers.push(await response.json());
}
await router[Symbol.asyncDispose]();
console.log(JSON.stringify(answers));
