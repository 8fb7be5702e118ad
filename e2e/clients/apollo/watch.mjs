// Jobs that are watched with Apollo Client on node: over its own multipart, also with persisted queries by GET, and over
// npm's graphql-ws.
import assert from 'node:assert/strict';
import { CombinedGraphQLErrors, CombinedProtocolErrors } from '@apollo/client';
import { filter, firstValueFrom, lastValueFrom, tap, toArray } from 'rxjs';
import WebSocket from 'ws';
import { cuttable, fail, insertNow, replaceNow, until } from '../world.mjs';
import { makeClient, makeSocket, overSocket, persisted } from './client.mjs';
import { JOB_UPDATED, JOBS } from './documents.mjs';
import { watchJob, watchJobs } from './live.mjs';
import { loadNew } from './lists.mjs';

globalThis.WebSocket ??= WebSocket; // GraphQLWsLink and graphql-ws look there, and nodes before 22 have none

const warnings = [];
for (const level of ['warn', 'error']) console[level] = (...words) => warnings.push(words.join(' '));

let token = 'a-token';
let signIns = 0;
const streams = []; // method of each stream over HTTP
let sent = 0;
const options = {
  token: async () => token,
  signIn: () => signIns++,
  async fetch(url, init) {
    sent++;
    const response = await fetch(url, init);
    if (response.headers.get('content-type').startsWith('multipart/mixed')) streams.push(init.method);
    return response;
  },
};
const codes = (error) => error.errors?.map(({ extensions }) => extensions.code);
const failure = (results) => lastValueFrom(results).then(() => assert.fail('no error'), (error) => error);

