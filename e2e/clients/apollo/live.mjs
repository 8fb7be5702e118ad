import { JOB_UPDATED, JOBS_CHANGED } from './documents.mjs';
import { secondsToWait } from '../fetch/retry.mjs';
// region watch
import { CombinedProtocolErrors } from '@apollo/client';
import { defer, filter, map, repeat, retry, takeWhile, tap, throwError, timer } from 'rxjs';

// The results of a subscription, over streams that end or break: then the next one begins, with the variables of that time.
const results = (client, query, variables) => defer(() => {
  const context = { queryDeduplication: false }; // a second stream of the same would miss the first event
  return client.subscribe({ query, variables: variables(), errorPolicy: 'all', context });
}).pipe(
  tap(({ data, error }) => {
    if (!data || CombinedProtocolErrors.is(error)) throw error; // the last result; Apollo puts old data beside protocol errors
  }),
  retry({ delay: (error) => {
    const isRefused = error.statusCode < 500 || /^Socket closed with event 44(?!08)/.test(error.message);
    const broken = isRefused ? null : 1;
    const seconds = error.errors ? secondsToWait(error.errors) : broken;
    return seconds === null ? throwError(() => error) : timer(1000 * seconds);
  } }),
  repeat({ delay: 1000 }),
);

// A job as it is, and whenever it has changed, until it is final; null if there is none.
export const watchJob = (client, id) => results(client, JOB_UPDATED, () => ({ id })).pipe(
  filter(({ data, error }) => data.jobUpdated || !error),
  map(({ data }) => data.jobUpdated),
  takeWhile((job) => job && !job.isFinal, true),
);

// The changes of the jobs of a filter. A stream goes on where the one before has ended, so none is left out.
export const watchJobs = (client, jobFilter) => defer(() => {
  let since;
  return results(client, JOBS_CHANGED, () => ({ filter: jobFilter, since })).pipe(
    map(({ data }) => data.jobsChanged),
    tap(({ cursor }) => { since = cursor; }),
  );
});
// endregion
