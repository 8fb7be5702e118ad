// Looks at the page of src in Chromium, over a gateway that runs nothing but src/gql/persisted-documents.json.
import assert from 'node:assert/strict';
import { look } from '../page/page.mjs';
import { ids } from '../world.mjs';

await look('src/main.tsx', async (page, complaints) => {
  const { data, errors } = await page.evaluate(() => globalThis.client.ask());
  assert.deepEqual([data?.jobs?.nodes.map(({ id }) => id), errors], [(await ids()).slice(0, 3), undefined]);
  assert.equal(await page.evaluate(() => globalThis.client.code('demo', 3)), 'PERSISTED_DOCUMENT_REQUIRED');
  assert.match(complaints.pop(), /400/); // the browser's
});
