import { useInfiniteQuery } from '@tanstack/react-query';
import type { GraphQLClient } from 'graphql-request';
import type { JobFilter, JobsQueryVariables } from './gql/graphql';
import { errorsOf, pageOf } from './request';
import { secondsToWait } from '../../fetch/retry.mjs';

// region infinite
type Part = Pick<JobsQueryVariables, 'first' | 'after' | 'last' | 'before'>;

export function JobList({ client, filter }: { client: GraphQLClient; filter?: JobFilter }) {
  const { data, error, fetchNextPage, hasNextPage, fetchPreviousPage, refetch } = useInfiniteQuery({
    queryKey: ['jobs', filter],
    queryFn: ({ pageParam, signal }) => pageOf(client, { filter, ...pageParam }, signal),
    initialPageParam: { first: 20 } as Part,
    getNextPageParam: ({ jobs }): Part | undefined =>
      jobs?.pageInfo.hasNextPage ? { first: 20, after: jobs.pageInfo.endCursor } : undefined,
    getPreviousPageParam: (_, pages): Part | undefined => {
      const newest = pages.find(({ jobs }) => jobs?.pageInfo.startCursor); // an empty page has no cursor
      return newest && { last: 100, before: newest.jobs?.pageInfo.startCursor };
    },
    retry: (failures, error) => failures < 3 && secondsToWait(errorsOf(error)) !== null,
    retryDelay: (_, error) => 1000 * (secondsToWait(errorsOf(error)) ?? 0),
  });
  return (
    <>
      {error && <p role="alert">{String(errorsOf(error)[0]?.extensions.code ?? 'no answer')}</p>}
      <ul>
        {data?.pages.flatMap(({ jobs }) => jobs?.nodes ?? []).map(({ id, type, state }) =>
          <li key={id} id={id}>{type} {state}</li>)}
      </ul>
      <button onClick={() => fetchNextPage()} disabled={!hasNextPage}>older</button>
      <button onClick={() => fetchPreviousPage()}>newer</button>
      <button onClick={() => refetch()}>again</button>
    </>
  );
}
// endregion
