// Apollo Client with a gateway that has room for one operation: what is turned away with HTTP 503 is asked again.
import assert from 'node:assert/strict';
import { fail, recordingFetch, until, url } from '../world.mjs';
import { makeClient } from './client.mjs';
import { JOBS } from './documents.mjs';

const { fetch, requests } = recordingFetch();
const client = makeClient({ uri: url, token: async () => 'a-token', signIn() {}, fetch });
const ask = (first) => client.query({ query: JOBS, variables: { first }, fetchPolicy: 'no-cache' });
await fail({ delay: 1500 });
const slow = ask(1);
const turnedAway = ask(2);
await until(() => requests.length > 0);
assert.deepEqual([requests[0].status, JSON.parse(requests[0].text).errors[0].extensions.code], [503, 'REQUEST_CONCURRENCY_LIMITED']);
assert.equal((await slow).data.jobs.edges.length, 1);
assert.equal((await turnedAway).data.jobs.edges.length, 2);
