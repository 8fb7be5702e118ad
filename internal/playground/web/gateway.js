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

// ask resolves to what the response pane shows, the gateway's answer or a sentence on why there is none, and to
// what the answer took, if there was one.
async function ask(body, signal) {
  const headers = {
    Accept: 'application/graphql-response+json, application/json;q=0.9',
    'Content-Type': 'application/json',
    'X-Explain': '1',
  };
  if (/[^\x21-\x7e]/.test(token())) {
    return { answer: { message: 'The token holds a character that no bearer token has. Was it copied whole?' } };
  }
  if (token()) headers.Authorization = `Bearer ${token()}`;
  const began = performance.now();
  let response;
  let bytes;
  try {
    response = await fetch(endpoint, { method: 'POST', headers, signal, body: JSON.stringify(body) });
    bytes = await response.arrayBuffer();
  } catch (error) {
    return { answer: { message: `The gateway could not be reached: ${error.message}` } };
  }
  const took = {
    status: response.status,
    milliseconds: performance.now() - began,
    bytes: bytes.byteLength,
    request: response.headers.get('X-Request-Id'),
  };
  try {
    const answer = parseExactly(new TextDecoder().decode(bytes));
    return { answer, took: { ...took, ...takeExplanation(answer) } };
  } catch {
    const status = `${response.status} ${response.statusText}`.trim();
    return { answer: { message: `The answer was not JSON. Status: ${status}` }, took };
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
  return { query, variables, operationName: operationsOf(query).includes(operationName) ? operationName : undefined };
}

function operationsOf(query) {
  try {
    return GraphiQL.GraphQL.parse(query, { noLocation: true }).definitions.map(({ name }) => name?.value);
  } catch {
    return []; // the gateway says what is wrong with it
  }
}

// fetcherFor returns GraphiQL's fetcher. It is an observable rather than a promise: GraphiQL's stop button then
// ends the request, and the gateway's work. setTook gets what each answer took, and undefined while there is none.
export const fetcherFor = (setTook) => (request) => ({
  subscribe(observer) {
    const abort = new AbortController();
    setTook(undefined);
    ask(requestOf(request), abort.signal).then(({ answer, took }) => {
      if (abort.signal.aborted) return;
      setTook(took);
      observer.next(answer);
      observer.complete();
    });
    return { unsubscribe: () => abort.abort() };
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
