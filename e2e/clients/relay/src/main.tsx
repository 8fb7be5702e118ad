import { StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { RelayEnvironmentProvider } from 'react-relay';
import { DatasetPage } from './DatasetJobs';
import { newEnvironment } from './environment';
import { Boundary, JobCount, ThrownError } from './Errors';
import { JobListPage } from './JobList';
import { JobPage } from './JobView';

const pages = {
  list: () => <JobListPage />,
  dataset: (id: string) => <DatasetPage id={id} />,
  job: (id: string) => <JobPage id={id} />,
  count: () => <JobCount />,
  thrown: () => <ThrownError />,
};

// open is for the script that looks at the page: it shows one of the pages, with a new store.
export function open(page: keyof typeof pages, id: string, token: string) {
  document.querySelector('main')?.remove();
  const main = document.body.appendChild(document.createElement('main'));
  createRoot(main, { onCaughtError() {} }).render(
    <StrictMode>
      <RelayEnvironmentProvider environment={newEnvironment(gateway, token)}>
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
