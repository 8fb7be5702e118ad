// What docs/frontends.md shows of subscriptions with npm's graphql-sse and graphql-ws.
import { secondsToWait } from '../fetch/retry.mjs';
// region client
import { createClient } from 'graphql-sse';

export const makeClient = ({ url, token }) => createClient({
  url,
  headers: () => ({ Authorization: `Bearer ${token()}` }),
  retryAttempts: 0, // it would begin with the same variables again
});
// endregion

// region socket
import { createClient as createSocketClient } from 'graphql-ws';

export const makeSocketClient = ({ url, token, ...options }) => createSocketClient({
  url, // which begins with ws: or wss:
  connectionParams: () => ({ Authorization: `Bearer ${token()}` }),
  retryAttempts: 0,
  ...options, // such as webSocketImpl, for a node without WebSocket
});
// endregion

// region events
// The events of a subscription, over streams that end or break: then the next one begins, with the variables of that time.
export async function* events(client, query, variables, signal) {
  while (!signal?.aborted) {
    let refused;
    const stream = client.iterate({ query, variables: variables() });
    const stop = () => stream.return();
    signal?.addEventListener('abort', stop);
    try {
      for await (const event of stream) {
        if (event.data) yield event;
        else refused = event.errors; // the last event
      }
    } catch (error) {
      if (Array.isArray(error)) refused = error; // as graphql-ws tells of the last event
      else if (error.response?.status < 500 || /^44(?!08|99)/.test(error.code)) throw error; // all else is a stream that has broken
    } finally {
      signal?.removeEventListener('abort', stop);
      stop(); // for graphql-ws a stream that has broken lasts until then, and keeps the next connection open
    }
    const seconds = refused ? secondsToWait(refused) : 1;
    if (seconds === null) throw new Error(refused[0].message);
    if (!signal?.aborted) await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}
// endregion
