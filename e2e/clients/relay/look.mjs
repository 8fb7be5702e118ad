// Looks at the pages of src in Chromium, after compile.mjs.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { look } from '../page/page.mjs';
import { calls, fail, ids, insert, insertNow, replace, replaceNow } from '../world.mjs';

// What babel-plugin-relay does: documents become imports of what the compiler has made of them.
const artifacts = {
  name: 'artifacts',
  setup: (build) => build.onLoad({ filter: /src\/\w+\.tsx$/ }, async ({ path }) => {
    const imports = [];
    const contents = (await readFile(path, 'utf8')).replace(/graphql`\s*\w+ (\w+)[^`]*`/g, (_, name) => {
      imports.push(`import ${name}Artifact from './__generated__/${name}.graphql';`);
      return `${name}Artifact`;
    });
    return { contents: imports.join('') + contents, loader: 'tsx' };
  }),
};

await look('src/main.tsx', async (page, complaints) => {
  const open = (name, id = '', token = 'demo') => page.evaluate(([...args]) => globalThis.show(...args), [name, id, token]);
  const press = (name) => page.getByRole('button', { name, exact: true }).click();
  const shows = async (expected) => {
    const shown = () => page.locator('li').evaluateAll((items) => items.map(({ id }) => id));
    for (const end = Date.now() + 30_000; Date.now() < end && String(await shown()) !== String(expected);) await page.waitForTimeout(20);
    assert.deepEqual(await shown(), expected);
  };

  // A list, forwards, and what has arrived since.
  let all = await ids();
  await open('list');
  await shows(all.slice(0, 20));
  await press('older');
  await shows(all.slice(0, 40));
  for (let i = 0; i < 3; i++) await insert();
  all = await ids();
  await press('newer');
  await shows(all.slice(0, 43));
  await press('older');
  await shows(all.slice(0, 63));

  // Another order; then the usual one from its end, backwards.
  await press('oldest first');
  await shows(all.toReversed().slice(0, 20));
  await press('older');
  await shows(all.toReversed().slice(0, 40));
  await press('from the end');
  await shows(all.slice(-20));
  await press('newer');
  await shows(all.slice(-120));

  // A filter.
  const failed = await insert({ state: 'failed' });
  await press('failed');
  await page.locator(`[id="${failed}"]`).waitFor();
  assert.deepEqual(new Set(await page.locator('li').evaluateAll((items) => items.map(({ innerText }) => innerText.split(' ')[1]))), new Set(['FAILED']));

  // Why first must have no default.
  await open('default');
  await page.getByRole('button').waitFor();
  const refused = page.waitForResponse((response) => response.request().method() === 'POST');
  await press('newer');
  const { variables } = (await refused).request().postDataJSON();
  assert.deepEqual([variables.first, variables.last], [20, 100]);
  assert.equal((await (await refused).json()).errors[0].extensions.code, 'BAD_USER_INPUT');

  // The jobs of a dataset, again in the order by default, to which null goes back.
  const ofDataset = [];
  for (let i = 0; i < 12; i++) ofDataset.unshift(await insert({ input: { dataset_id: 424242 } }));
  await open('dataset', '424242');
  await shows(ofDataset.slice(0, 5));
  await press('older');
  await shows(ofDataset.slice(0, 10));
  await press('oldest first');
  await shows(ofDataset.toReversed().slice(0, 5));
  await press('newest first');
  await shows(ofDataset.slice(0, 10)); // null is the order by default, of which these were loaded
  await press('older');
  await shows(ofDataset);
  assert.ok(await page.getByRole('button', { name: 'older' }).isDisabled());
  await press('recent');
  await shows(ofDataset.slice(0, 5));
  await press('older');
  await shows(ofDataset.slice(0, 8)); // job 15 to job 8, each of another second
  assert.ok(await page.getByRole('button', { name: 'older' }).isDisabled());

  // One job, until it has ended.
  const id = await insert({ type: 'materialize-view', state: 'running' });
  await open('job', id);
  await page.getByText('RUNNING').waitFor();
  await replace(id, { type: 'materialize-view', state: 'completed', result: { snapshot_id: '1724919539450264613' } });
  await press('again');
  await page.getByText('COMPLETED 1724919539450264613').waitFor();
  assert.ok(await page.getByRole('button', { name: 'again' }).isDisabled());

  // A field that fails, as a value and as an exception of the component; and a request that fails.
  const says = (text) => page.getByRole('alert').filter({ hasText: text }).waitFor();
  await open('count');
  await page.getByText(`${(await ids()).length} jobs`).waitFor();
  await fail({ status: 400 });
  await open('count');
  await says('UPSTREAM_REJECTED');
  await fail({ status: 400 });
  await open('thrown');
  await says('Unexpected response payload');
  await open('count', '', 'two words');
  await says('UNAUTHENTICATED No data returned for operation `ErrorsCatchQuery`');
  assert.match(complaints.pop(), /401/); // the browser's
  assert.equal(await page.title(), 'sign in');

  // What may be tried again is, once.
  const before = await calls();
  await fail({ status: 500 });
  await open('count');
  await page.getByText(`${(await ids()).length} jobs`).waitFor();
  assert.equal(await calls(), before + 2);

  // A job that is watched until it is final, and one that cannot be.
  const live = await insertNow({ state: 'pending' });
  await open('live', live);
  await page.getByText('PENDING').waitFor();
  await replaceNow(live, { state: 'running' });
  await page.getByText('RUNNING').waitFor();
  await replaceNow(live, { state: 'completed' });
  await page.getByText('COMPLETED').waitFor();
  await open('live', 'no-uuid');
  await says('UUID');
}, { plugins: [artifacts] });
