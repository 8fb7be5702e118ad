// What docs/frontends.md shows of jobs that are watched.
import { events } from './client.mjs';

// region untilFinal
// Shows a job at once and whenever it has changed, and returns it when its state is final; null if there is none.
export async function untilFinal(client, query, id, show, signal) {
  for await (const { data, errors } of events(client, query, () => ({ id }), signal)) {
    const job = data.jobUpdated;
    if (job?.isFinal || (!job && !errors)) return job;
    if (job) show(job);
  }
  return undefined; // stopped by signal
}
// endregion

// region changes
// The changes of the jobs of a filter. A stream goes on where the one before has ended, so none is left out.
export async function* changes(client, query, filter, signal) {
  let since;
  for await (const { data } of events(client, query, () => ({ filter, since }), signal)) {
    since = data.jobsChanged.cursor;
    yield data.jobsChanged;
  }
}
// endregion

// region list
// A list of pages, the newest job first. What is new waits until somebody asks for it.
export const noPages = { jobs: [], waiting: [], pageInfo: { hasNextPage: true, endCursor: null } };

export function withPage({ jobs, waiting }, { nodes, pageInfo }) {
  const known = new Set([...jobs, ...waiting].map(({ id }) => id));
  return { jobs: [...jobs, ...nodes.filter(({ id }) => !known.has(id))], waiting, pageInfo };
}

export function withChanges({ jobs, waiting, pageInfo }, changed) {
  const known = new Set([...jobs, ...waiting].map(({ id }) => id));
  const last = pageInfo.hasNextPage && jobs.length > 0 ? Date.parse(jobs.at(-1).createdAt) : -Infinity; // older ones come with pages
  const arrived = changed.filter(({ id, createdAt }) => !known.has(id) && Date.parse(createdAt) >= last);
  const latest = new Map(changed.map((job) => [job.id, job]));
  const renewed = (list) => list.map((job) => latest.get(job.id) ?? job);
  return { jobs: renewed(jobs), waiting: [...arrived.reverse(), ...renewed(waiting)], pageInfo };
}

export function withWaiting({ jobs, waiting, pageInfo }) {
  const newestFirst = (a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt);
  return { jobs: [...waiting, ...jobs].sort(newestFirst), waiting: [], pageInfo };
}
// endregion

// region keepFresh
// Hands every change of a list to update, which gets a function from the list before to the list now. ReadPage reads
// the first page: when the changes are watched already, and again where some may have been missed.
export async function keepFresh(client, query, filter, readPage, update, signal) {
  let read = false;
  for await (const { jobs, resync } of changes(client, query, filter, signal)) {
    if (read && !resync) {
      update((list) => withChanges(list, jobs));
      continue;
    }
    const page = await readPage();
    update(() => withPage(noPages, page));
    read = true;
  }
}
// endregion
