import { secondsToWait } from '../fetch/retry.mjs';
import { JOB_UPDATED, JOBS_CHANGED } from './documents.mjs';
// region watch
import { fromDomEvent, pipe, takeUntil, toAsyncIterable } from 'wonka'; // which urql is made with

// The data of a subscription, over streams that end or break: then the next one begins, with the variables of that time.
async function* events(client, document, variables, signal) {
  while (!signal.aborted) {
    let over = [];
    const stream = pipe(client.subscription(document, variables()), takeUntil(fromDomEvent(signal, 'abort')), toAsyncIterable);
    for await (const { data, error } of stream) {
      over = error?.graphQLErrors.filter(({ path }) => !(path?.length > 1)) ?? []; // the others are of parts of the data
      if (data && !error?.networkError && over.length === 0) yield data;
    }
    const seconds = over.length > 0 ? secondsToWait(over) : 1;
    if (seconds === null) throw new Error(over[0].message);
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  }
}

// Waits until a job is final, and returns it; null if there is none. The cache has each of its states on the way.
export async function watchJob(client, id, signal) {
  for await (const { jobUpdated: job } of events(client, JOB_UPDATED, () => ({ id }), signal)) {
    if (job?.isFinal ?? true) return job;
  }
  return undefined; // stopped by signal
}

// Keeps the jobs that the cache has as they are, and hands each change to tell: a button for loadNew can say how many
// are new, and with resync the list has to be read again.
export async function watchJobs(client, filter, tell, signal) {
  let since;
  for await (const { jobsChanged: change } of events(client, JOBS_CHANGED, () => ({ filter, since }), signal)) {
    since = change.cursor;
    tell(change);
  }
}
// endregion
