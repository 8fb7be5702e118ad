// A second subgraph: another team's service, which knows what datasets and data planes are called.
//
//	node datasets.mjs        DATASETS_PORT (4001) is where it listens
//
// Like the jobs gateway it has tenants: what a token may see depends on the token alone, so both subgraphs need the
// caller's own Authorization header.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { GraphQLError, parse } from 'graphql';
import { createYoga } from 'graphql-yoga';

// A real service asks its identity provider. Any other token belongs to the tenant "demo".
const tenants = { 'token-of-acme': 'acme', 'token-of-globex': 'globex' };

// The ids are those of the gateway's demonstration data.
const words = ['daily audience', 'store visits', 'mobile ids', 'hashed emails', 'purchase intent', 'weather panel'];
const names = new Map(words.map((word, i) => [String(10674 + 31 * i), word]));
const planes = new Map([['f79cbdae-4848-47ca-95e8-69588364d185', 'eu-central']]);
const runbooks = new Map([['materialize-view', 'https://wiki.example.com/runbooks/materialize-view']]);

const named = (tenant, id) => (names.has(id) ? `${tenant}: ${names.get(id)}` : null);

const resolvers = {
  Query: {
    namedDatasets: (_, __, { request }) => (tenantOf(request), [...names.keys()].map((id) => ({ id }))),
  },
  Dataset: {
    __resolveReference: ({ id }) => ({ id }),
    name: ({ id }, _, { request }) => named(tenantOf(request), id),
  },
  DataPlane: {
    __resolveReference: ({ id }) => ({ id }),
    name: ({ id }, _, { request }) => (tenantOf(request), planes.get(id) ?? null),
  },
  Job: {
    __resolveReference: ({ id, type }) => ({ id, type }),
    runbook: ({ type }, _, { request }) => (tenantOf(request), runbooks.get(type) ?? null),
  },
};

// tenantOf throws the same code as the jobs gateway does, so that clients of the router need to know one only.
function tenantOf(request) {
  const [, token] = /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  if (!token) throw new GraphQLError('a bearer token is required', { extensions: { code: 'UNAUTHENTICATED' } });
  return tenants[token] ?? 'demo';
}

const typeDefs = parse(readFileSync(new URL('datasets.graphql', import.meta.url), 'utf8'));
const yoga = createYoga({ schema: buildSubgraphSchema({ typeDefs, resolvers }), graphiql: false, landingPage: false, logging: 'warn' });
const server = createServer(yoga);
server.listen(Number(process.env.DATASETS_PORT ?? 4001), '127.0.0.1');
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => (server.close(), server.closeAllConnections()));
}
