import { StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { RelayEnvironmentProvider } from 'react-relay';
import { DatasetPage } from './DatasetJobs';
import { DefaultPage } from './Default';
import { newEnvironment } from './environment';
import { Boundary, JobCount, ThrownError } from './Errors';
import { JobListPage } from './JobList';
import { JobLive } from './JobLive';
import { JobPage } from './JobView';

const pages = {
  list: () => <JobListPage />,
  dataset: (id: string) => <DatasetPage id={id} since="2100-01-01T00:00:08Z" />,
  job: (id: string) => <JobPage id={id} />,
  live: (id: string) => <><JobPage id={id} /><JobLive id={id} /></>,
  count: () => <JobCount />,
  default: () => <DefaultPage />,
  thrown: () => <ThrownError />,
};

// open is for the script that looks at the page: it shows one of the pages, with a new store.
export function open(page: keyof typeof pages, id: string, token: string) {
  document.querySelector('main')?.remove();
  const main = document.body.appendChild(document.createElement('main'));
  createRoot(main, { onCaughtError() {} }).render(
    <StrictMode>
      <RelayEnvironmentProvider environment={newEnvironment({ url: gateway, token: () => token, signIn: () => { document.title = 'sign in'; } })}>
        <Boundary>
          <Suspense fallback="…">{pages[page](id)}</Suspense>
        </Boundary>
      </RelayEnvironmentProvider>
    </StrictMode>,
  );
}

declare global {
  var gateway: string;
  var show: typeof open;
}
globalThis.show = open;
