import { graphql, useLazyLoadQuery, usePaginationFragment } from 'react-relay';
import type { JobListQuery } from './__generated__/JobListQuery.graphql';
import type { JobList_query$key } from './__generated__/JobList_query.graphql';
import type { JobListPaginationQuery } from './__generated__/JobListPaginationQuery.graphql';

export function JobListPage() {
  const query = useLazyLoadQuery<JobListQuery>(graphql`
    query JobListQuery {
      ...JobList_query @arguments(first: 20)
    }
  `, {});
  return <JobList query={query} />;
}

// region list
const fragment = graphql`
  fragment JobList_query on Query
  @argumentDefinitions(
    first: { type: "Int" }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
    filter: { type: "JobFilter" }
    orderBy: { type: "JobOrder" }
  )
  @refetchable(queryName: "JobListPaginationQuery") {
    jobs(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy)
      @connection(key: "JobList_jobs", filters: ["filter", "orderBy"]) {
      edges { node { id type state } }
    }
  }
`;

function JobList({ query }: { query: JobList_query$key }) {
  const { data, loadNext, hasNext, loadPrevious, refetch } =
    usePaginationFragment<JobListPaginationQuery, JobList_query$key>(fragment, query);
  return (
    <>
      <ul>{data.jobs?.edges.map(({ node }) => <li key={node.id} id={node.id}>{node.type} {node.state}</li>)}</ul>
      <button onClick={() => loadNext(20)} disabled={!hasNext}>older</button>
      <button onClick={() => loadPrevious(100)}>newer</button>
      <button onClick={() => refetch({ filter: { states: ['FAILED'] } })}>failed</button>
      <button onClick={() => refetch({ orderBy: 'CREATED_AT_ASC' })}>oldest first</button>
      <button onClick={() => refetch({ first: null, last: 20 })}>from the end</button>
    </>
  );
}
// endregion
