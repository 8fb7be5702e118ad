// Looks at page.jsx in Chromium.
import assert from 'node:assert/strict';
import { look } from '../page/page.mjs';
import { insert, replace } from '../world.mjs';

await look('page.jsx', async (page) => {
  const requests = [];
  page.on('request', (request) => {
    if (request.url().includes('/graphql')) requests.push(request.method());
  });
  const rows = page.getByRole('listitem');
  const count = (n) => page.waitForFunction((want) => document.querySelectorAll('li').length === want, n);
  await count(50);
  await page.getByRole('button', { name: 'More' }).click();
  await count(100);

  const ids = [];
  for (let i = 0; i < 3; i++) ids.push(await insert({ type: `new-${i}` }));
  await page.getByRole('button', { name: 'New' }).click();
  await count(103);
  assert.match(await rows.first().innerText(), /^new-2 PENDING$/);

  await rows.first().getByRole('button').click();
  await page.getByRole('status').getByText('pending').waitFor();
  await replace(ids[2], { state: 'completed', type: 'new-2' });
  await page.getByRole('status').getByText('completed').waitFor();
  assert.match(await rows.first().innerText(), /^new-2 COMPLETED$/, 'the list shows what the job has become');
  assert.ok(requests.includes('GET') && requests.includes('POST'), requests);
});
