import { secondsToWait } from '../fetch/retry.mjs';
// region imports
import { Client, fetchExchange, mapExchange, subscriptionExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { persistedExchange } from '@urql/exchange-persisted';
import { retryExchange } from '@urql/exchange-retry';
import { minifyIntrospectionQuery } from '@urql/introspection';
import { buildSchema, introspectionFromSchema } from 'graphql';
// endregion

// region schema
// When you build: sdl is what /schema.graphql has.
export const readSchema = (sdl) => minifyIntrospectionQuery(introspectionFromSchema(buildSchema(sdl)));
// endregion

// region cache
const embedded = () => null; // has no id: belongs to the object that it is in
export const cache = (schema) => cacheExchange({
  schema,
  keys: {
    JobFailure: embedded, JobStateCount: embedded, JobsChange: embedded, RequestSource: embedded,
    MaterializeViewSpec: embedded, GenericJobSpec: embedded, MaterializeViewResult: embedded, GenericJobResult: embedded,
  },
  resolvers: {
    Query: {
      jobs: relayPagination({ mergeMode: 'outwards' }),
      job(_, args, store) { // from a list that has it, unless it is known that there is none
        return store.resolve('Query', 'job', args) === null ? null : { __typename: 'Job', id: args.id };
      },
    },
    Dataset: { jobs: relayPagination({ mergeMode: 'outwards' }) },
  },
});
// endregion

// region retry
export const retry = () => retryExchange({
  initialDelayMs: 1000, maxDelayMs: 30_000, maxNumberAttempts: 6,
  retryIf: (error, { kind }) => kind !== 'subscription' // which would begin with the same variables again
    && (Boolean(error.networkError) || secondsToWait(error.graphQLErrors) !== null),
});
// endregion

// region client
export const makeClient = ({ url, token, signIn, schema, exchanges = [], ...options }) => new Client({
  url,
  fetchOptions: () => ({ headers: { authorization: `Bearer ${token()}` } }),
  exchanges: [
    cache(schema),
    mapExchange({
      onError(error) {
        if (error.graphQLErrors.some(({ extensions }) => extensions?.code === 'UNAUTHENTICATED')) signIn();
      },
    }),
    retry(),
    ...exchanges, // such as persisted()
    fetchExchange,
  ],
  ...options, // such as preferGetMethod: false, or fetchSubscriptions: true
});
// endregion

// region sse
// In place of fetchSubscriptions: true, in exchanges; sse is a client of graphql-sse.
export const overSSE = (sse) => subscriptionExchange({
  forwardSubscription: ({ query, variables }) => ({
    subscribe: (sink) => ({ unsubscribe: sse.subscribe({ query, variables }, sink) }),
  }),
});
// endregion

// region persisted
const within = { preferGetForPersistedQueries: 'within-url-limit' };
export const persisted = (options = within) => persistedExchange(options);
export const trusted = () => persisted({ ...within, enforcePersistedQueries: true }); // never sends the document
// endregion
