import { JOB } from './documents.mjs';

// region loadMore
// Adds the page after the oldest job that is known; false at the end of the list.
export async function loadMore(list) {
  const { hasNextPage, endCursor } = list.getCurrentResult().data.jobs.pageInfo;
  if (hasNextPage) await list.fetchMore({ variables: { after: endCursor } });
  return hasNextPage;
}
// endregion

// region loadNew
// Adds the jobs that have arrived before the newest one that is known, and returns how many there are.
export async function loadNew(list) {
  let arrived = 0;
  for (let before = list.getCurrentResult().data.jobs.pageInfo.startCursor, more = true; more; ) {
    const { data } = await list.fetchMore({ variables: { first: null, after: null, last: 50, before } });
    arrived += data.jobs.edges.length;
    ({ hasPreviousPage: more, startCursor: before } = data.jobs.pageInfo);
  }
  return arrived;
}
// endregion

// region watchUntilFinal
// Polls a job until it has ended. React: useQuery(JOB, { variables, pollInterval: data?.job?.isFinal ? 0 : 2000 }).
export const watchUntilFinal = (client, id, show, pollInterval = 2000) => new Promise((resolve, reject) => {
  const job = client.watchQuery({ query: JOB, variables: { id }, pollInterval });
  job.subscribe({
    next({ data, error, dataState }) {
      if (error) reject(error);
      if (dataState !== 'complete') return;
      show(data.job);
      if (data.job?.isFinal ?? true) {
        job.stopPolling();
        resolve(data.job);
      }
    },
  });
});
// endregion
