// Looks at the line under the playground's answers:
//
//	node line.mjs /usr/bin/chromium http://127.0.0.1:8080/ http://127.0.0.1:8090/
//
// The second gateway is one with --explain=false.
import assert from 'node:assert/strict';
import { accessible, lineOf, look, run, shownAnswer, tabsOf, urls, withBrowser } from './playground.mjs';

await withBrowser(async () => {
  await look(urls[0], lookAtExplained);
  await look(urls[1], lookAtSilent);
});

async function lookAtExplained(page) {
  const line = lineOf(page);
  assert.equal(await line.count(), 1, 'the line is there before it says something, so that it is read when it does');
  assert.equal(await line.textContent(), '');
  await page.getByText('Press Ctrl+Enter to run the query.').waitFor();

  const first = await run(page);
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
  const shown = await shownAnswer(page);
  assert.ok(shown.includes('"data"') && !shown.includes('extensions'), 'the answer is the one that other clients get');
  assert.equal(await page.getByText('to run the query').count(), 0, 'nobody has to be told who has pressed');

  // Each tab has its own line, and says what to press while it has no answer.
  const tabs = tabsOf(page);
  await tabs.nth(1).click();
  await page.waitForFunction((element) => element.textContent === '', await line.elementHandle());
  await page.getByText('Press Ctrl+Enter to run the query.').waitFor();
  await tabs.nth(0).click();
  await line.getByText(id).waitFor();

  // An error has a line, too.
  await page.getByLabel('Token').fill('invalid');
  const failed = await run(page);
  assert.match(failed.text, /UNAUTHENTICATED/);
  assert.ok((await shownAnswer(page)).includes('UNAUTHENTICATED'));
  assert.match(failed.parts.join(' '), /^status 200 .* ms .* 1 REST call, waited .* cost .* request /);

  await readable(page, line);
}

async function lookAtSilent(page) {
  const { text, parts, id } = await run(page);
  assert.ok(!text.includes('extensions'), 'nothing is explained');
  assert.deepEqual([parts[0], parts[3], parts.length], ['status 200', `request ${id}`, 4]);
}

// readable checks that the line can be read in both themes, and by a screen reader, and that a narrow window shows
// all of it.
async function readable(page, line) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await accessible(page, colorScheme, '.took');
  }
  for (const width of [1280, 700, 699, 400]) {
    await page.setViewportSize({ width, height: 800 });
    await line.scrollIntoViewIfNeeded();
    const { right, bottom, clipped } = await line.evaluate((element) => {
      const box = element.getBoundingClientRect();
      return { right: box.right, bottom: box.bottom, clipped: element.scrollWidth > element.clientWidth };
    });
    assert.ok(right <= width && bottom <= 800 && !clipped, `at ${width} pixels: ${right} ${bottom} ${clipped}`);
  }
}
