// Looks at the line under the playground's answers:
//
//	node line.mjs /usr/bin/chromium http://127.0.0.1:8080/ http://127.0.0.1:8090/
//
// The second gateway is one with --explain=false. A check that fails ends it with 1.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [executablePath, explaining, silent] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] }); // root has no sandbox
try {
  await look(explaining, lookAtExplained);
  await look(silent, lookAtSilent);
} finally {
  await browser.close();
}

// look opens a playground and fails if the browser has complained of anything.
async function look(url, check) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints = [];
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  await page.locator('.graphiql-execute-button').waitFor();
  await check(page, page.getByRole('status', { name: 'What the answer took' }));
  assert.deepEqual(complaints, []);
  await context.close();
}

// run sends the query of the open tab by the keyboard and returns the request, its answer, and the line.
async function run(page, line) {
  const answered = page.waitForResponse((response) => response.url().endsWith('/graphql'));
  await page.locator('.graphiql-query-editor .CodeMirror').click();
  await page.keyboard.press('Control+Enter');
  const response = await answered;
  await line.locator('span').first().waitFor();
  return { header: response.request().headers(), id: response.headers()['x-request-id'], text: await response.text(), parts: await line.locator('span').allTextContents() };
}

async function lookAtExplained(page, line) {
  assert.equal(await line.count(), 1, 'the line is there before it says something, so that it is read when it does');
  assert.equal(await line.textContent(), '');

  const first = await run(page, line);
  const { explain } = JSON.parse(first.text).extensions;
  assert.equal(first.header['x-explain'], '1');
  assert.equal(first.parts.length, 6);
  const [status, time, size, calls, cost, id] = first.parts;
  assert.equal(status, 'status 200');
  assert.match(time, /^[\d,.]+ ms$/);
  assert.equal(size, `${(Math.round(first.text.length / 102.4) / 10).toLocaleString('en')} KiB`);
  assert.equal(explain.upstreamCalls, 1);
  assert.match(calls, /^1 REST call, waited [\d.]+ ms$/);
  assert.equal(cost, `cost ${explain.cost.toLocaleString('en')} of 20,000`);
  assert.equal(id, `request ${first.id}`);
  const shown = await page.locator('.result-window').textContent();
  assert.ok(shown.includes('"data"') && !shown.includes('extensions'), 'the answer is the one that other clients get');

  // Each tab has its own line.
  const tabs = page.getByRole('tab');
  await tabs.nth(1).click();
  await page.waitForFunction((element) => element.textContent === '', await line.elementHandle());
  await tabs.nth(0).click();
  await line.getByText(id).waitFor();

  // An error has a line, too, and so has what costs too much.
  await page.getByLabel('Token').fill('invalid');
  const failed = await run(page, line);
  assert.match(failed.text, /UNAUTHENTICATED/);
  assert.ok((await page.locator('.result-window').textContent()).includes('UNAUTHENTICATED'));
  assert.match(failed.parts.join(' '), /^status 200 .* ms .* 1 REST call, waited .* cost .* request /);

  await readable(page, line);
}

async function lookAtSilent(page, line) {
  const { text, parts, id } = await run(page, line);
  assert.ok(!text.includes('extensions'), 'nothing is explained');
  assert.deepEqual([parts[0], parts[3], parts.length], ['status 200', `request ${id}`, 4]);
}

// readable checks that the line can be read in both themes, and by a screen reader, and that a narrow window shows
// all of it.
async function readable(page, line) {
  await page.evaluate(axe);
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    const { violations, passes } = await page.evaluate(() => globalThis.axe.run('.took', { runOnly: ['wcag2a', 'wcag2aa'] }));
    assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.failureSummary)]), []);
    assert.ok(passes.some(({ id }) => id === 'color-contrast'), 'the contrast was looked at');
  }
  for (const width of [1280, 700, 400]) {
    await page.setViewportSize({ width, height: 800 });
    const { right, bottom, clipped } = await line.evaluate((element) => {
      const box = element.getBoundingClientRect();
      return { right: box.right, bottom: box.bottom, clipped: element.scrollWidth > element.clientWidth };
    });
    assert.ok(right <= width && bottom <= 800 && !clipped, `at ${width} pixels: ${right} ${bottom} ${clipped}`);
  }
}
