// Jobs that are watched with urql, over its own server-sent events and over those of npm's graphql-sse.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-sse';
import { cuttable, insertNow, replaceNow, schema as sdl, until } from '../world.mjs';
import { makeClient, overSSE, readSchema } from './client.mjs';
import { JOBS } from './documents.mjs';
import { watchJob, watchJobs } from './live.mjs';
import { loadNew } from './lists.mjs';

const warnings = [];
for (const level of ['warn', 'error']) console[level] = (...words) => warnings.push(words.join(' '));

const schema = readSchema(await sdl());
const way = await cuttable();
const headers = () => ({ authorization: `Bearer ${token}` });
let token = 'a-token';
let signIns = 0;
const never = new AbortController().signal;

for (const transport of [
  { fetchSubscriptions: true },
  { exchanges: [overSSE(createClient({ url: way.url, headers, retryAttempts: 0 }))] },
]) {
  token = 'a-token';
  const client = makeClient({ url: way.url, token: () => token, signIn: () => signIns++, schema, ...transport });
  let list;
  const watched = await insertNow({ state: 'pending' });
  const { unsubscribe } = client.query(JOBS, { filter: {}, first: 20 }).subscribe(({ data }) => { list = data?.jobs; });
  const row = (id) => list?.edges.find(({ node }) => node.id === id)?.node;
  await until(() => row(watched));

  // A job until it is final: the list shows it on the way.
  const ended = watchJob(client, watched, never);
  await replaceNow(watched, { state: 'running' });
  await until(() => row(watched).state === 'RUNNING');
  await replaceNow(watched, { state: 'completed' });
  assert.equal((await ended).state, 'COMPLETED');
  assert.equal(row(watched).isFinal, true);
  assert.equal(await watchJob(client, '00000000-0000-4000-8000-999999999999', never), null);
  await assert.rejects(watchJob(client, 'no-uuid', never), /UUID/);

  // A list: known jobs change where they are, new ones come when they are asked for, also over a cut.
  const changes = [];
  const stop = new AbortController();
  const stopped = watchJobs(client, {}, (change) => changes.push(change), stop.signal);
  const known = () => changes.flatMap(({ jobs }) => jobs.map(({ id }) => id));
  await until(() => changes.length > 0);
  await replaceNow(watched, { state: 'failed' });
  await until(() => row(watched).state === 'FAILED');
  way.cut();
  const arrived = await insertNow();
  await replaceNow(watched, { state: 'cancelled' });
  way.mend();
  await until(() => row(watched).state === 'CANCELLED' && known().includes(arrived));
  assert.ok(changes.every(({ resync }) => !resync));
  assert.equal(row(arrived), undefined);
  await loadNew(client, {}, list.pageInfo.startCursor);
  await until(() => row(arrived));
  assert.equal(list.edges[0].node.id, arrived);
  stop.abort();
  await stopped;
  unsubscribe();

  token = 'invalid';
  const before = signIns;
  await assert.rejects(watchJobs(client, {}, () => {}, never), /token/i);
  assert.ok(signIns > before);
}
assert.deepEqual(warnings, []);
way.close();
