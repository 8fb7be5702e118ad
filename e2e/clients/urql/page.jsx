// A page of another origin: a list that goes on and that shows what is new, and a job that is watched to its end.
import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Provider, useClient, useQuery } from 'urql';
import { makeClient, persisted, readSchema } from './client.mjs';
import { JOB, JOBS } from './documents.mjs';
import { loadNew } from './lists.mjs';

// region list
function Jobs({ filter, onPick }) {
  const client = useClient();
  const [after, setAfter] = useState(null); // the cache answers with the whole list, up to the page after this cursor
  const [{ data, error }] = useQuery({ query: JOBS, variables: { filter, first: 50, after } });
  if (!data?.jobs) return <p>{error ? error.message : 'Loading …'}</p>;
  const { edges, pageInfo } = data.jobs;
  return (
    <>
      <button onClick={() => loadNew(client, filter, pageInfo.startCursor)}>New</button>
      {error && <p role="alert">Something is missing: {error.message}</p>}
      <ul>
        {edges.map(({ node }) => (
          <li key={node.id}><button onClick={() => onPick(node.id)}>{node.type}</button> {node.state}</li>
        ))}
      </ul>
      {pageInfo.hasNextPage && <button onClick={() => setAfter(pageInfo.endCursor)}>More</button>}
    </>
  );
}
// endregion

// region poll
function Job({ id }) {
  const [{ data, fetching }, ask] = useQuery({ query: JOB, variables: { id }, requestPolicy: 'cache-and-network' });
  const final = data?.job?.isFinal;
  useEffect(() => {
    if (final || fetching) return undefined;
    const timer = setTimeout(() => ask({ requestPolicy: 'network-only' }), 2000);
    return () => clearTimeout(timer);
  }, [final, fetching, ask]);
  return <p role="status">{data?.job?.rawState}</p>;
}
// endregion

function App() {
  const [picked, pick] = useState(null);
  return <>{picked && <Job key={picked} id={picked} />}<Jobs filter={everything} onPick={pick} /></>;
}

const everything = {}; // the same object each time
const sdl = await (await fetch(globalThis.gateway.replace('/graphql', '/schema.graphql'))).text();
const client = makeClient({
  url: globalThis.gateway, token: () => 'a-token', signIn() {}, schema: readSchema(sdl), exchanges: [persisted()],
});
createRoot(document.getElementById('root')).render(<Provider value={client}><App /></Provider>);
