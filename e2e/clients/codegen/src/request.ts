import { ClientError, GraphQLClient } from 'graphql-request';
import { Jobs } from './documents';
import type { JobsQuery, JobsQueryVariables } from './gql/graphql';

// region request
interface Options { url: string; token: () => string; signIn: () => void }

export const newClient = ({ url, token, signIn }: Options) => new GraphQLClient(url, {
  headers: () => ({ Authorization: `Bearer ${token()}` }),
  responseMiddleware(response) {
    if (errorsOf(response).some(({ extensions }) => extensions.code === 'UNAUTHENTICATED')) signIn();
  },
});

export async function failedJobs(client: GraphQLClient) {
  const { jobs } = await client.request(Jobs, { first: 20, filter: { states: ['FAILED'] } });
  return jobs?.nodes ?? [];
}
// endregion

// region errors
// The errors of an answer; none where there is no answer.
export const errorsOf = (error: unknown) => (error instanceof ClientError ? error.response.errors ?? [] : []);

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
