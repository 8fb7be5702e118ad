import { graphql, useLazyLoadQuery, usePaginationFragment } from 'react-relay';
import type { Default_query$key } from './__generated__/Default_query.graphql';
import type { DefaultPaginationQuery } from './__generated__/DefaultPaginationQuery.graphql';
import type { DefaultQuery } from './__generated__/DefaultQuery.graphql';

// What does not work: `first` has a default, and the list is read backwards, too.
export function DefaultPage() {
  const query = useLazyLoadQuery<DefaultQuery>(graphql`
    query DefaultQuery {
      ...Default_query
    }
  `, {});
  const { loadPrevious } = usePaginationFragment<DefaultPaginationQuery, Default_query$key>(graphql`
    fragment Default_query on Query
    @argumentDefinitions(
      first: { type: "Int", defaultValue: 20 }
      after: { type: "String" }
      last: { type: "Int" }
      before: { type: "String" }
    )
    @refetchable(queryName: "DefaultPaginationQuery") {
      jobs(first: $first, after: $after, last: $last, before: $before) @connection(key: "Default_jobs") {
        edges { node { id } }
      }
    }
  `, query);
  return <button onClick={() => loadPrevious(100)}>newer</button>;
}
