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
