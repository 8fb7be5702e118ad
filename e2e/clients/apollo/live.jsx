// A page of another origin: a job that is watched by multipart and over a WebSocket, and the lists that have it.
import { ApolloProvider, useApolloClient, useQuery } from '@apollo/client/react';
import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { makeClient, makeSocket, overSocket } from './client.mjs';
import { JOBS } from './documents.mjs';
import { watchJob } from './live.mjs';

// region live
function LiveJob({ id }) {
  const client = useApolloClient();
  const [job, setJob] = useState(null);
  const [error, setError] = useState(null);
  useEffect(() => {
    const watching = watchJob(client, id).subscribe({ next: setJob, error: setError });
    return () => watching.unsubscribe();
  }, [client, id]);
  return <p role="status">{error?.message ?? job?.rawState}</p>;
}
// endregion

function Jobs({ name }) {
  const { data } = useQuery(JOBS, { variables: { first: 1 } });
  return data && (
    <section aria-label={name}>
      <ul>{data.jobs.edges.map(({ node }) => <li key={node.id}>{node.state}</li>)}</ul>
      <LiveJob id={data.jobs.edges[0].node.id} />
    </section>
  );
}

const options = { uri: globalThis.gateway, token: async () => 'a-token', signIn() {} };
const socket = makeSocket({ url: globalThis.gateway.replace('http:', 'ws:'), token: options.token });
const clients = { multipart: makeClient(options), socket: makeClient({ ...options, links: [overSocket(socket)] }) };
createRoot(document.getElementById('root')).render(Object.entries(clients).map(([name, client]) => (
  <ApolloProvider key={name} client={client}><Jobs name={name} /></ApolloProvider>
)));
