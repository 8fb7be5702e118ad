import { gql } from '@apollo/client';

// region jobs
export const JOBS = gql`
  query Jobs($filter: JobFilter, $orderBy: JobOrder! = CREATED_AT_DESC, $first: Int, $after: String, $last: Int, $before: String) {
    jobs(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
      totalCount
      edges { cursor node { id type state isFinal createdAt } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`;
// endregion

// region job
export const JOB = gql`
  query Job($id: ID!) {
    job(id: $id) { id state rawState isFinal durationSeconds failures { message } }
  }
`;
// endregion

// region subscriptions
export const JOB_UPDATED = gql`
  subscription JobUpdated($id: ID!) {
    jobUpdated(id: $id) { id state rawState isFinal durationSeconds failures { message } }
  }
`;

export const JOBS_CHANGED = gql`
  subscription JobsChanged($filter: JobFilter, $since: String) {
    jobsChanged(filter: $filter, since: $since) { cursor resync jobs { id type state isFinal createdAt } }
  }
`;
// endregion
