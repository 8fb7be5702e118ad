// urql on node, with what docs/frontends.md shows of it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gql } from '@urql/core';
import { minifyIntrospectionQuery } from '@urql/introspection';
import { getIntrospectionQuery } from 'graphql';
import { calls, fail, insert, recordingFetch, remove, replace, schema as sdl, until, url } from '../world.mjs';
import { makeClient, persisted, readSchema } from './client.mjs';
import { JOBS } from './documents.mjs';
import { loadNew, untilFinal } from './lists.mjs';

const { version } = JSON.parse(readFileSync(new URL('node_modules/@urql/core/package.json', import.meta.url)));
const warnings = [];
for (const level of ['warn', 'error']) console[level] = (...words) => warnings.push(words.join(' '));

let token = 'a-token';
let signIns = 0;
const { fetch, requests } = recordingFetch();
const options = { url, token: () => token, signIn: () => signIns++, schema: readSchema(await sdl()), fetch };
const client = makeClient({ ...options, preferGetMethod: false });
const network = { requestPolicy: 'network-only' };
const query = async (document, variables, context, by = client) => {
  const { data, error } = await by.query(document, variables, context).toPromise();
  return { data, error, codes: error?.graphQLErrors.map(({ extensions }) => extensions.code) };
};
const ids = ({ jobs }) => jobs.edges.map(({ node }) => node.id);

// A list with a filter, page by page to its end: each job once, in one list of the cache.
const filter = { states: ['COMPLETED'] };
let { data: list } = await query(JOBS, { filter, first: 50 });
for (let pages = 1; list.jobs.pageInfo.hasNextPage; pages++) {
  assert.ok(pages < 10);
  ({ data: list } = await query(JOBS, { filter, first: 50, after: list.jobs.pageInfo.endCursor }));
}
const { data: { jobs: { totalCount } } } = await query(gql`query($filter: JobFilter) { jobs(first: 0, filter: $filter) { totalCount } }`, { filter });
assert.ok(totalCount > 100 && ids(list).length === totalCount && new Set(ids(list)).size === totalCount);
assert.ok(list.jobs.edges.every(({ node }) => node.state === 'COMPLETED'));
assert.ok(requests.every(({ method }) => method === 'POST'));

// What is new: nothing, nothing again, and then more than a page of it, in front of the list that is shown.
let shown;
const { unsubscribe } = client.query(JOBS, { filter: {}, first: 20 }).subscribe(({ data }) => { shown = data; });
await until(() => shown);
const first = ids(shown);
const { startCursor } = shown.jobs.pageInfo;
await loadNew(client, {}, startCursor);
await loadNew(client, {}, startCursor);
assert.deepEqual(ids(shown), first);
const inserted = [];
for (let i = 0; i < 55; i++) inserted.unshift(await insert());
const before = await calls();
await loadNew(client, {}, startCursor);
assert.ok(await calls() - before <= 3);
await until(() => ids(shown).length === 75);
assert.deepEqual(ids(shown), [...inserted, ...first]);
await query(JOBS, { filter: {}, first: 20, after: shown.jobs.pageInfo.endCursor });
await until(() => ids(shown).length === 95);
await loadNew(client, {}, shown.jobs.pageInfo.startCursor);
assert.equal(new Set(ids(shown)).size, 95);
await insert({ state: null }); // cannot be read
inserted.unshift(await insert());
await loadNew(client, {}, shown.jobs.pageInfo.startCursor);
await until(() => ids(shown)[0] === inserted[0]);
await remove('00000000-0000-4000-8000-000000000055');
unsubscribe();

// Partial data: a record that cannot be read is left out, and said.
await insert({ state: null });
const partial = await query(JOBS, { filter: { types: ['upload-stats'] }, first: 10 });
assert.equal(partial.data.jobs.edges.length, 9);
assert.deepEqual(partial.codes, ['UPSTREAM_BAD_RESPONSE']);
assert.equal(partial.error.graphQLErrors[0].extensions.upstreamIndex, 0);
await remove('00000000-0000-4000-8000-000000000057');

