// Goes through the playground without a mouse, as a first visit, and types what is wrong:
//
//	node keyboard.mjs /usr/bin/chromium http://127.0.0.1:8080/
import assert from 'node:assert/strict';
import { look, run, shownQuery, tabsOf, urls, withBrowser, write } from './playground.mjs';

const [url] = urls;

await withBrowser(async () => {
  await look(url, walk);
  await look(url, runFromAnywhere);
  await look(url, pasteTokens);
  await look(url, writeWrongVariables);
  await look(url, exploreInTabs);
});

// focused returns the name of what has the focus.
function focused(page) {
  return page.evaluate(() => {
    const { activeElement: at } = document;
    return at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent.trim();
  });
}

// Tab comes to everything in order, and Shift+Tab goes the same way back: nothing holds the focus.
async function walk(page) {
  await run(page);
  await page.getByRole('link', { name: 'Schema' }).focus();
  const there = [await focused(page)];
  while (there.at(-1) !== 'Download the answer' && there.length < 60) {
    await page.keyboard.press('Tab');
    there.push(await focused(page));
  }
  const back = [there.at(-1)];
  while (back.at(-1) !== 'Schema' && back.length < 60) {
    await page.keyboard.press('Shift+Tab');
    back.push(await focused(page));
  }
  assert.deepEqual(back.toReversed(), there);
  const wanted = [
    'Schema', 'Token', 'Show', 'Show Documentation Explorer', 'Show Examples', 'Show GraphiQL Explorer', 'Open settings dialog',
    'NewestJobs', 'Close NewestJobs', 'ManyDatasetsAtOnce', 'Close ManyDatasetsAtOnce', 'Add tab', 'Query', 'Execute query (Ctrl-Enter)', 'Copy a link to this query',
    'Copy as curl', 'Variables', 'Hide editor tools', 'Variables', 'Answer', 'Copy the answer', 'Download the answer',
  ];
  let last = -1;
  for (const name of wanted) {
    const next = there.indexOf(name, last + 1);
    assert.ok(next > last, `${name} is not where it should be: ${there}`);
    last = next;
  }

  // What is typed goes into the editor that has the focus, and so does what a hidden editor would have got.
  await page.getByRole('textbox', { name: 'Query', exact: true }).focus();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('#!');
  assert.match(await shownQuery(page), /^#!/);
  await page.getByRole('button', { name: 'Hide editor tools' }).press('Enter');
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'Answer', 'the editor that is hidden is not come to');
}

async function runFromAnywhere(page) {
  for (const press of [
    () => page.keyboard.press('Control+Enter'),
    () => page.keyboard.press('Meta+Enter'),
    () => page.getByLabel('Token').press('Control+Enter'),
    () => page.getByRole('textbox', { name: 'Query', exact: true }).press('Control+Enter'),
    () => page.getByRole('textbox', { name: 'Variables', exact: true }).press('Meta+Enter'),
    () => page.getByRole('textbox', { name: 'Answer' }).press('Control+Enter'),
    () => page.getByRole('button', { name: 'Show History' }).press('Control+Enter'),
    () => page.getByRole('link', { name: 'Schema' }).press('Control+Enter'),
  ]) {
    const { text } = await run(page, press);
    assert.ok(JSON.parse(text).data.jobs.nodes.length > 0);
  }
  assert.equal(await page.getByRole('button', { name: 'Show History' }).count(), 1, 'the button itself was not pressed');
  assert.equal(page.context().pages().length, 1, 'the link was not followed');
}

// The box takes what people copy: a token, or the header around it.
async function pasteTokens(page) {
  const box = page.getByLabel('Token');
  for (const copied of ['x.y-z', 'Bearer x.y-z', 'bearer   x.y-z ', 'Authorization: Bearer x.y-z', '\nauthorization:bearer x.y-z\n']) {
    await page.evaluate((text) => navigator.clipboard.writeText(text), copied);
    await box.fill('');
    await box.press('Control+V');
    const { header } = await run(page);
    assert.equal(header.authorization, 'Bearer x.y-z', copied);
    assert.equal((await box.inputValue()).trim(), 'x.y-z');
  }
  await page.reload();
  assert.equal(await box.inputValue(), 'x.y-z');
}

// A value that does not fit is marked where it stands, and is no error of the page.
async function writeWrongVariables(page) {
  await tabsOf(page).nth(2).click();
  for (const [query, variables, marked] of [
    ['query A($filter: JobFilter) { jobs(filter: $filter) { totalCount } }', '{"filter": {"states": ["NOPE"]}}', '"NOPE"'],
    ['query A($order: JobOrder!) { jobs(orderBy: $order) { totalCount } }', '{"order": 7}', '7'],
    ['query A($first: Int) { jobs(first: $first) { totalCount } }', '{"first": "ten"}', '"ten"'],
    ['query A($first: Int) { jobs(first: $first) { totalCount } }', '{"first": 99999999999}', '99999999999'],
    ['query A($id: ID!) { job(id: $id) { id } }', '{"id": 1.5}', '1.5'],
  ]) {
    await write(page, 'Query', query);
    await write(page, 'Variables', variables);
    await page.waitForFunction((text) =>
      [...document.querySelectorAll('.graphiql-editor-tool .CodeMirror-lint-mark-error')].map((mark) => mark.textContent).join('') === text, marked);
  }
}

// The explorer shows the open tab, and changes it alone.
async function exploreInTabs(page) {
  // The explorer may draw itself anew in that moment, so that what is pressed is lost.
  const press = async (key, name, isDone) => {
    while (!isDone(await shownQuery(page))) {
      await page.locator(`.graphiql-explorer-root [data-field-name="${name}"]`).first().press(key);
      for (let waits = 0; waits < 20 && !isDone(await shownQuery(page)); waits++) await page.waitForTimeout(100);
    }
  };
  await tabsOf(page).nth(1).click(); // its filter has a list, which the explorer has no input for
  await page.getByRole('button', { name: 'Show GraphiQL Explorer' }).click();
  await page.locator('.graphiql-explorer-root input[value="FilterByStateAndTime"]').waitFor();
  await tabsOf(page).nth(0).click();
  await press('Enter', 'endedAt', (query) => !query.includes('endedAt'));
  for (const text of ['', '# a comment', '{ jobs {']) {
    await page.getByRole('button', { name: 'Add tab' }).click();
    await page.waitForFunction(() => document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror.getValue() === '');
    await write(page, 'Query', text);
    await page.locator('.graphiql-explorer-root input[value="MyQuery"]').waitFor();
    await press('Space', 'jobStateCounts', (query) => query.includes('jobStateCounts'));
    assert.match(await shownQuery(page), /^query MyQuery \{\s+jobStateCounts/, `after ${JSON.stringify(text)}`);
  }
  await tabsOf(page).nth(0).click();
  await page.locator('.graphiql-explorer-root input[value="NewestJobs"]').waitFor();
  assert.match(await shownQuery(page), /^query NewestJobs/);
}
