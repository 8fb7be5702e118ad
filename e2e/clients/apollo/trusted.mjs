// Apollo Client with a gateway that runs listed documents alone.
import assert from 'node:assert/strict';
import { gql } from '@apollo/client';
import { recordingFetch, url } from '../world.mjs';
import { makeClient, persisted } from './client.mjs';
import { JOBS } from './documents.mjs';

const { fetch, requests } = recordingFetch();
const client = makeClient({ uri: url, token: async () => 'a-token', signIn() {}, links: [persisted()], fetch });
const { data } = await client.query({ query: JOBS, variables: { first: 3 } });
assert.equal(data.jobs.edges.length, 3);
assert.deepEqual(requests.map(({ method, url }) => [method, new URL(url).searchParams.has('query')]), [['GET', false]]);

const { error } = await client.query({ query: gql`{ jobs(first: 1) { totalCount } }`, errorPolicy: 'all' });
assert.deepEqual(error.errors.map(({ extensions }) => extensions.code), ['PERSISTED_DOCUMENT_NOT_FOUND']);
assert.deepEqual([requests.length, requests.at(-1).status], [2, 400]);