// Errors by code: a retry where it helps, none where it does not.
const count = gql`query Count { jobs(first: 0) { totalCount } }`;
let sent = requests.length;
const began = Date.now();
await fail({ status: 429, retryAfter: 1 });
const again = await query(count, {}, network);
assert.deepEqual([again.codes, again.data.jobs.totalCount], [undefined, 296]);
assert.ok(requests.length - sent === 2 && Date.now() - began >= 900, 'a second request, later');
token = 'invalid';
sent = requests.length;
assert.deepEqual((await query(count, {}, network)).codes, ['UNAUTHENTICATED']);
assert.deepEqual([requests.length - sent, signIns], [1, 1]);
token = 'forbidden';
assert.deepEqual((await query(count, {}, network)).codes, ['FORBIDDEN']);
token = 'two words';
assert.deepEqual([(await query(count, {}, network)).codes, requests.at(-1).status], [['UNAUTHENTICATED'], 401]);
assert.equal(signIns, 2);
token = 'a-token';
assert.deepEqual((await query(gql`{ jobs { nope } }`, {}, network)).codes, ['GRAPHQL_VALIDATION_FAILED']);

// A job is polled until it has ended.
const ended = untilFinal(client, inserted[0], 30);
await replace(inserted[0], { state: 'running' });
await until(() => requests.some(({ text }) => text.includes('"RUNNING"')));
await replace(inserted[0], { state: 'completed' });
assert.equal((await ended).state, 'COMPLETED');
await replace(inserted[0], { state: 'failed', failures: [7] }); // which no failure can be
assert.equal((await untilFinal(client, inserted[0])).state, 'FAILED');
assert.equal(await untilFinal(client, '00000000-0000-4000-8000-999999999999'), null);

// What has no id, interfaces and scalars: another query reads them from the cache.
const everything = gql`query Everything { jobs(first: 50, filter: { types: ["materialize-view"] }) { edges { node {
  id ...Named tags requestSource { type companyId } failures { message detail } dataPlane { id }
  input { __typename raw ... on MaterializeViewSpec { nql dataset { id } } }
  result { __typename raw ... on MaterializeViewResult { snapshotId dataset { id jobs(first: 2) { totalCount nodes { id } pageInfo { endCursor } } } } }
} } } jobStateCounts { state count } }
fragment Named on Node { id }`;
const { data: exact, codes: none } = await query(everything);
assert.deepEqual(none, undefined);
sent = requests.length;
const { node } = exact.jobs.edges.find((edge) => edge.node.result?.snapshotId);
assert.match(node.result.snapshotId, /^\d{19}$/);
const { data: one } = await query(gql`query One($id: ID!) { job(id: $id) { id result { raw ... on MaterializeViewResult { snapshotId } } } }`, { id: node.id });
assert.deepEqual([one.job.result.snapshotId, requests.length], [node.result.snapshotId, sent], 'from the cache');

// The schema may also come by introspection, and lists work without one.
const { data: introspected } = await query(getIntrospectionQuery());
for (const schema of [minifyIntrospectionQuery(introspected), undefined]) {
  const other = makeClient({ ...options, schema });
  const { data: page } = await query(JOBS, { first: 10 }, {}, other);
  const { data: pages } = await query(JOBS, { first: 10, after: page.jobs.pageInfo.endCursor }, {}, other);
  assert.deepEqual([ids(pages).length, ids(pages).slice(0, 10)], [20, ids(page)]);
  if (schema) assert.deepEqual(await query(everything, {}, {}, other), { data: exact, error: undefined, codes: undefined });
}

// By GET, which is urql 5's own choice for short queries.
await query(JOBS, { first: 3 }, {}, makeClient(options));
assert.equal(requests.at(-1).method, version.startsWith('6.') ? 'GET' : 'POST');
await query(JOBS, { first: 3, filter: { states: ['FAILED'] } }, {}, makeClient({ ...options, preferGetMethod: true }));
assert.ok(requests.at(-1).method === 'GET' && requests.at(-1).url.startsWith(`${url}?`));

// Persisted queries: the hash alone, then once with the document, then the hash alone; by GET where the URL is short.
for (const [by, how] of [['GET', undefined], ['POST', { preferGetForPersistedQueries: false }]]) {
  const document = gql`query By${by} { jobs(first: 1, orderBy: CREATED_AT_ASC) { nodes { id type } } }`;
  const hashing = makeClient({ ...options, exchanges: [persisted(how)], preferGetMethod: false });
  sent = requests.length;
  for (let i = 0; i < 2; i++) {
    const { data, error } = await query(document, {}, network, hashing);
    assert.ok(data.jobs.nodes.length === 1 && !error);
  }
  const got = requests.slice(sent).map(({ method, url, body, status }) => [method, Boolean(body?.query ?? new URL(url).searchParams.get('query')), status]);
  assert.deepEqual(got, [[by, false, 200], [by, true, 200], [by, false, 200]]);
}

assert.deepEqual(warnings, []);
