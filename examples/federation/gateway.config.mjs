// Hive Gateway, with either of its query planners.
import { defineConfig } from '@graphql-hive/gateway';

// The jobs gateway answers within 15 s, with an error if need be. Each hop in front of it waits a second longer, so that
// this error arrives rather than a router's own. A field of datasets may wait for one of jobs: the whole waits for both.
const subgraphTimeout = 16_000;

export const gatewayConfig = defineConfig({
  supergraph: process.env.SUPERGRAPH ?? './supergraph.graphql',
  host: process.env.HOST ?? '127.0.0.1',
  port: Number(process.env.PORT ?? 4000),
  propagateHeaders: {
    // Undefined headers are left out. What is not listed here does not reach a subgraph.
    fromClientToSubgraphs: ({ request: { headers } }) => ({
      authorization: headers.get('authorization'),
      'x-request-id': headers.get('x-request-id'),
      traceparent: headers.get('traceparent'),
      tracestate: headers.get('tracestate'),
    }),
  },
  upstreamTimeout: subgraphTimeout,
  requestDeadline: 2 * subgraphTimeout + 1_000,
});
