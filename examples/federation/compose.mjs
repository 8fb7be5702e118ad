// Composes the supergraph that routers run on:
//
//	node compose.mjs
//
// It writes supergraph.graphql, or the file that SUPERGRAPH names, and beside it jobs.graphql, the gateway's own
// schema, for composers of other makes. JOBSGATEWAY is the gateway's binary; without it the source of this repository
// is run. JOBS_URL and DATASETS_URL are where routers find the subgraphs.
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';

const here = import.meta.dirname;
const {
  JOBSGATEWAY,
  JOBS_URL = 'http://127.0.0.1:8080/graphql',
  DATASETS_URL = 'http://127.0.0.1:4001/graphql',
  SUPERGRAPH = path.join(here, 'supergraph.graphql'),
} = process.env;

const [program, ...args] = JOBSGATEWAY ? [JOBSGATEWAY] : ['go', 'run', '../..'];
const jobs = execFileSync(program, [...args, 'schema', '--federation'], { cwd: here, encoding: 'utf8' });
const datasets = readFileSync(path.join(here, 'datasets.graphql'), 'utf8');

const { supergraphSdl, errors } = composeServices([
  { name: 'jobs', url: JOBS_URL, typeDefs: parse(jobs) },
  { name: 'datasets', url: DATASETS_URL, typeDefs: parse(datasets) },
]);
if (errors?.length) {
  for (const { message, extensions } of errors) console.error(`${extensions?.code ?? 'error'}: ${message}`);
  process.exit(1);
}
write(path.join(path.dirname(SUPERGRAPH), 'jobs.graphql'), jobs);
write(SUPERGRAPH, supergraphSdl);

// write replaces a file as a whole: a router that polls it sees the old one or the new one, never half of one.
function write(file, text) {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
