import { graphql, useLazyLoadQuery, usePaginationFragment } from 'react-relay';
import type { DatasetJobsQuery } from './__generated__/DatasetJobsQuery.graphql';
import type { DatasetJobs_dataset$key } from './__generated__/DatasetJobs_dataset.graphql';
import type { DatasetJobsPaginationQuery } from './__generated__/DatasetJobsPaginationQuery.graphql';

export function DatasetPage({ id, since }: { id: string; since: string }) {
  const { dataset } = useLazyLoadQuery<DatasetJobsQuery>(graphql`
    query DatasetJobsQuery($id: ID!) {
      dataset(id: $id) {
        ...DatasetJobs_dataset
      }
    }
  `, { id });
  return dataset && <DatasetJobs dataset={dataset} since={since} />;
}

// region dataset
const fragment = graphql`
  fragment DatasetJobs_dataset on Dataset
  @argumentDefinitions(
    first: { type: "Int", defaultValue: 5 }
    after: { type: "String" }
    filter: { type: "DatasetJobFilter" }
    orderBy: { type: "JobOrder" }
  )
  @refetchable(queryName: "DatasetJobsPaginationQuery") {
    jobs(first: $first, after: $after, filter: $filter, orderBy: $orderBy)
      @connection(key: "DatasetJobs_jobs", filters: ["filter", "orderBy"]) {
      edges { node { id type state } }
    }
  }
`;

function DatasetJobs({ dataset, since }: { dataset: DatasetJobs_dataset$key; since: string }) {
  const { data, loadNext, hasNext, refetch } =
    usePaginationFragment<DatasetJobsPaginationQuery, DatasetJobs_dataset$key>(fragment, dataset);
  return (
    <>
      <ul>{data.jobs?.edges.map(({ node }) => <li key={node.id} id={node.id}>{node.type} {node.state}</li>)}</ul>
      <button onClick={() => loadNext(5)} disabled={!hasNext}>older</button>
      <button onClick={() => refetch({ orderBy: 'CREATED_AT_ASC' })}>oldest first</button>
      <button onClick={() => refetch({ orderBy: null })}>newest first</button>
      <button onClick={() => refetch({ filter: { createdAt: { from: since } } })}>recent</button>
    </>
  );
}
// endregion
