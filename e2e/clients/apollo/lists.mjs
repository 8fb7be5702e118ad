import { JOB } from './documents.mjs';

// region loadMore
// Adds the page after the oldest job that is known; false at the end of the list.
export async function loadMore(list) {
  const { hasNextPage, endCursor } = list.getCurrentResult().data.jobs.pageInfo;
  if (!hasNextPage) return false;
  const { data, error } = await list.fetchMore({ variables: { after: endCursor }, errorPolicy: 'all' });
  if (!data?.jobs) throw error;
  return true;
}
// endregion

// region loadNew
// Adds the jobs that have arrived before the newest one that is known, and returns how many there are.
export async function loadNew(list) {
  let arrived = 0;
  for (let before = list.getCurrentResult().data.jobs.pageInfo.startCursor, more = true; more; ) {
    const variables = { first: null, after: null, last: 50, before };
    const { data, error } = await list.fetchMore({ variables, errorPolicy: 'all' });
    if (!data?.jobs) throw error;
    arrived += data.jobs.edges.length;
    ({ hasPreviousPage: more, startCursor: before } = data.jobs.pageInfo);
  }
  return arrived;
}
// endregion

// region untilFinal
// Polls a job until it has ended, and returns it; null if there is no such job.
export async function untilFinal(client, id, milliseconds = 2000) {
  for (;;) {
    const options = { query: JOB, variables: { id }, fetchPolicy: 'network-only', errorPolicy: 'all' };
    const { data, error } = await client.query(options);
    if (error && !data?.job) throw error;
    if (data.job?.isFinal ?? true) return data.job;
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
  }
}
// endregion
