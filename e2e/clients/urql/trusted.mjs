// urql with a gateway that runs listed documents alone.
import assert from 'node:assert/strict';
import { gql } from '@urql/core';
import { recordingFetch, schema, url } from '../world.mjs';
import { makeClient, readSchema, trusted } from './client.mjs';
import { JOBS } from './documents.mjs';

const { fetch, requests } = recordingFetch();
const client = makeClient({ url, token: () => 'a-token', signIn() {}, schema: readSchema(await schema()), exchanges: [trusted()], fetch });
const { data, error: none } = await client.query(JOBS, { first: 3 }).toPromise();
assert.ok(data.jobs.edges.length === 3 && !none);
assert.deepEqual(requests.map(({ method, url }) => [method, new URL(url).searchParams.has('query')]), [['GET', false]]);

const { error } = await client.query(gql`{ jobs(first: 1) { totalCount } }`, {}).toPromise();
assert.deepEqual(error.graphQLErrors.map(({ extensions }) => extensions.code), ['PERSISTED_DOCUMENT_NOT_FOUND']);
assert.deepEqual([requests.length, requests.at(-1).status], [2, 400]);
