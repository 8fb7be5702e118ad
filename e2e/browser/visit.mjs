// Counts what a first visit fetches, and looks at gateways that hide their schema, or answer only listed documents:
//
//	node visit.mjs /usr/bin/chromium http://127.0.0.1:8080/ http://127.0.0.1:8090/ http://127.0.0.1:8100/
//
// The second gateway is one with --introspection=false, the third one with --trusted-documents=require.
import assert from 'node:assert/strict';
import { look, run, urls, withBrowser } from './playground.mjs';

// The bytes of a first visit as they go over the wire, heads among them. Source: 408 KB; 665 KB with the fonts that
// GraphiQL's style sheet brings.
const budget = 415_000;

await withBrowser(async () => {
  const fetched = new Map();
  await look(urls[0], async (page) => {
    await page.waitForLoadState('networkidle');
    const bytes = [...fetched.values()].reduce((sum, size) => sum + size, 0);
    console.log(`${bytes} bytes in ${fetched.size} answers`);
    assert.ok(bytes > 300_000 && bytes <= budget, `${bytes} bytes: ${JSON.stringify([...fetched], null, 1)}`);
    for (const address of fetched.keys()) assert.ok(address.startsWith(urls[0]), `${address} is foreign`);
    assert.ok(![...fetched.keys()].some((address) => address.endsWith('/favicon.ico')));
  }, { before: (page) => count(page, fetched) });
  await look(urls[1], noSchema);
  await look(urls[2], trustedOnly);
});

// count notes what comes over the wire for each address.
async function count(page, fetched) {
  const session = await page.context().newCDPSession(page);
  const addresses = new Map();
  session.on('Network.responseReceived', ({ requestId, response }) => addresses.set(requestId, response.url));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const address = addresses.get(requestId);
    if (address.startsWith('http')) fetched.set(address, (fetched.get(address) ?? 0) + encodedDataLength);
  });
  await session.send('Network.enable');
}

async function noSchema(page) {
  await page.getByText('This gateway does not show its schema, so there is no documentation and no completion here.').waitFor();
  assert.equal(await page.getByRole('link', { name: 'Schema' }).count(), 0);
  const { text } = await run(page);
  assert.equal(JSON.parse(text).data.jobs.nodes.length, 10);
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page.getByRole('button', { name: 'Show GraphiQL Explorer' }).click();
  await page.getByRole('button', { name: 'Close this message' }).click();
  await page.locator('#notice').waitFor({ state: 'hidden' });
}

function trustedOnly(page) {
  return page.getByText('This gateway answers only the documents on its list, so a query of your own is refused.').waitFor();
}
