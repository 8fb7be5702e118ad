import { type InfiniteData, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Jobs } from './documents';
import type { JobsQuery } from './gql/graphql';
import { JobList } from './JobList';
import { errorsOf, failedJobs, newClient, pageOf } from './request';
import { ask } from './trusted';

const signIn = () => { document.title = 'sign in'; };
const client = newClient({ url: gateway, token: () => 'demo', signIn });

const queries = new QueryClient();

// What the script that looks at the page calls.
const calls = {
  failedJobs: () => failedJobs(client),
  page: (first: number) => pageOf(client, { first }),
  code: (token: string, first: number) => pageOf(newClient({ url: gateway, token: () => token, signIn }), { first }).then(() => '', (error) => String(errorsOf(error)[0]?.extensions.code)),
  ask: () => ask(gateway, 'demo', Jobs, { first: 3 }),
  parts: () => queries.getQueryData<InfiniteData<JobsQuery>>(['jobs', undefined])?.pages.length,
  show: () =>
    createRoot(document.getElementById('root')!).render(
      <StrictMode>
        <QueryClientProvider client={queries}>
          <JobList client={client} />
        </QueryClientProvider>
      </StrictMode>,
    ),
};

declare global {
  var gateway: string;
  var client: typeof calls;
}
globalThis.client = calls;
