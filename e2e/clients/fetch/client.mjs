// Runs what docs/frontends.md shows of a client that is nothing but fetch.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { calls, fail, insert, replace, url } from '../world.mjs';
import { allJobs, arrivedSince, changedSince, connect, untilFinal } from './jobs.mjs';
import { secondsToWait } from './retry.mjs';

const documents = readFileSync(new URL('documents.graphql', import.meta.url), 'utf8');
const document = (name) => documents.match(new RegExp(`query ${name}\\b[^]*?\\n}`))[0];
const ask = connect(url, 'a-token');

// All jobs of a filter: each once, as many as there are.
const filter = { states: ['COMPLETED'] };
const { data: { jobs: { totalCount } } } = await ask('query($filter: JobFilter) { jobs(first: 0, filter: $filter) { totalCount } }', { filter });
const ids = new Set();
let read = 0;
for await (const { id } of allJobs(ask, document('Jobs'), filter)) ids.add(id), read++;
assert.ok(totalCount > 100 && read === totalCount && ids.size === totalCount, `${read} of ${totalCount}`);

// What arrives: nothing, then more than a page.
const { data: newest } = await ask('{ jobs(first: 10) { pageInfo { startCursor } } }');
let since = await arrivedSince(ask, document('Arrived'), {}, newest.jobs.pageInfo.startCursor);
assert.deepEqual(since, { arrived: [], startCursor: newest.jobs.pageInfo.startCursor });
const inserted = [];
for (let i = 0; i < 55; i++) inserted.unshift(await insert());
since = await arrivedSince(ask, document('Arrived'), {}, since.startCursor);
assert.deepEqual(since.arrived.map(({ id }) => id), inserted);
assert.deepEqual((await arrivedSince(ask, document('Arrived'), {}, since.startCursor)).arrived, []);

// What changes: the job that was known comes again, and so does what has changed.
const known = '2100-01-01T00:00:54Z';
await replace(inserted.at(-1), { state: 'running', updated_at: '2100-01-01T00:01:00.5' });
const before = await calls();
const { changed, from } = await changedSince(ask, document('Changed'), {}, known);
assert.deepEqual(changed.map(({ id, state }) => [id, state]), [[inserted.at(-1), 'RUNNING'], [inserted[0], 'PENDING']]);
assert.equal(from, '2100-01-01T00:01:00.5Z');
assert.equal(await calls() - before, 1, 'a poll costs one call');

// One job until it has ended, over a moment in which the API does not answer.
const polled = inserted[0];
const ended = untilFinal(ask, document('OneJob'), polled, 50);
await fail({ status: 500 });
await replace(polled, { state: 'completed', ended_at: '2100-01-01T00:02:00' });
assert.equal((await ended).state, 'COMPLETED');
await replace(polled, { state: 'failed', failures: [7] }); // which no failure can be
assert.deepEqual(await untilFinal(ask, document('OneJob'), polled), { ...(await ended), state: 'FAILED', rawState: 'failed', durationSeconds: 0 });
assert.equal(await untilFinal(ask, document('OneJob'), '00000000-0000-4000-8000-999999999999'), null);
await assert.rejects(untilFinal(ask, document('OneJob'), 'no-uuid'), /UUID/);

// A range of time.
const { data: { jobs: failed } } = await ask(document('Failed'), { from: '2026-01-06T00:00:00Z', to: '2026-01-10T00:00:00Z' });
assert.ok(failed.totalCount > 0 && failed.nodes.every(({ createdAt }) => /^2026-01-0[6-9]/.test(createdAt)));

// A board of datasets.
const { data: { datasets } } = await ask(document('Board'), { ids: ['10674', '10705'] });
assert.ok(datasets.length === 2 && datasets.every(({ latestJob }) => latestJob.id));

// 64-bit integers: snapshotId has all digits, and raw has them too, but JSON.parse rounds them.
const { data: { jobs: { nodes: snapshots } } } = await ask(document('Snapshots'));
const rounded = snapshots.filter(({ result }) => result?.snapshotId && typeof result.raw.snapshot_id === 'number');
assert.ok(rounded.length > 0);
for (const { result } of rounded) {
  assert.notEqual(BigInt(result.snapshotId), BigInt(result.raw.snapshot_id));
  assert.equal(Number(result.snapshotId), result.raw.snapshot_id);
}

// When to try again.
const codes = async () => (await ask('{ jobs(first: 1) { nodes { id } } }')).errors;
await fail({ status: 429, retryAfter: 7 });
const limited = await codes();
assert.equal(limited[0].extensions.code, 'UPSTREAM_RATE_LIMITED');
const seconds = secondsToWait(limited);
assert.ok(seconds > 5 && seconds <= 7, seconds);
const { errors: refused } = await connect(url, 'invalid')('{ jobs(first: 1) { nodes { id } } }');
assert.equal(refused[0].extensions.code, 'UNAUTHENTICATED');
assert.equal(secondsToWait(refused), null);
const { errors: malformed } = await connect(url, 'two words')('{ __typename }'); // which is HTTP 401
assert.equal(malformed[0].extensions.code, 'UNAUTHENTICATED');
assert.equal(secondsToWait(undefined), null);
assert.equal(secondsToWait([{ extensions: { retryable: true, retryAfterSeconds: 86400 } }]), null);
