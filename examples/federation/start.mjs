// Starts everything on this machine, and ends it on ^C: the gateway over demonstration data, the datasets subgraph, and
// Hive Gateway over both.
//
//	node start.mjs
//
// PORT (4000), JOBS_PORT (8080) and DATASETS_PORT (4001) are where they listen. JOBSGATEWAY is the gateway's binary;
// without it, the one of this repository is built. Ends with 0 when it was asked to end, with 1 when a part failed.
import { execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const startLimit = 120_000;
const stopLimit = 12_000; // the gateway drains for up to ten seconds

const here = import.meta.dirname;
const { PORT = '4000', JOBS_PORT = '8080', DATASETS_PORT = '4001', SUPERGRAPH = path.join(here, 'supergraph.graphql') } = process.env;
const router = `http://127.0.0.1:${PORT}`;
const jobs = `http://127.0.0.1:${JOBS_PORT}`;
const datasets = `http://127.0.0.1:${DATASETS_PORT}`;

const running = new Map(); // name -> child process
let ending = false;

// Handlers stay for good: a terminal and npm may both send the signal, and a second one must not cut the end short.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(0));

try {
  await checkFree({ PORT, JOBS_PORT, DATASETS_PORT });
  const binary = process.env.JOBSGATEWAY ?? build();
  const env = { JOBSGATEWAY: binary, JOBS_URL: `${jobs}/graphql`, DATASETS_URL: `${datasets}/graphql`, SUPERGRAPH };
  execFileSync(process.execPath, ['compose.mjs'], { cwd: here, env: { ...process.env, ...env }, stdio: 'inherit' });

  start('the jobs gateway', binary, ['--demo', '--listen', `127.0.0.1:${JOBS_PORT}`, '--admin-listen', '127.0.0.1:0', '--log-level', 'warn']);
  start('the datasets subgraph', process.execPath, ['datasets.mjs'], { DATASETS_PORT });
  start('the router', process.execPath, ['node_modules/@graphql-hive/gateway/dist/bin.js', 'supergraph', '--disable-websockets'], {
    PORT,
    SUPERGRAPH,
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn',
  });
  await Promise.all([answers(`${jobs}/schema.graphql`), answers(`${datasets}/health`), answers(`${router}/readiness`)]);
  if (!ending) welcome();
} catch (error) {
  if (!ending) console.error(error.message);
  await end(1);
}

// checkFree names the variable of a port that something else has, before anything is started.
async function checkFree(ports) {
  for (const [variable, port] of Object.entries(ports)) {
    await new Promise((resolve, reject) => {
      const probe = createServer()
        .once('error', ({ code }) => reject(new Error(`port ${port} cannot be used (${code}): set ${variable} to another one`)))
        .listen(Number(port), '127.0.0.1', () => probe.close(resolve));
    });
  }
}

function build() {
  const binary = path.join(here, 'node_modules', '.cache', 'jobsgateway');
  execFileSync('go', ['build', '-o', binary, '../..'], { cwd: here, stdio: 'inherit' });
  return binary;
}

// start runs one part in a session of its own, so that ^C reaches this program alone, which then ends the parts once
// and in order. A part that ends by itself ends everything.
function start(name, command, args, env = {}) {
  if (ending) return;
  const part = spawn(command, args, { cwd: here, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'], detached: true });
  running.set(name, part);
  part.once('error', (error) => failed(name, error.message));
  part.once('exit', (code, signal) => failed(name, `ended with ${signal ?? code}`));
}

function failed(name, why) {
  running.delete(name);
  if (!ending) console.error(`${name}: ${why}`);
  void end(1);
}

async function answers(url) {
  for (const deadline = Date.now() + startLimit; !ending; await sleep(50)) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
    if (answer?.ok) return;
    if (Date.now() > deadline) throw new Error(`${url} has not answered within ${startLimit / 1000} s`);
  }
}

// end stops the parts, each with one signal, and then this program. What does not end in time is killed.
async function end(code) {
  if (ending) return;
  ending = true;
  for (const part of running.values()) part.kill('SIGTERM');
  for (const deadline = Date.now() + stopLimit; running.size > 0 && Date.now() < deadline; ) await sleep(20);
  for (const part of running.values()) part.kill('SIGKILL');
  process.exit(running.size > 0 ? 1 : code);
}

function welcome() {
  console.log(`
A federated graph of two subgraphs. Open

    ${router}/graphql

or ask from another terminal:

    curl -s ${router}/graphql -H 'Authorization: Bearer demo' \\
      -H 'Content-Type: application/json' \\
      -d '{"query":"{ jobs(first: 3, filter: {datasetId: 10674}) { nodes { type state runbook dataset { id name } } } }"}'

Any token works here, except "invalid" and "forbidden". Stop with Ctrl-C.
`);
}
