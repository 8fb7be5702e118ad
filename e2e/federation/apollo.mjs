// Apollo's gateway over the example's supergraph:
//
//	PORT=4000 SUPERGRAPH=supergraph.graphql node apollo.mjs
//
// It forwards the same headers as the example's routers, with the same patience.
import { readFileSync } from 'node:fs';
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';

const forwarded = ['authorization', 'x-request-id', 'traceparent', 'tracestate'];
const subgraphTimeout = 16_000; // the jobs gateway answers within 15 s

class Subgraph extends RemoteGraphQLDataSource {
  fetcher = (url, init) => fetch(url, { ...init, signal: AbortSignal.timeout(subgraphTimeout) });

  willSendRequest({ request, context }) {
    for (const name of forwarded) {
      const value = context.headers?.[name];
      if (value !== undefined) request.http.headers.set(name, value);
    }
  }
}

const server = new ApolloServer({
  gateway: new ApolloGateway({
    supergraphSdl: readFileSync(process.env.SUPERGRAPH, 'utf8'),
    buildService: ({ url }) => new Subgraph({ url }),
  }),
  includeStacktraceInErrorResponses: false,
});
await startStandaloneServer(server, {
  listen: { host: '127.0.0.1', port: Number(process.env.PORT) },
  context: async ({ req }) => ({ headers: req.headers }),
});
console.log('listening');
