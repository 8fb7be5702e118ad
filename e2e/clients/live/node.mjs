// npm's graphql-sse and graphql-ws on node, with what docs/frontends.md shows of it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import WebSocket from 'ws';
import { connect } from '../fetch/jobs.mjs';
import { cuttable, fail, insertNow, replaceNow, until, url } from '../world.mjs';
import { events, makeClient, makeSocketClient } from './client.mjs';
import { changes, keepFresh, noPages, untilFinal, withChanges, withPage, withWaiting } from './jobs.mjs';

const documents = readFileSync(new URL('documents.graphql', import.meta.url), 'utf8');
const document = (name) => documents.match(new RegExp(`subscription ${name}\\b[^]*?\\n}`))[0];
const [CHANGES, UPDATED] = [document('Changes'), document('Updated')];
const ask = connect(url, 'a-token');
const [streams, sockets] = [await cuttable(), await cuttable()];
let token = 'a-token';
const client = makeClient({ url: streams.url, token: () => token });
const overSocket = () => makeSocketClient({ url: sockets.url.replace('http:', 'ws:'), token: () => token, webSocketImpl: WebSocket });
const socket = overSocket();
const ids = (jobs) => jobs.map(({ id }) => id);

const page = `query Page($after: String) {
  jobs(first: 50, after: $after) { nodes { id type state createdAt } pageInfo { hasNextPage endCursor } }
}`;
let reads = 0;
const readPage = async (after) => {
  reads++;
  return (await ask(page, { after })).data.jobs;
};

for (const [by, way] of [[client, streams], [socket, sockets]]) {
  // A job is watched until it is final, over a moment in which the API does not answer.
  const watched = await insertNow({ state: 'pending' });
  const seen = [];
  const ended = untilFinal(by, UPDATED, watched, ({ state }) => seen.push(state));
  await until(() => seen.length === 1);
  await fail({ status: 500 });
  await replaceNow(watched, { state: 'running' });
  await until(() => seen.length === 2);
  await replaceNow(watched, { state: 'completed' });
  assert.equal((await ended).state, 'COMPLETED');
  assert.deepEqual(seen, ['PENDING', 'RUNNING']);
  assert.equal((await untilFinal(by, UPDATED, watched, assert.fail)).state, 'COMPLETED');
  assert.equal(await untilFinal(by, UPDATED, '00000000-0000-4000-8000-999999999999', assert.fail), null);
  await assert.rejects(untilFinal(by, UPDATED, 'no-uuid', assert.fail), /UUID/);

  // A list that is kept fresh: known jobs change in their places, new ones wait.
  let list = noPages;
  const stop = new AbortController();
  const fresh = keepFresh(by, CHANGES, {}, readPage, (change) => { list = change(list); }, stop.signal);
  await until(() => list.jobs.length === 50);
  list = withPage(list, await readPage(list.pageInfo.endCursor));
  assert.equal(new Set(ids(list.jobs)).size, 100);
  assert.equal(list.jobs[0].id, watched);
  await replaceNow(watched, { state: 'failed' });
  await until(() => list.jobs[0].state === 'FAILED');
  const first = await insertNow();
  await until(() => list.waiting.length === 1);
  const second = await insertNow({ state: 'running' });
  await until(() => list.waiting.length === 2);
  await replaceNow(first, { state: 'completed' });
  await until(() => list.waiting[1].state === 'COMPLETED');
  assert.deepEqual([list.jobs.length, ids(list.waiting)], [100, [second, first]]);
  list = withWaiting(list);
  assert.deepEqual([ids(list.jobs).slice(0, 3), list.waiting, list.jobs.length], [[second, first, watched], [], 102]);

  // Changes of jobs that no page has shown yet come with their pages.
  const oldest = list.jobs.at(-1);
  const unseen = { ...oldest, id: 'unseen', createdAt: '2026-01-01T00:00:00Z' };
  assert.deepEqual(withChanges(list, [unseen]), list);
  assert.deepEqual(ids(withChanges({ ...list, pageInfo: { hasNextPage: false } }, [unseen]).waiting), ['unseen']);

  // The connection is cut, and things happen meanwhile: the next stream tells of them, and nothing is read again.
  const readBefore = reads;
  way.cut();
  const third = await insertNow();
  await replaceNow(second, { state: 'completed' });
  way.mend();
  await until(() => list.waiting.length === 1 && list.jobs[0].state === 'COMPLETED');
  assert.deepEqual([ids(list.waiting), reads], [[third], readBefore]);
  if (by === socket) { // so does a connection that the page itself gives up
    socket.terminate();
    await replaceNow(second, { state: 'failed' });
    await until(() => list.jobs[0].state === 'FAILED');
    assert.equal(reads, readBefore);
  }
  stop.abort();
  await fresh;
}
await until(() => sockets.connections() === 0);

// Where changes may have been missed, the list is read again.
const old = new AbortController();
for await (const { resync, jobs, cursor } of changes(client, CHANGES, { types: ['no-such-type'] }, old.signal)) {
  assert.deepEqual([resync, jobs, cursor.length > 0], [false, [], true]);
  old.abort();
}
let resynced = noPages;
const again = new AbortController();
const scripted = { iterate: async function* iterate() {
  for (const change of [{ jobs: [], resync: false }, { jobs: [], resync: true }]) yield { data: { jobsChanged: { cursor: 'c', ...change } } };
} };
const before = reads;
await keepFresh(scripted, CHANGES, {}, readPage, (change) => {
  resynced = change(resynced);
  if (reads === before + 2) again.abort();
}, again.signal);
assert.equal(resynced.jobs.length, 50);

// Errors by code. A connection keeps the token that it has begun with.
token = 'invalid';
for (const by of [client, overSocket()]) await assert.rejects(events(by, CHANGES, () => ({})).next(), /token/i);
token = 'two words'; // which is HTTP 401
await assert.rejects(events(client, CHANGES, () => ({})).next(), ({ response }) => response.status === 401);
await assert.rejects(events(overSocket(), CHANGES, () => ({})).next(), ({ code }) => code === 4403);

// Whoever has ended holds no connection.
await until(() => sockets.connections() === 0);
streams.close();
sockets.close();
