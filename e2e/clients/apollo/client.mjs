import { secondsToWait } from '../fetch/retry.mjs';
// region imports
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { ErrorLink } from '@apollo/client/link/error';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { relayStylePagination } from '@apollo/client/utilities';
import { mergeMap, of, timer } from 'rxjs';
// endregion

// region cache
const jobs = relayStylePagination(['filter', 'orderBy']);
export const makeCache = () => new InMemoryCache({
  typePolicies: {
    Query: { fields: { jobs } },
    Dataset: { fields: { jobs } },
    JobSpec: { merge: true }, // objects without an id: what two queries read of them is put together
    JobResult: { merge: true },
    RequestSource: { merge: true },
  },
  possibleTypes: {
    Node: ['Job', 'Dataset'],
    JobSpec: ['MaterializeViewSpec', 'GenericJobSpec'],
    JobResult: ['MaterializeViewResult', 'GenericJobResult'],
  },
});
// endregion

// region retry
const isSubscription = ({ operationType }) => operationType === 'subscription';

// Asks again where an error says that it helps, after as long as it says, and three times at most.
export const retry = () => new ApolloLink((operation, forward) => {
  if (isSubscription(operation)) return forward(operation); // it would begin with the same variables again
  const attempt = (left) => forward(operation).pipe(mergeMap((result) => {
    const seconds = left > 0 ? secondsToWait(result.errors) : null;
    return seconds === null ? of(result) : timer(seconds * 1000).pipe(mergeMap(() => attempt(left - 1)));
  }));
  return attempt(3);
});
// endregion

// region persisted
const sha256 = async (text) => {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
};
export const persisted = (options = { useGETForHashedQueries: true }) => new PersistedQueryLink({ sha256, ...options });
// endregion

// region client
export const makeClient = ({ uri, token, signIn, links = [], ...http }) => new ApolloClient({
  cache: makeCache(),
  link: ApolloLink.from([
    new ErrorLink(({ error }) => {
      const codes = error.errors?.map(({ extensions }) => extensions?.code); // of an answer, or of a stream that has ended
      if (codes?.includes('UNAUTHENTICATED')) signIn();
    }),
    retry(),
    new SetContextLink(async ({ headers }) => ({ headers: { ...headers, authorization: `Bearer ${await token()}` } })),
    ...links, // such as persisted() or overSocket(…)
    new HttpLink({ uri, ...http }), // such as useGETForQueries: true
  ]),
});
// endregion

// region socket
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';
import { asapScheduler, observeOn } from 'rxjs';

export const makeSocket = ({ url, token, ...options }) => createClient({
  url, // which begins with ws: or wss:
  connectionParams: async () => ({ Authorization: `Bearer ${await token()}` }),
  retryAttempts: 0, // it would begin with the same variables again
  ...options, // such as keepAlive
});

// In links: subscriptions go over a WebSocket, all else by HTTP.
export const overSocket = (socket) => {
  const link = new GraphQLWsLink(socket);
  // If an operation is ended while it tells of its last event, graphql-ws counts that twice, and leaves the connection open.
  const later = (operation) => link.request(operation).pipe(observeOn(asapScheduler));
  return new ApolloLink((operation, forward) => (isSubscription(operation) ? later(operation) : forward(operation)));
};
// endregion
