// What Go's test has started, for scripts that it runs: the gateway's URL, and how to change what the Jobs API
// behind it holds and does (clients.go).
import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const { GATEWAY, CONTROL } = process.env;

export const url = `${GATEWAY}/graphql`;

// schema is what the gateway says of its schema to anybody.
export const schema = async () => (await fetch(`${GATEWAY}/schema.graphql`)).text();

let inserted = 0;

// insert adds a job that is newer than all others and returns its id; members of the record replace the usual ones.
export async function insert(members = {}) {
  const number = String(inserted++).padStart(2, '0');
  const at = `2100-01-01T00:00:${number}`;
  const id = `00000000-0000-4000-8000-0000000000${number}`;
  const record = { job_id: id, state: 'pending', type: 'upload-stats', created_at: at, updated_at: at, ...members };
  await control('POST', '/jobs', record);
  return id;
}

// insertNow is insert of a job that is created at this moment.
export async function insertNow(members) {
  const at = now();
  const id = await insert({ created_at: at, updated_at: at, ...members });
  createdAt.set(id, at);
  return id;
}

const createdAt = new Map(); // of what insertNow has added
const now = () => new Date().toISOString().slice(0, -1);

// replace puts a record in the place of one that insert has added.
export async function replace(id, members) {
  const at = `2100-01-01T00:00:${id.slice(-2)}`;
  await control('PUT', `/jobs/${id}`, { job_id: id, state: 'pending', type: 'upload-stats', created_at: at, updated_at: at, ...members });
}

// replaceNow is replace, at this moment, of a job that insertNow has added.
export const replaceNow = (id, members) => replace(id, { created_at: createdAt.get(id), updated_at: now(), ...members });

// remove takes a job away.
export const remove = (id) => control('DELETE', `/jobs/${id}`);

// fail lets the next calls of the Jobs API fail or wait: so many times, with a status, Retry-After in seconds, and a
// delay in milliseconds.
export const fail = ({ status = 0, times = 1, retryAfter = 0, delay = 0 }) => control('POST', '/faults', { status, times, retryAfter, delay });

// ids are those of all jobs, the newest first.
export const ids = async () => JSON.parse(await control('GET', '/jobs'));

// calls is how many requests the Jobs API has got.
export const calls = async () => Number(await control('GET', '/calls'));

// recordingFetch is fetch, and a list of what went through it: method, URL and body of the requests, status and text
// of the answers.
export function recordingFetch() {
  const requests = [];
  const recording = async (input, init = {}) => {
    const response = await fetch(input, init);
    const headers = new Headers(init.headers);
    requests.push({
      method: init.method ?? 'GET', url: String(input), headers, body: init.body ? JSON.parse(init.body) : undefined,
      status: response.status, text: await response.clone().text(),
    });
    return response;
  };
  return { fetch: recording, requests };
}

async function control(method, path, body) {
  const response = await fetch(CONTROL + path, { method, body: body && JSON.stringify(body) });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text;
}

// until waits until a condition holds, for at most 20 seconds.
export async function until(holds) {
  for (const end = Date.now() + 20_000; !holds(); await sleep(5)) assert.ok(Date.now() < end, `never: ${holds}`);
}

// cuttable is a way to the gateway whose connections can be cut; from then on it refuses new ones until it is mended. What
// is open on it keeps no script from its end, but the connections of the script's clients do.
export async function cuttable() {
  const open = new Set();
  let broken = false;
  const { hostname, port } = new URL(GATEWAY);
  const server = createServer((socket) => {
    if (broken) {
      socket.destroy();
      return;
    }
    const upstream = connect(port, hostname);
    for (const [end, other] of [[socket, upstream], [upstream, socket]]) {
      open.add(end);
      end.unref().on('error', () => {}).on('close', () => { open.delete(end); other.destroy(); }).pipe(other);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/graphql`,
    connections: () => open.size / 2,
    cut() {
      broken = true;
      open.forEach((end) => end.destroy());
    },
    mend() { broken = false; },
    close: () => server.close(),
  };
}
