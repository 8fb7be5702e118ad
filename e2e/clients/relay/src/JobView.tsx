import { graphql, useLazyLoadQuery, useRefetchableFragment } from 'react-relay';
import type { JobViewQuery } from './__generated__/JobViewQuery.graphql';
import type { JobView_job$key } from './__generated__/JobView_job.graphql';
import type { JobViewRefetchQuery } from './__generated__/JobViewRefetchQuery.graphql';

export function JobPage({ id }: { id: string }) {
  const { job } = useLazyLoadQuery<JobViewQuery>(graphql`
    query JobViewQuery($id: ID!) {
      job(id: $id) {
        ...JobView_job
      }
    }
  `, { id });
  return job && <JobView job={job} />;
}

// region job
const fragment = graphql`
  fragment JobView_job on Job @refetchable(queryName: "JobViewRefetchQuery") {
    id
    state
    rawState
    isFinal
    dataset { id }
    result {
      ... on MaterializeViewResult { snapshotId }
    }
  }
`;

function JobView({ job }: { job: JobView_job$key }) {
  const [{ state, rawState, isFinal, result }, refetch] =
    useRefetchableFragment<JobViewRefetchQuery, JobView_job$key>(fragment, job);
  return (
    <>
      <p>{state === '%future added value' ? rawState : state} {result?.snapshotId}</p>
      <button onClick={() => refetch({}, { fetchPolicy: 'network-only' })} disabled={isFinal}>again</button>
    </>
  );
}
// endregion
