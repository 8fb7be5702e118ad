import { graphql } from './gql';

// region document
export const Jobs = graphql(`
  query Jobs($filter: JobFilter, $orderBy: JobOrder, $first: Int, $after: String, $last: Int, $before: String) {
    jobs(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
      nodes {
        id
        type
        state
        createdAt
        input { raw }
        result { ... on MaterializeViewResult { snapshotId } }
      }
      pageInfo { hasNextPage startCursor endCursor }
    }
  }
`);
// endregion
