// What the scripts beside this one share: a browser, pages that complain of nothing, and the words that GraphiQL
// has for what is on its page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [executablePath, ...rest] = process.argv.slice(2);

// urls are the addresses of the gateways that a script was given, behind the browser's path.
export const urls = rest;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const levels = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
let browser;

// withBrowser runs a script's checks, one after the other. One that fails ends the process with 1.
export async function withBrowser(checks) {
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] }); // root has no sandbox
  try {
    await checks();
  } finally {
    await browser.close();
  }
}

// look opens a playground for the first time, and fails if the browser has an error to tell of when check is done.
// Before stands for what has to be so before the page is loaded.
export async function look(url, check, { width = 1280, before = () => {} } = {}) {
  const context = await browser.newContext({
    viewport: { width, height: 800 }, colorScheme: 'light', reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints = [];
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
  page.on('pageerror', (error) => complaints.push(error.message));
  await before(page);
  await page.goto(url);
  await page.locator('.graphiql-execute-button').waitFor();
  await page.getByRole('textbox', { name: 'Answer' }).waitFor({ state: 'attached' });
  await check(page);
  assert.deepEqual(complaints, []);
  await context.close();
}

export const lineOf = (page) => page.getByRole('status', { name: 'What the answer took' });
export const tabsOf = (page) => page.locator('.graphiql-tab-button');
export const shownAnswer = (page) => textOf(page, '.result-window');
export const shownQuery = (page) => textOf(page, '.graphiql-query-editor');

// An editor draws only the lines that are seen; it knows all of them.
const textOf = (page, place) => page.locator(`${place} .CodeMirror`).evaluate((element) => element.CodeMirror.getValue());

// run does what sends the query of the open tab, and returns the request, its answer, and the line.
export async function run(page, act = () => page.keyboard.press('Control+Enter')) {
  const answered = page.waitForResponse((response) => response.url().endsWith('/graphql'));
  await act();
  const response = await answered;
  const id = response.headers()['x-request-id'];
  const line = lineOf(page);
  await line.getByText(id).waitFor();
  return { header: response.request().headers(), id, text: await response.text(), parts: await line.locator('span').allTextContents() };
}

// write puts a text into an editor by the keyboard.
export async function write(page, name, text) {
  await page.getByRole('textbox', { name, exact: true }).focus();
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(text);
}

export const clipboard = (page) => page.evaluate(() => navigator.clipboard.readText());

// accessible fails where a part of the page has a violation of level A or AA.
export async function accessible(page, state, part = 'html') {
  if (!await page.evaluate(() => 'axe' in globalThis)) await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(
    ([where, runOnly]) => globalThis.axe.run(where, { runOnly, resultTypes: ['violations'] }), [part, levels]);
  assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map((node) => [node.html.slice(0, 200), node.failureSummary])]), [], state);
  assert.ok(passes.some(({ id }) => id === 'color-contrast'), `${state}: the contrast was looked at`);
}
