// What docs/frontends.md shows of a client that is nothing but fetch.
import { setTimeout as sleep } from 'node:timers/promises';
import { secondsToWait } from './retry.mjs';

// region ask
// Returns a function that sends one operation, and returns { data, errors }.
export const connect = (url, token) => async (query, variables) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
};
// endregion

// region allJobs
// All jobs of a filter, page by page.
export async function* allJobs(ask, query, filter) {
  for (let after = null, more = true; more; ) {
    const { data, errors } = await ask(query, { filter, after });
    if (!data?.jobs) throw new Error(errors[0].message);
    yield* data.jobs.nodes;
    ({ hasNextPage: more, endCursor: after } = data.jobs.pageInfo);
  }
}
// endregion

// region arrivedSince
// The jobs that have arrived since a cursor, the newest first, and the cursor for the next time.
export async function arrivedSince(ask, query, filter, startCursor) {
  const arrived = [];
  for (let more = true; more; ) {
    const { data, errors } = await ask(query, { filter, startCursor });
    if (!data?.jobs) throw new Error(errors[0].message);
    arrived.unshift(...data.jobs.nodes);
    startCursor = data.jobs.pageInfo.startCursor ?? startCursor; // an empty page has no cursors
    more = data.jobs.pageInfo.hasPreviousPage;
  }
  return { arrived, startCursor };
}
// endregion

// region changedSince
// The jobs that have changed since an instant, and the instant for the next time. Jobs that have changed exactly at the
// instant come again.
export async function changedSince(ask, query, filter, from) {
  const changed = [];
  for await (const job of allJobs(ask, query, { ...filter, updatedAt: { from } })) changed.push(job);
  return { changed, from: changed[0]?.updatedAt ?? from };
}
// endregion

// region untilFinal
// Polls a job until it has ended, and returns it; null if there is no such job.
export async function untilFinal(ask, query, id, milliseconds = 2000) {
  for (;;) {
    const { data, errors } = await ask(query, { id });
    if (data?.job?.isFinal || (!data?.job && !errors)) return data.job;
    const seconds = secondsToWait(errors);
    if (!data?.job && seconds === null) throw new Error(errors[0].message);
    await sleep(seconds === null ? milliseconds : seconds * 1000);
  }
}
// endregion
