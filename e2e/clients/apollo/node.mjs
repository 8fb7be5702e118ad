// Apollo Client on node, with what docs/frontends.md shows of it.
import assert from 'node:assert/strict';
import { CombinedGraphQLErrors, gql } from '@apollo/client';
import { filter, firstValueFrom } from 'rxjs';
import { calls, fail, insert, recordingFetch, remove, replace, until, url } from '../world.mjs';
import { makeClient, persisted } from './client.mjs';
import { JOB, JOBS } from './documents.mjs';
import { loadMore, loadNew, untilFinal } from './lists.mjs';

let token = 'a-token';
let signIns = 0;
const { fetch, requests } = recordingFetch();
const options = { uri: url, token: async () => token, signIn: () => signIns++, fetch };
const client = makeClient(options);
const ids = ({ jobs }) => jobs.edges.map(({ node }) => node.id);
const loaded = (list) => firstValueFrom(list.pipe(filter(({ dataState }) => dataState === 'complete')));
const codes = (error) => (CombinedGraphQLErrors.is(error) ? error.errors.map(({ extensions }) => extensions.code) : error);

// A list with a filter, page by page to its end: each job once.
const completed = client.watchQuery({ query: JOBS, variables: { filter: { states: ['COMPLETED'] }, first: 50 } });
const subscription = completed.subscribe({});
await loaded(completed);
for (let pages = 1; await loadMore(completed); pages++) await until(() => ids(completed.getCurrentResult().data).length > 50 * pages);
const { data: list } = completed.getCurrentResult();
assert.ok(list.jobs.totalCount > 100 && list.jobs.edges.length === list.jobs.totalCount);
assert.equal(new Set(ids(list)).size, list.jobs.totalCount);
assert.ok(list.jobs.edges.every(({ node }) => node.state === 'COMPLETED'));
subscription.unsubscribe();

// Another filter and another order are other lists of the cache.
const oldest = client.watchQuery({ query: JOBS, variables: { orderBy: 'CREATED_AT_ASC', first: 20 } });
const newest = client.watchQuery({ query: JOBS, variables: { first: 20 }, errorPolicy: 'all' });
const subscriptions = [oldest.subscribe({}), newest.subscribe({})];
await loaded(oldest);
await loaded(newest);
await loadMore(oldest);
await until(() => ids(oldest.getCurrentResult().data).length === 40);
assert.equal(newest.getCurrentResult().data.jobs.edges.length, 20);
assert.ok(oldest.getCurrentResult().data.jobs.edges[0].node.createdAt < newest.getCurrentResult().data.jobs.edges[0].node.createdAt);

// What is new: nothing, nothing again, and then more than a page of it.
const first = ids(newest.getCurrentResult().data);
assert.equal(await loadNew(newest), 0);
assert.equal(await loadNew(newest), 0);
const inserted = [];
for (let i = 0; i < 55; i++) inserted.unshift(await insert());
const before = await calls();
assert.equal(await loadNew(newest), 55);
await until(() => ids(newest.getCurrentResult().data).length === 75);
assert.ok(await calls() - before <= 3);
assert.deepEqual(ids(newest.getCurrentResult().data), [...inserted, ...first]);
await loadMore(newest); // goes on behind the oldest that is known
await until(() => ids(newest.getCurrentResult().data).length === 95);
const known = newest.getCurrentResult().data.jobs;
assert.equal(new Set(ids({ jobs: known })).size, 95);
assert.equal(known.totalCount, 295);
await insert({ state: null }); // cannot be read
inserted.unshift(await insert());
assert.equal(await loadNew(newest), 1);
await until(() => ids(newest.getCurrentResult().data)[0] === inserted[0]);
await remove('00000000-0000-4000-8000-000000000055');
await fail({ status: 403 }); // after which nothing asks again
await assert.rejects(loadMore(newest), (error) => codes(error)[0] === 'FORBIDDEN');
assert.equal(ids(newest.getCurrentResult().data).length, 96, 'the list is still there');
await newest.refetch(); // as pollInterval does
await until(() => ids(newest.getCurrentResult().data).length === 20);
for (const each of subscriptions) each.unsubscribe();

// Partial data: a record that cannot be read is left out, and said.
await insert({ state: null });
const { data: partial, error: unreadable } = await client.query({ query: JOBS, variables: { first: 10, filter: {} }, errorPolicy: 'all' });
assert.equal(partial.jobs.edges.length, 9);
assert.deepEqual(codes(unreadable), ['UPSTREAM_BAD_RESPONSE']);
assert.equal(unreadable.errors[0].extensions.upstreamIndex, 0);
await assert.rejects(client.query({ query: JOBS, variables: { first: 10, filter: {} }, fetchPolicy: 'network-only' }), CombinedGraphQLErrors);
await remove('00000000-0000-4000-8000-000000000057');

