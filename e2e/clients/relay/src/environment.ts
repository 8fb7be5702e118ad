import { createClient } from 'graphql-sse';
import { Environment, Network, Observable, RecordSource, Store, type FetchFunction, type SubscribeFunction } from 'relay-runtime';
import { secondsToWait } from '../../fetch/retry.mjs';

// region environment
interface Options { url: string; token: () => string; signIn: () => void }

export function newEnvironment({ url, token, signIn }: Options): Environment {
  const send: FetchFunction = async ({ id, text }, variables) => {
    const body = JSON.stringify({ ...(id ? { documentId: id } : { query: text }), variables });
    for (let left = 3; ; left--) {
      const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token()}` };
      const answer = await (await fetch(url, { method: 'POST', headers, body })).json();
      const codes = answer.errors?.map(({ extensions }: { extensions?: { code: string } }) => extensions?.code);
      if (codes?.includes('UNAUTHENTICATED')) signIn();
      const seconds = left > 0 ? secondsToWait(answer.errors) : null;
      if (seconds === null) return answer;
      await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
    }
  };
  const sse = createClient({ url, headers: () => ({ Authorization: `Bearer ${token()}` }) });
  const subscribe: SubscribeFunction = ({ id, text }, variables) => Observable.create((sink) => {
    const request = { ...(id ? { documentId: id } : { query: text }), variables };
    return sse.subscribe(request as Parameters<typeof sse.subscribe>[0], sink as Parameters<typeof sse.subscribe>[1]);
  });
  return new Environment({ network: Network.create(send, subscribe), store: new Store(new RecordSource()) });
}
// endregion
