// Headless Chromium, Debian's, by the protocol that playwright-core speaks: nothing is downloaded.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { chromiumPath } from './env.mjs';

export const launch = () =>
  chromium.launch({
    executablePath: chromiumPath,
    args: ['--disable-dev-shm-usage', ...(process.getuid() === 0 ? ['--no-sandbox'] : [])], // root has no sandbox
  });

// A page that notes whatever it should not do: errors, messages on the console, dialogs, requests to elsewhere.
export async function watchedPage(browser, origin, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => faults.push(`console: ${message.text()}`));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:'))
      faults.push(`request: ${request.url()}`);
  });
  return Object.assign(page, { faults, assertClean: () => assert.deepEqual(faults, []) });
}

// Gives the page the key as a person does.
export async function signIn(page, origin, key) {
  await page.goto(`${origin}/admin/`);
  await page.getByLabel(/Key with the scope/).fill(key);
  await page.keyboard.press('Enter');
}

// Answers /admin/v1 with these objects instead of the gateway, by the first part of the path.
export async function answerWith(page, answers) {
  await page.route('**/admin/v1/**', (route) => {
    const [part] = new URL(route.request().url()).pathname.split('/').slice(3);
    return route.fulfill({ status: 200, contentType: 'application/json', body: JSON.stringify(answers[part]) });
  });
}
