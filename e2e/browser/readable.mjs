// Holds the whole page to the levels A and AA of WCAG 2, in both themes and in windows of two widths, with each of its
// panes, and uses a narrow window:
//
//	node readable.mjs /usr/bin/chromium http://127.0.0.1:8080/
import assert from 'node:assert/strict';
import { accessible, lineOf, look, run, shownAnswer, shownQuery, tabsOf, urls, withBrowser, write } from './playground.mjs';

const [url] = urls;
const panes = ['Documentation Explorer', 'History', 'Examples', 'GraphiQL Explorer'];

await withBrowser(async () => {
  await look(url, everyState);
  await look(url, useNarrow, { width: 400 });
});

// inEveryLook checks a state of the page in both themes and widths. What is outside of the window axe does not look at,
// so the narrow one is as high as its panes together.
async function inEveryLook(page, state, part) {
  for (const [width, height] of [[1280, 800], [400, 2400]]) {
    await page.setViewportSize({ width, height });
    await inBothThemes(page, `${state}, ${width} pixels`, part);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

async function inBothThemes(page, state, part) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await accessible(page, `${state}, ${colorScheme}`, part);
  }
}

async function everyState(page) {
  await inEveryLook(page, 'no answer');
  await run(page);
  await inEveryLook(page, 'an answer');
  for (const pane of panes) {
    await page.getByRole('button', { name: `Show ${pane}` }).click();
    await inEveryLook(page, pane, '.graphiql-plugin');
  }
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page.locator('.graphiql-doc-explorer-type-name', { hasText: 'Query' }).first().click();
  await inEveryLook(page, 'the fields of a type', '.graphiql-plugin');
  await page.getByRole('button', { name: 'Hide Documentation Explorer' }).click();

  // What is wrong is coloured, too.
  await tabsOf(page).nth(2).click();
  await write(page, 'Query', 'query A($x: Int) { nope(a: "b", c: true, d: X, e: 1.5) @skip(if: $x) { ...f } } %');
  await write(page, 'Variables', '{"x": "y"}');
  await page.locator('.graphiql-query-editor .CodeMirror-lint-mark-error').first().waitFor();
  await inEveryLook(page, 'faults', '.graphiql-editors');

  // So are the lists and boxes that come and go.
  await write(page, 'Query', '{ jobs(filter: {states: [');
  await page.keyboard.press('Control+Space');
  await page.getByRole('listbox', { name: 'Completions' }).waitFor();
  await inBothThemes(page, 'completions', '.CodeMirror-hints'); // not what the list lies over
  await page.keyboard.press('Tab'); // picks the first
  assert.match(await shownQuery(page), /states: \[PENDING$/);
  await page.keyboard.press('Control+F');
  await page.getByRole('textbox', { name: 'Find' }).waitFor();
  await inBothThemes(page, 'search', '.graphiql-query-editor');
  await page.keyboard.press('Escape');
  while (await tabsOf(page).count() > 1) await page.locator('.graphiql-tab-close').last().click();
  await inEveryLook(page, 'one tab');
}

// Below 700 pixels the panes stand below each other, and all of them can be come to and used.
async function useNarrow(page) {
  await page.locator('.graphiql-execute-button').click();
  await lineOf(page).getByText('status 200').waitFor();
  assert.match(await shownAnswer(page), /"nodes"/);
  const parts = {
    query: page.locator('.graphiql-query-editor .CodeMirror'),
    variables: page.locator('.graphiql-editor-tool .CodeMirror'),
    answer: page.locator('.result-window'),
    line: lineOf(page),
    download: page.getByRole('button', { name: 'Download the answer' }),
    settings: page.getByRole('button', { name: 'Open settings dialog' }),
    token: page.getByLabel('Token'),
    schema: page.getByRole('link', { name: 'Schema' }),
  };
  for (const width of [400, 320, 699]) {
    await page.setViewportSize({ width, height: 800 });
    const tops = [];
    for (const [name, part] of Object.entries(parts)) {
      await part.scrollIntoViewIfNeeded();
      const box = await part.boundingBox();
      assert.ok(box.x >= 0 && box.x + box.width <= width && box.y >= 0 && box.y < 800, `${name} at ${width}: ${JSON.stringify(box)}`);
      await part.click({ trial: true }); // nothing lies over it
      if (tops.length < 5) tops.push(await part.evaluate((element) => element.getBoundingClientRect().top - document.querySelector('.graphiql-container').getBoundingClientRect().top));
    }
    assert.deepEqual(tops, tops.toSorted((a, b) => a - b), `the panes are not below each other at ${width}`);
    assert.equal(new Set(tops).size, tops.length);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `wider than ${width}`);
  }
  await page.setViewportSize({ width: 400, height: 800 });
  for (const pane of panes) {
    await page.getByRole('button', { name: `Show ${pane}` }).click();
    const box = await page.locator('.graphiql-plugin').boundingBox();
    assert.ok(box.width >= 300 && box.height >= 40 && box.x >= 0 && box.x + box.width <= 400, `${pane}: ${JSON.stringify(box)}`);
    await page.getByRole('button', { name: `Hide ${pane}` }).click();
  }
  await write(page, 'Query', '{ jobs(first: 2) { nodes { id } } }');
  const { text } = await run(page);
  assert.equal(JSON.parse(text).data.jobs.nodes.length, 2);
  for (const dialog of ['short keys', 'settings']) { // they lock the scrolling, by a style that the policy knows
    await page.getByRole('button', { name: `Open ${dialog} dialog` }).click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }
}
