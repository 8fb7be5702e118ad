// Takes things out of the playground: commands that a shell runs, answers, links; and runs each example:
//
//	node share.mjs /usr/bin/chromium http://127.0.0.1:8080/
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { clipboard, look, run, shownAnswer, shownQuery, tabsOf, urls, withBrowser, write } from './playground.mjs';

const [url] = urls;

await withBrowser(async () => {
  await look(url, runExamples);
  await look(url, copyCurl);
  await look(url, takeAnswer);
  await look(url, copyWithoutClipboard, { before: hideClipboard });
  await look(new URL('graphql', url).href, (page) => assert.equal(page.url(), url));
  await look(new URL('graphql?query=%7B+a:__typename+%7D&variables=%7B%22v%22:1%7D', url).href, openLink);
});

// Each example is in a tab, and runs without an error.
async function runExamples(page) {
  const tabs = tabsOf(page);
  const titles = await tabs.allTextContents();
  assert.ok(titles.length > 4 && titles.length <= 7, `${titles}`);
  for (const [i, title] of titles.entries()) {
    await tabs.nth(i).click();
    const query = await shownQuery(page);
    assert.match(query, new RegExp(`^# [^]*\\n(query|subscription) ${title}\\b`));
    if (/^subscription/m.test(query)) continue; // watch.mjs
    const { text } = await run(page);
    const { data, errors } = JSON.parse(text);
    assert.equal(errors, undefined, title);
    assert.ok(data, title);
  }
}

// bash returns what a command prints that is run with a token in its environment, or with none.
function bash(command, token) {
  const env = { PATH: process.env.PATH, ...(token && { JOBS_TOKEN: token }) };
  return execFileSync('bash', ['--norc', '-euc', command], { encoding: 'utf8', timeout: 20_000, env });
}

// The command asks what the page asks, whatever is in it, and the shell puts the token in.
async function copyCurl(page) {
  const copy = async () => {
    await page.evaluate(() => navigator.clipboard.writeText(''));
    await page.getByRole('button', { name: 'Copy as curl' }).click();
    await page.waitForFunction(async () => await navigator.clipboard.readText() !== '');
    return clipboard(page);
  };
  await page.getByLabel('Token').fill('a-secret');
  const first = await copy();
  assert.ok(!first.includes('a-secret') && first.includes('"Authorization: Bearer $JOBS_TOKEN"'), first);
  assert.equal(JSON.parse(bash(first, 'demo')).data.jobs.nodes.length, 10);
  assert.match(bash(first, 'invalid'), /UNAUTHENTICATED/);
  await page.getByText('It takes the token from JOBS_TOKEN').waitFor();

  await page.getByRole('button', { name: 'Copy a link to this query' }).click();
  await page.getByText('A link to this query is in the clipboard.').waitFor();
  const link = new URL(await clipboard(page));
  assert.ok(!link.href.includes('a-secret'));
  assert.equal(new URLSearchParams(link.hash.slice(1)).get('query'), await shownQuery(page));

  // What a shell could take for its own comes through as it is: the second command prints what curl was given.
  const odd = `it's "$HOME" \`id\` \\ !! \\n ''; exit 7 # é 🙂`;
  const query = `query Odd($types: [String!]) { jobs(first: 1, filter: {types: $types}) { totalCount } } # 'quoted' $(id) !x`;
  await write(page, 'Query', query);
  await write(page, 'Variables', JSON.stringify({ types: [odd] }));
  await page.waitForFunction(() => document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror.operationName === 'Odd');
  const command = await copy();
  assert.equal(JSON.parse(bash(command, 'demo')).data.jobs.totalCount, 0);
  const given = bash(`curl() { printf '%s\\0' "$@"; }\n${command}`, 'to\'ken"').split('\0');
  assert.deepEqual(given.slice(0, -2), ['-sS', new URL('graphql', url).href, '-H', 'Content-Type: application/json', '-H', `Authorization: Bearer to'ken"`, '--data-raw']);
  assert.deepEqual(JSON.parse(given.at(-2)), { query, operationName: 'Odd', variables: { types: [odd] } });

  // A subscription is sent as one, and its events are printed as they come.
  await write(page, 'Variables', '');
  await write(page, 'Query', 'subscription Watch { jobsChanged { resync } }');
  await page.waitForFunction(() => document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror.operationName === 'Watch');
  const printed = bash(`${await copy()} | head -n 4`, 'demo');
  assert.match(printed, /^event: next\ndata: {"data":{"jobsChanged":{"resync":false}}}$/m);

  // Without a token there is none in the command.
  await page.getByLabel('Token').fill('');
  const anonymous = await copy();
  assert.ok(!/token|Authorization/i.test(anonymous), anonymous);
  assert.match(bash(anonymous), /UNAUTHENTICATED/);

  // Variables that are not JSON are no command, and no error of the page.
  await write(page, 'Variables', '{"types": ');
  await page.getByRole('button', { name: 'Copy as curl' }).click();
  await page.getByText('The variables are not JSON').waitFor();
  assert.equal(await clipboard(page), anonymous);
}

// The answer that is copied and saved is the one that is shown.
async function takeAnswer(page) {
  const [copy, save] = ['Copy the answer', 'Download the answer'].map((name) => page.getByRole('button', { name }));
  assert.ok(await copy.isDisabled() && await save.isDisabled(), 'there is no answer yet');
  const { text } = await run(page);
  const shown = await shownAnswer(page);
  await copy.click();
  await page.getByText('The answer is in the clipboard.').waitFor();
  assert.equal(await clipboard(page), shown);
  const [download] = await Promise.all([page.waitForEvent('download'), save.click()]);
  assert.equal(download.suggestedFilename(), 'NewestJobs.json');
  const saved = readFileSync(await download.path(), 'utf8');
  assert.equal(saved, shown);
  assert.deepEqual(JSON.parse(saved).data, JSON.parse(text).data);
}

// A page that is not served over https has no clipboard of this kind.
function hideClipboard(page) {
  return page.addInitScript(() => { Object.defineProperty(navigator, 'clipboard', { value: undefined }); });
}

async function copyWithoutClipboard(page) {
  await page.getByRole('button', { name: 'Copy as curl' }).click();
  await page.getByText('A command for a shell is in the clipboard.').waitFor();
  await page.getByLabel('Token').fill('');
  await page.getByLabel('Token').press('Control+V');
  assert.match(await page.getByLabel('Token').inputValue(), /^curl -sS /);
}

// A link to the endpoint opens its query in a tab, and runs nothing.
async function openLink(page) {
  await page.waitForFunction(() => document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror.getValue() === '{ a:__typename }');
  assert.equal(await page.locator('.graphiql-editor-tool .CodeMirror').evaluate((element) => element.CodeMirror.getValue()), '{"v":1}');
  assert.equal(page.url(), url);
  assert.equal(await shownAnswer(page), '');
}
