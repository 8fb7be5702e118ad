// Looks at the page of src in Chromium, after generate.mjs: graphql-request and TanStack Query.
import assert from 'node:assert/strict';
import { look } from '../page/page.mjs';
import { calls, fail, ids, insert } from '../world.mjs';

await look('src/main.tsx', async (page, complaints) => {
  const call = (name, ...args) => page.evaluate(([name, args]) => globalThis.client[name](...args), [name, args]);
  const press = (name) => page.getByRole('button', { name, exact: true }).click();
  const shows = async (expected) => {
    const shown = () => page.locator('li').evaluateAll((items) => items.map(({ id }) => id));
    for (const end = Date.now() + 30_000; Date.now() < end && String(await shown()) !== String(expected);) await page.waitForTimeout(20);
    assert.deepEqual(await shown(), expected);
  };

  // graphql-request: a list, and its errors.
  const id = await insert({ state: 'failed', type: 'materialize-view', result: { snapshot_id: '1724919539450264613' } });
  const [newest, ...others] = await call('failedJobs');
  assert.deepEqual([newest.id, newest.result.snapshotId], [id, '1724919539450264613']);
  assert.ok(others.length > 0 && others.every(({ state }) => state === 'FAILED'));
  assert.equal(await call('code', 'demo', -1), 'BAD_USER_INPUT');
  assert.equal(await call('code', 'two words', 1), 'UNAUTHENTICATED');
  assert.equal(await page.title(), 'sign in');
  assert.match(complaints.pop(), /401/); // the browser's

  // useInfiniteQuery: forwards, what has arrived since (nothing, then some), and all of it once more. One job cannot be
  // read.
  let all = await ids();
  await call('show');
  await shows(all.slice(0, 20));
  await press('older');
  await shows(all.slice(0, 40));
  await press('newer');
  await page.waitForFunction(() => globalThis.client.parts() === 3);
  await shows(all.slice(0, 40));
  await insert();
  await insert({ state: 7 });
  await insert();
  all = (await ids()).toSpliced(1, 1);
  await press('newer');
  await shows(all.slice(0, 42));
  await insert();
  all = (await ids()).toSpliced(2, 1);
  await press('again');
  await shows(all.slice(0, 63)); // the page that was empty is none now

  // What may be tried again is, once; what may not is told.
  const before = await calls();
  await fail({ status: 500 });
  await press('older');
  await shows(all.slice(0, 83));
  assert.equal(await calls(), before + 2);
  await fail({ status: 403 });
  await press('older');
  await page.getByRole('alert').filter({ hasText: 'FORBIDDEN' }).waitFor();
});