const http = await cuttable();
const ws = await cuttable();
const socket = makeSocket({ url: ws.url.replace('http:', 'ws:'), token: options.token });
const transports = [
  { way: http, method: 'POST', client: makeClient({ ...options, uri: http.url }) },
  { way: http, method: 'GET', client: makeClient({ ...options, uri: http.url, links: [persisted()] }) },
  { way: ws, client: makeClient({ ...options, uri: http.url, links: [overSocket(socket), persisted()] }) },
];
for (const { way, method, client } of transports) {
  token = 'a-token';
  signIns = 0;
  streams.length = 0;

  // A job until it is final, over a moment in which the API does not answer: then the stream is complete.
  const first = await insertNow({ state: 'pending' });
  const seen = [];
  const updated = client.subscribe({ query: JOB_UPDATED, variables: { id: first } });
  const complete = lastValueFrom(updated.pipe(tap(({ data }) => seen.push(data.jobUpdated.state))));
  await until(() => seen.length === 1);
  await fail({ status: 500 });
  await replaceNow(first, { state: 'running' });
  await until(() => seen.length === 2);
  await replaceNow(first, { state: 'completed' });
  assert.equal((await complete).data.jobUpdated.isFinal, true);
  assert.deepEqual(seen, ['PENDING', 'RUNNING', 'COMPLETED']);

  // A list shows what is told of its jobs. Each who watches gets the job as it is.
  const watched = await insertNow({ state: 'pending' });
  const changes = [];
  const watching = watchJobs(client, {}).subscribe((change) => changes.push(change));
  await until(() => changes.length === 1);
  const list = client.watchQuery({ query: JOBS, variables: { first: 20 } });
  const shown = list.subscribe({});
  await firstValueFrom(list.pipe(filter(({ dataState }) => dataState === 'complete')));
  const edges = () => list.getCurrentResult().data.jobs.edges;
  const row = (id) => edges().find(({ node }) => node.id === id)?.node;
  const watchers = [[], []];
  const ended = [];
  for (const states of watchers) {
    ended.push(lastValueFrom(watchJob(client, watched).pipe(tap(({ state }) => states.push(state)))));
    await until(() => states[0] === 'PENDING');
  }

  // The token may have three streams. A fourth is refused at once, and begun when there is a place.
  const before = sent;
  const refused = await lastValueFrom(client.subscribe({ query: JOB_UPDATED, variables: { id: first }, errorPolicy: 'all' }).pipe(toArray()));
  assert.deepEqual(refused.map(({ data, error }) => [data, codes(error)]), [[undefined, ['SUBSCRIPTION_LIMIT_EXCEEDED']]]);
  assert.equal(sent - before, way === ws ? 0 : 1);
  const waiting = lastValueFrom(watchJob(client, first));
  await replaceNow(watched, { state: 'running' });
  await until(() => row(watched).state === 'RUNNING' && watchers.every((states) => states.length === 2));
  await replaceNow(watched, { state: 'completed' });
  await Promise.all(ended);
  assert.deepEqual(watchers, Array(2).fill(['PENDING', 'RUNNING', 'COMPLETED']));
  await until(() => row(watched).isFinal);
  assert.equal((await waiting).state, 'COMPLETED');

  // The connection is cut, and things happen meanwhile: the next stream tells of them. New jobs come when they are asked for.
  way.cut();
  const arrived = await insertNow();
  await replaceNow(watched, { state: 'cancelled' });
  way.mend();
  const told = () => changes.flatMap(({ jobs }) => jobs.map(({ id }) => id));
  await until(() => row(watched).state === 'CANCELLED' && told().includes(arrived));
  assert.ok(changes.every(({ resync }) => !resync));
  assert.equal(row(arrived), undefined);
  assert.equal(await loadNew(list), 1);
  await until(() => row(arrived));
  assert.deepEqual(edges().slice(0, 3).map(({ node }) => node.id), [arrived, watched, first]);
  assert.equal(new Set(edges().map(({ node }) => node.id)).size, edges().length);

  // A WebSocket that the page gives up, as for another token, is one that has broken.
  if (way === ws) {
    socket.terminate();
    await replaceNow(watched, { state: 'failed' });
    await until(() => row(watched).state === 'FAILED');
  }

  // Stop ends no subscription. Whoever wants no more leaves no connection.
  shown.unsubscribe();
  client.stop();
  await replaceNow(arrived, { state: 'running' });
  await until(() => changes.at(-1).jobs.some(({ id, state }) => id === arrived && state === 'RUNNING'));
  watching.unsubscribe();
  if (way === ws) await until(() => ws.connections() === 0);

  // What is refused, and what ends a stream, are errors with a code, after which nothing asks again.
  assert.equal(await lastValueFrom(watchJob(client, '00000000-0000-4000-8000-999999999999')), null);
  assert.deepEqual(codes(await failure(watchJob(client, 'no-uuid'))), ['BAD_USER_INPUT']);
  const begun = streams.length;
  const unauthenticated = await failure(watchJobs(client, { types: ['none'] }).pipe(tap(() => fail({ status: 401 }))));
  assert.deepEqual(codes(unauthenticated), ['UNAUTHENTICATED']);
  assert.ok((way === ws ? CombinedGraphQLErrors : CombinedProtocolErrors).is(unauthenticated));
  assert.equal(signIns, 1);
  token = 'invalid';
  assert.deepEqual(codes(await failure(watchJobs(client, {}))), ['UNAUTHENTICATED']);
  assert.equal(signIns, 2);
  token = 'two words'; // which is HTTP 401, and closes a WebSocket
  const malformed = await failure(watchJobs(client, {}));
  if (way === ws) assert.match(malformed.message, /4403 Forbidden/);
  else assert.deepEqual([codes(malformed), signIns], [['UNAUTHENTICATED'], 3]);
  assert.equal(streams.length - begun, way === ws ? 0 : 2);
  assert.ok(streams.slice(2).every((by) => by === method), streams); // the first of each document may have had it with it
}

// A WebSocket that is disposed of ends what goes over it.
token = 'a-token';
const [{ client }] = transports.slice(-1);
const disposed = client.subscribe({ query: JOB_UPDATED, variables: { id: await insertNow() } });
await lastValueFrom(disposed.pipe(tap(() => socket.dispose())));
await until(() => ws.connections() === 0 && http.connections() === 0);
assert.deepEqual(warnings, []);
http.close();
ws.close();
