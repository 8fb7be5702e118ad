// Shows a page of a client in Chromium: the page is bundled, and comes from another origin than the gateway.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const { GATEWAY, SITE, PAGES, CHROMIUM } = process.env;

// look bundles a page, opens it, calls check with it and the list of what the browser and the client have complained of, and
// fails if check leaves something in that list. The page finds the gateway's URL in globalThis.gateway.
export async function look(entry, check, { plugins = [] } = {}) {
  await build({
    entryPoints: [entry], outfile: join(PAGES, 'page.js'), bundle: true, format: 'esm', jsx: 'automatic', plugins,
    define: { 'process.env.NODE_ENV': '"development"' }, // in which clients warn
  });
  writeFileSync(join(PAGES, 'index.html'), `<!doctype html><html lang="en"><meta charset="utf-8"><title>Jobs</title>
<link rel="icon" href="data:,"><div id="root"></div><script>globalThis.gateway = ${JSON.stringify(`${GATEWAY}/graphql`)}</script>
<script type="module" src="page.js"></script></html>`);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] }); // root has no sandbox
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(30_000);
    const complaints = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(SITE);
    try {
      await check(page, complaints);
    } catch (error) {
      error.message += `\nthe page: ${await page.locator('body').innerText()}\nthe console: ${complaints.join('\n')}`;
      throw error;
    }
    assert.deepEqual(complaints, []);
  } finally {
    await browser.close();
  }
}
