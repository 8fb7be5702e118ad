import { Environment, Network, RecordSource, Store, type FetchFunction } from 'relay-runtime';

// region environment
export function newEnvironment(url: string, token: string): Environment {
  const fetchJobs: FetchFunction = async ({ id, text }, variables) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        Accept: 'application/graphql-response+json, application/json',
        'Content-Type': 'application/json',
        Authorization: `Bearer ${token}`,
      },
      body: JSON.stringify({ ...(id ? { documentId: id } : { query: text }), variables }),
    });
    return response.json();
  };
  return new Environment({ network: Network.create(fetchJobs), store: new Store(new RecordSource()) });
}
// endregion
