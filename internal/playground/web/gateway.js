// The way to the gateway: operations, files, and the schema.

import { token } from './token.js';

const { endpoint, schema: schemaPath } = document.body.dataset;

// address returns where operations go.
export const address = () => new URL(endpoint, location.href).href;

// parseExactly reads JSON. A number that a double cannot hold is kept as it was written where the browser can
// (JSON.rawJSON), so that the `raw` of a job shows the digits that the gateway sent.
export function parseExactly(text) {
  return JSON.parse(text, (_, value, context) => {
    const rounded = typeof value === 'number' && context?.source && String(value) !== context.source;
    return rounded && JSON.rawJSON ? JSON.rawJSON(context.source) : value;
  });
}

// ask shows what the response pane shows, the gateway's answer or a sentence on why there is none, and what the answer
// took, if there was one: once for a query, and for a subscription with each event, until the stream ends.
async function ask(body, signal, show) {
  const headers = {
    Accept: 'application/graphql-response+json, application/json;q=0.9, text/event-stream;q=0.8', // the last for subscriptions
    'Content-Type': 'application/json',
    'X-Explain': '1',
  };
  if (/[^\x21-\x7e]/.test(token())) {
    show({ message: 'The token holds a character that no bearer token has. Was it copied whole?' });
    return;
  }
  if (token()) headers.Authorization = `Bearer ${token()}`;
  const began = performance.now();
  let response;
  let bytes;
  try {
    response = await fetch(endpoint, { method: 'POST', headers, signal, body: JSON.stringify(body) });
    if (response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
      await watch(response, show);
      return;
    }
    bytes = await response.arrayBuffer();
  } catch (error) {
    show({ message: `The gateway could not be reached: ${error.message}` });
    return;
  }
  const took = {
    status: response.status,
    milliseconds: performance.now() - began,
    bytes: bytes.byteLength,
    request: response.headers.get('X-Request-Id'),
  };
  try {
    const answer = parseExactly(new TextDecoder().decode(bytes));
    show(answer, { ...took, ...takeExplanation(answer) });
  } catch {
    const status = `${response.status} ${response.statusText}`.trim();
    show({ message: `The answer was not JSON. Status: ${status}` }, took);
  }
}

// watch shows the events of a stream, the last one in place of the one before, and how the stream ended.
async function watch(response, show) {
  const took = { status: response.status, request: response.headers.get('X-Request-Id'), stream: 'watching', events: 0, bytes: 0 };
  show(undefined, { ...took });
  try {
    for await (const text of eventsOf(response.body)) {
      took.events++;
      took.bytes += new TextEncoder().encode(text).byteLength;
      show(parseExactly(text), { ...took });
    }
    show(undefined, { ...took, stream: 'ended' });
  } catch (error) {
    show({ message: `The stream was cut off, run it again to go on: ${error.message}` }, { ...took, stream: 'cut off' });
  }
}

// eventsOf yields the data of each event until one says that the stream is complete. Throws where it ends without.
async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ''; ;) {
    const { done, value } = await reader.read();
    if (done) throw new Error('the connection was closed.');
    const events = (rest + value).split('\n\n');
    rest = events.pop();
    for (const event of events) {
      if (event.startsWith('event: complete')) return;
      const data = event.match(/^data: (.*)$/m);
      if (data) yield data[1];
    }
  }
}

// The explanation is for the line below; the pane shows what any other client gets.
function takeExplanation(answer) {
  const explain = answer.extensions?.explain;
  delete answer.extensions?.explain;
  if (answer.extensions && Object.keys(answer.extensions).length === 0) delete answer.extensions;
  return { explain };
}

// requestOf returns what is sent for a query. GraphiQL learns the names of a tab's operations a moment after it has
// shown the tab: the name of another tab's operation is left out.
export function requestOf({ query, variables, operationName }) {
  const known = operationsOf(query).some(({ name }) => name?.value === operationName);
  return { query, variables, operationName: known ? operationName : undefined };
}

// isSubscription returns whether what requestOf has returned is a subscription.
export function isSubscription({ query, operationName }) {
  const operations = operationsOf(query);
  return (operations.find(({ name }) => name?.value === operationName) ?? operations[0])?.operation === 'subscription';
}

function operationsOf(query) {
  try {
    return GraphiQL.GraphQL.parse(query, { noLocation: true }).definitions.filter(({ operation }) => operation);
  } catch {
    return []; // the gateway says what is wrong with it
  }
}

// fetcherFor returns GraphiQL's fetcher. It is an observable rather than a promise: GraphiQL's stop button then
// ends the request, and the gateway's work. setTook gets what each answer took, together with a mark of its run; while
// there is none, the mark alone.
export const fetcherFor = (setTook) => (request) => ({
  subscribe(observer) {
    const abort = new AbortController();
    const run = {};
    let last;
    setTook({ run });
    ask(requestOf(request), abort.signal, (answer, took) => {
      if (abort.signal.aborted) return;
      last = took;
      setTook({ ...took, run });
      if (answer) observer.next(answer);
    }).then(() => { if (!abort.signal.aborted) observer.complete(); });
    return {
      unsubscribe() {
        abort.abort();
        if (last?.stream === 'watching') setTook({ ...last, stream: 'stopped', run });
      },
    };
  },
});

export async function fetchText(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} answered ${response.status} ${response.statusText}`.trim());
  return response.text();
}

export async function fetchSchema() {
  const source = await fetchText(schemaPath);
  // The gateway checked its schema; directives of a federation need no definition here.
  const schema = GraphiQL.GraphQL.buildSchema(source, { assumeValidSDL: true });
  Object.values(schema.getTypeMap()).forEach(parseWithoutThrowing);
  return schema;
}

// The editor of the variables marks a value that its type parses to undefined. A type that throws instead, as
// enums, Int, Float and ID do, would be an error of the page and no mark.
function parseWithoutThrowing(type) {
  if (!type.parseValue) return;
  const parse = type.parseValue.bind(type);
  type.parseValue = (value) => {
    try {
      return parse(value);
    } catch {
      return undefined;
    }
  };
}
