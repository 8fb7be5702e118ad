// A page of another origin: a list that goes on and that shows what is new, and a job that is watched to its end.
import { ApolloProvider, useQuery } from '@apollo/client/react';
import { useState } from 'react';
import { createRoot } from 'react-dom/client';
import { makeClient, persisted } from './client.mjs';
import { JOB, JOBS } from './documents.mjs';
import { loadMore, loadNew } from './lists.mjs';

// region list
function Jobs({ filter, onPick }) {
  const { data, error, observable } = useQuery(JOBS, { variables: { filter, first: 50 }, errorPolicy: 'all' });
  if (!data) return <p>{error ? error.message : 'Loading …'}</p>;
  return (
    <>
      <button onClick={() => loadNew(observable)}>New</button>
      {error && <p role="alert">Something is missing: {error.message}</p>}
      <ul>
        {data.jobs.edges.map(({ node }) => (
          <li key={node.id}><button onClick={() => onPick(node.id)}>{node.type}</button> {node.state}</li>
        ))}
      </ul>
      {data.jobs.pageInfo.hasNextPage && <button onClick={() => loadMore(observable)}>More</button>}
    </>
  );
}
// endregion

// region poll
function Job({ id }) {
  const [pollInterval, setPollInterval] = useState(2000);
  const { data } = useQuery(JOB, { variables: { id }, pollInterval, fetchPolicy: 'cache-and-network' });
  if (data?.job?.isFinal && pollInterval > 0) setPollInterval(0);
  return <p role="status">{data?.job?.rawState}</p>;
}
// endregion

function App() {
  const [picked, pick] = useState(null);
  return <>{picked && <Job key={picked} id={picked} />}<Jobs onPick={pick} /></>;
}

const links = [persisted()];
const client = makeClient({ uri: globalThis.gateway, token: async () => 'a-token', signIn() {}, links });
createRoot(document.getElementById('root')).render(<ApolloProvider client={client}><App /></ApolloProvider>);