// Errors by code: a retry where it helps, after as long as the API says; none where it does not.
const count = gql`query Count { jobs(first: 0) { totalCount } }`;
const fresh = () => client.query({ query: count, fetchPolicy: 'no-cache', errorPolicy: 'all' });
let sent = requests.length;
const began = Date.now();
await fail({ status: 429, retryAfter: 1 });
const again = await fresh();
assert.equal(again.error, undefined);
assert.equal(again.data.jobs.totalCount, 296);
assert.ok(requests.length - sent === 2 && Date.now() - began >= 900, 'a second request, a second later');

token = 'invalid';
sent = requests.length;
assert.deepEqual(codes((await fresh()).error), ['UNAUTHENTICATED']);
assert.deepEqual([requests.length - sent, signIns], [1, 1]);
token = 'forbidden';
assert.deepEqual(codes((await fresh()).error), ['FORBIDDEN']);
token = 'two words';
sent = requests.length;
assert.deepEqual(codes((await fresh()).error), ['UNAUTHENTICATED']);
assert.deepEqual([requests.length - sent, requests.at(-1).status, signIns], [1, 401, 2]);
token = 'a-token';

const board = gql`query Board($ids: [ID!]!) { datasets(ids: $ids) { id latestJob { id state } } }`;
sent = requests.length;
const many = await client.query({ query: board, variables: { ids: Array.from({ length: 20 }, (_, i) => 10674 + 31 * i) }, errorPolicy: 'all' });
assert.ok(codes(many.error).every((code) => code === 'REQUEST_LIMIT_EXCEEDED'), codes(many.error));
assert.equal(many.data.datasets.filter(({ latestJob }) => latestJob).length, 5, 'the budget of calls');
assert.equal(requests.length - sent, 1, 'no retry');

const invalid = await client.query({ query: gql`{ jobs { nope } }`, errorPolicy: 'all' });
assert.deepEqual(codes(invalid.error), ['GRAPHQL_VALIDATION_FAILED']);
assert.equal(requests.at(-1).status, 400);

// A job is polled until it has ended; who watches it is told.
const states = [];
const watched = client.watchQuery({ query: JOB, variables: { id: inserted[0] } }).subscribe(({ data }) => states.push(data?.job.state));
const ended = untilFinal(client, inserted[0], 30);
await replace(inserted[0], { state: 'running' });
await until(() => states.includes('RUNNING'));
await replace(inserted[0], { state: 'completed' });
assert.equal((await ended).isFinal, true);
await until(() => states.at(-1) === 'COMPLETED');
watched.unsubscribe();
await replace(inserted[0], { state: 'failed', failures: [7] }); // which no failure can be
assert.equal((await untilFinal(client, inserted[0])).state, 'FAILED');
assert.equal(await untilFinal(client, '00000000-0000-4000-8000-999999999999'), null);
await assert.rejects(untilFinal(client, 'no-uuid'), /UUID/);

// A fragment on an interface is read by possibleTypes, and objects without an id are put together.
const snapshots = gql`query Snapshots { jobs(first: 50, filter: { types: ["materialize-view"], states: [COMPLETED] }) {
  edges { node { ...Named input { ...Raw } result { ... on MaterializeViewResult { snapshotId } } } } } }
  fragment Named on Node { id }
  fragment Raw on JobSpec { raw }`;
const raws = gql`query Raws { jobs(first: 50, filter: { types: ["materialize-view"], states: [COMPLETED] }) {
  edges { node { id result { raw } } } } }`;
const { data: exact } = await client.query({ query: snapshots });
await client.query({ query: raws });
assert.deepEqual(client.readQuery({ query: snapshots }), exact, 'the second query has lost nothing of the first');
const { node } = exact.jobs.edges.find(({ node }) => node.result?.snapshotId);
assert.match(node.result.snapshotId, /^\d{19}$/);
assert.ok(node.id && node.input.raw);
const { data: byId } = await client.query({ query: gql`query Any($id: ID!) { node(id: $id) { id ... on Job { state } ... on Dataset { latestJob { id } } } }`, variables: { id: node.id } });
assert.deepEqual([byId.node.__typename, byId.node.state], ['Job', 'COMPLETED']);

// By GET.
const getting = makeClient({ ...options, useGETForQueries: true });
const { data: got } = await getting.query({ query: JOBS, variables: { first: 3, filter: { states: ['FAILED'] } } });
assert.equal(got.jobs.edges.length, 3);
assert.ok(requests.at(-1).method === 'GET' && requests.at(-1).url.startsWith(`${url}?`));

// Persisted queries: the hash alone, then once with the document, then the hash alone.
for (const [by, how] of [['GET', undefined], ['POST', { useGETForHashedQueries: false }]]) {
  const query = gql(`query By${by} { jobs(first: 1, orderBy: CREATED_AT_ASC) { nodes { id type } } }`);
  const hashing = makeClient({ ...options, links: [persisted(how)] });
  sent = requests.length;
  for (let i = 0; i < 2; i++) {
    const { data, error } = await hashing.query({ query, fetchPolicy: 'no-cache' });
    assert.ok(data.jobs.nodes.length === 1 && !error);
  }
  const shapes = requests.slice(sent).map(({ method, body, status }) => [method, Boolean(body?.query), status]);
  assert.deepEqual(shapes, [[by, false, 200], ['POST', true, 200], [by, false, 200]]);
}
