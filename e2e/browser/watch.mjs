// Watches jobs in the playground's last tab, without a reload:
//
//	node watch.mjs /usr/bin/chromium http://127.0.0.1:8080/ http://127.0.0.1:8090/
//
// The second gateway is one with --live=false.
import assert from 'node:assert/strict';
import { lineOf, look, run, shownAnswer, tabsOf, urls, withBrowser, write } from './playground.mjs';

await withBrowser(async () => {
  await look(urls[0], watch);
  await look(urls[0], watchOne);
  await look(urls[0], watchInVain);
  await look(urls[0], cutOff, { before: breakStreams });
  await look(urls[1], async (page) => assert.equal(await tabsOf(page).count(), 6, 'no example is refused'));
});

function button(page, what) {
  return page.getByRole('button', { name: `${what} query` });
}

// started runs the query of the open tab, and resolves to the request and to a promise of how it ends.
async function started(page) {
  const requested = page.waitForRequest((request) => request.url().endsWith('/graphql'));
  await page.keyboard.press('Control+Enter');
  const request = await requested;
  const ended = (event) => page.waitForEvent(event, (other) => other === request);
  const end = Promise.any([ended('requestfailed').then(() => 'cut'), ended('requestfinished').then(() => 'complete')]);
  end.catch(() => {}); // looked at where it matters
  return { request, end };
}

// told waits until the answer fits, and returns it.
async function told(page, fits) {
  for (const end = Date.now() + 30_000; ;) {
    const text = await shownAnswer(page);
    const answer = text && JSON.parse(text);
    if (answer && fits(answer)) return answer;
    assert.ok(Date.now() < end, `never: ${fits} ${text}`);
    await page.waitForTimeout(50);
  }
}

function rows({ data }) {
  return data.jobsChanged.jobs;
}

// The example shows what changes, until somebody stops it, opens another tab, or closes this one.
async function watch(page) {
  await tabsOf(page).last().click();
  const first = await started(page);
  assert.match(first.request.headers().accept, /text\/event-stream/);
  const begun = await told(page, (answer) => rows(answer));
  const changed = await told(page, (answer) => rows(answer).length > 0);
  assert.ok(rows(changed).every(({ id, state, updatedAt }) => id && state && updatedAt));
  const later = await told(page, (answer) => rows(answer).length > 0 && answer.data.jobsChanged.cursor !== changed.data.jobsChanged.cursor);
  assert.equal(new Set([begun, changed, later].map(({ data }) => data.jobsChanged.cursor)).size, rows(begun).length > 0 ? 2 : 3);
  const parts = await lineOf(page).locator('span').allTextContents();
  assert.deepEqual(parts.slice(0, 2), ['status 200', 'watching']);
  assert.match(parts.slice(2).join(' '), /^\d+ events [\d.,]+ (bytes|KiB) request \S+$/);

  await button(page, 'Stop').click();
  assert.equal(await first.end, 'cut');
  await lineOf(page).getByText('stopped').waitFor();
  await button(page, 'Execute').waitFor();

  for (const leave of [
    () => tabsOf(page).first().click(),
    () => page.getByRole('button', { name: 'Add tab' }).click(),
    async () => {
      await page.getByRole('button', { name: 'Show Examples' }).click();
      await page.getByRole('button', { name: /^Newest jobs/ }).click();
    },
  ]) {
    const { end } = await started(page);
    await lineOf(page).getByText('watching').waitFor();
    await leave();
    assert.equal(await end, 'cut');
    await button(page, 'Execute').waitFor();
    assert.equal(await lineOf(page).getByText(/watching|stopped/).count(), 0, 'the line belongs to the other tab');
    await page.locator('.graphiql-tab-button', { hasText: 'WatchWhatChanges' }).click();
    await lineOf(page).getByText('stopped').waitFor();
  }

  const { end } = await started(page);
  await lineOf(page).getByText('watching').waitFor();
  await page.getByRole('button', { name: 'Close WatchWhatChanges' }).click();
  assert.equal(await end, 'cut');
  await run(page); // a query in the tab that is open now
}

// One job, whose values change, or that is final and ends the stream.
async function watchOne(page) {
  await write(page, 'Query', '{ jobs(first: 1) { nodes { id } } }');
  const { data } = JSON.parse((await run(page)).text);
  await write(page, 'Query', `subscription { jobUpdated(id: "${data.jobs.nodes[0].id}") { state updatedAt } }`);
  await started(page);
  const { data: { jobUpdated: before } } = await told(page, (answer) => answer.data.jobUpdated);
  const changes = (answer) => answer.data.jobUpdated.updatedAt !== before.updatedAt;
  assert.notEqual((await told(page, changes)).data.jobUpdated.state, before.state);
  await button(page, 'Stop').click();

  await write(page, 'Query', '{ jobs(first: 1, filter: { states: [COMPLETED] }) { nodes { id } } }');
  const final = JSON.parse((await run(page)).text).data.jobs.nodes[0].id;
  await write(page, 'Query', `subscription { jobUpdated(id: "${final}") { state isFinal } }`);
  await started(page);
  await lineOf(page).getByText('ended').waitFor();
  await lineOf(page).getByText('1 event', { exact: true }).waitFor();
  assert.deepEqual((await told(page, () => true)).data.jobUpdated, { state: 'COMPLETED', isFinal: true });
  await button(page, 'Execute').waitFor();
}

// Errors are shown: of a token, and of a document that is refused before there is a stream.
async function watchInVain(page) {
  await tabsOf(page).last().click();
  await page.getByLabel('Token').fill('invalid');
  await started(page);
  const { errors: [error] } = await told(page, ({ errors }) => errors);
  assert.equal(error.extensions.code, 'UNAUTHENTICATED');
  await lineOf(page).getByText('ended').waitFor();
  await page.getByLabel('Token').fill('demo');
  await write(page, 'Query', 'subscription { jobsChanged(since: "nonsense") { resync } }');
  await started(page);
  await told(page, ({ errors }) => errors?.[0].extensions.argument === 'since');
}

// A stream that ends without saying so is an error.
function breakStreams(page) {
  return page.route('**/graphql', (route) => route.fulfill({
    headers: { 'content-type': 'text/event-stream' }, body: ':\n\nevent: next\ndata: {"data":{"a":1}}\n\n',
  }));
}

async function cutOff(page) {
  await tabsOf(page).last().click();
  await started(page);
  await told(page, ({ message }) => message?.startsWith('The stream was cut off, run it again to go on'));
  await lineOf(page).getByText('cut off').waitFor();
  await button(page, 'Execute').waitFor();
}
