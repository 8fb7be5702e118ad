import { ClientError, GraphQLClient } from 'graphql-request';
import { Jobs } from './documents';
import type { JobsQuery, JobsQueryVariables } from './gql/graphql';

// region request
export const newClient = (url: string, token: string) =>
  new GraphQLClient(url, { headers: { Authorization: `Bearer ${token}` } });

export async function failedJobs(client: GraphQLClient) {
  const { jobs } = await client.request(Jobs, { first: 20, filter: { states: ['FAILED'] } });
  return jobs?.nodes ?? [];
}
// endregion

// region errors
export interface Extensions { code: string; retryable?: boolean; retryAfterSeconds?: number }

// What the gateway says of an error; undefined where it has not answered.
export function extensionsOf(error: unknown): Extensions | undefined {
  return error instanceof ClientError ? (error.response.errors?.[0]?.extensions as unknown as Extensions) : undefined;
}

// A page, also one that lacks a record that cannot be read; an error where there is no page.
export async function pageOf(client: GraphQLClient, variables: JobsQueryVariables, signal?: AbortSignal): Promise<JobsQuery> {
  try {
    return await client.request({ document: Jobs, variables, signal });
  } catch (error) {
    const data = error instanceof ClientError ? (error.response.data as JobsQuery | undefined) : undefined;
    if (data?.jobs) return data;
    throw error;
  }
}
// endregion
