// Looks at a client's page.jsx in Chromium: a list that goes on and that shows what is new, and a job that is watched
// to its end.
import assert from 'node:assert/strict';
import { fail, insert, replace } from '../world.mjs';
import { look } from './page.mjs';

await look('page.jsx', async (page) => {
  const rows = page.getByRole('listitem');
  const count = (wanted) => page.waitForFunction((n) => document.querySelectorAll('li').length === n, wanted);
  await count(50);
  await page.getByRole('button', { name: 'More' }).click();
  await count(100);

  const ids = [];
  for (let i = 0; i < 3; i++) ids.push(await insert({ type: `new-${i}` }));
  await fail({ status: 429, retryAfter: 1 }); // after which the page asks again
  await page.getByRole('button', { name: 'New' }).click();
  await count(103);
  assert.match(await rows.first().innerText(), /^new-2 PENDING$/);

  await rows.first().getByRole('button').click();
  await page.getByRole('status').getByText('pending').waitFor();
  await replace(ids[2], { state: 'completed', type: 'new-2' });
  await page.getByRole('status').getByText('completed').waitFor();
  assert.match(await rows.first().innerText(), /^new-2 COMPLETED$/, 'the list shows what the job has become');
});
