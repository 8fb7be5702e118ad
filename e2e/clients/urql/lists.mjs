import { JOB, JOBS } from './documents.mjs';

// region loadNew
// Reads the jobs that have arrived before the newest one that is known. The cache puts them in front of the list.
export async function loadNew(client, filter, startCursor) {
  for (let more = true; more; ) {
    const variables = { filter, last: 50, before: startCursor };
    const { data, error } = await client.query(JOBS, variables, { requestPolicy: 'network-only' }).toPromise();
    if (!data?.jobs) throw error;
    startCursor = data.jobs.pageInfo.startCursor ?? startCursor;
    more = data.jobs.pageInfo.hasPreviousPage;
  }
}
// endregion

// region untilFinal
// Polls a job until it has ended, and returns it; null if there is no such job.
export async function untilFinal(client, id, milliseconds = 2000) {
  for (;;) {
    const { data, error } = await client.query(JOB, { id }, { requestPolicy: 'network-only' }).toPromise();
    if (error && !data?.job) throw error;
    if (data.job?.isFinal ?? true) return data.job;
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
  }
}
// endregion
