// What the types say, for the compiler alone: a line that it takes, where it should not, is an error.
import type { JobFilter, JobsQuery } from './gql/graphql';

type Node = NonNullable<JobsQuery['jobs']>['nodes'][number];

export function scalars({ createdAt, input, result }: Node): [string, unknown, string | null] {
  // @ts-expect-error JSON can be anything
  input?.raw.member;
  // @ts-expect-error a time is no Date
  createdAt.getTime();
  return [createdAt, input?.raw, result && 'snapshotId' in result ? result.snapshotId : null];
}

export const filters: JobFilter[] = [
  { states: ['FAILED'], createdAt: { from: '2026-01-01T00:00:00Z' }, datasetId: 7 },
  // @ts-expect-error there is no such state
  { states: ['BROKEN'] },
];
