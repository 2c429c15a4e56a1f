// The status page in a browser: it shows what the API gives, asks nobody else, and takes no name for markup.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { answerWith, launch, signIn, watchedPage } from './lib/browser.mjs';
import { fetchAll } from './lib/http.mjs';
import { statusSample } from './lib/status_sample.mjs';
import { StatusScene } from './lib/status_scene.mjs';
import { until } from './lib/wait.mjs';

// Texts that run something where a page makes markup, an address or a script of them.
const corpus = [
  '<img src=x onerror="alert(1)">',
  '<script>alert(1)</script>',
  '"><svg onload=alert(1)>',
  "'-alert(1)-'",
  '</script><script>alert(1)</script>',
  '</style><script>alert(1)</script>',
  '${alert(1)}{{constructor.constructor("alert(1)")()}}',
  'javascript:alert(1)',
  '<iframe srcdoc="<script>parent.alert(1)</script>">',
  '<a href="https://evil.example/" autofocus onfocus=alert(1)>',
  '__proto__',
  '\u202e\u0000&lt;b&gt;',
];

// Whether a text such as "40.7 k" stands for this number.
const says = (text, value) => {
  const [, digits, unit] = /^([\d.,]+) ?([kMGT]?)$/.exec(text);
  const shown = Number(digits.replaceAll(',', '')) * { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 }[unit];
  return Math.abs(shown - value) <= value / 100;
};

describe('the status page', () => {
  let [scene, browser, origin, key] = [];
  before(async () => {
    scene = await StatusScene.start();
    browser = await launch();
    origin = `http://127.0.0.1:${scene.fleet.adminPort()}`;
    key = scene.fleet.operator.secret;
  });
  after(async () => {
    await browser?.close();
    await scene?.stop();
  });

  test('it asks for a key, and says what is wrong with one', async () => {
    const page = await watchedPage(browser, origin);
    await signIn(page, origin, 'wl_nonsense');
    await page.getByText(/key/i).locator('xpath=self::p[@id="refused"]').waitFor();
    assert.notEqual(await page.locator('#refused').textContent(), '');
    assert.equal(await page.locator('#board').isVisible(), false);
    assert.deepEqual(
      page.faults.filter((fault) => !/401/.test(fault)),
      [],
    ); // the browser notes a refused request
    await page.context().close();
  });

  test('it is empty first, and says what to do next', async () => {
    const page = await watchedPage(browser, origin);
    await signIn(page, origin, key);
    await page.getByText('Nothing was asked in the last ten minutes').waitFor();
    await page.getByText('wayleave codex-config').waitFor();
    page.assertClean();
    await page.context().close();
  });

  test('it shows the numbers that the API gives', async () => {
    for (let n = 0; n < 3; n++) assert.equal((await scene.request('research', 'counted')).status, 200);
    await scene.request('sales', corpus[0]);
    for (let n = 0; n < 3; n++) await scene.request('sales', 'broken');
    const answer = await scene.holding('research');
    const live = await scene.seen(
      ({ errors, in_flight }) => errors.length >= 4 && in_flight === 1,
      'errors and a request',
    );
    const page = await watchedPage(browser, origin);
    await signIn(page, origin, key);

    const cell = (region, row, column) =>
      page.getByRole('region', { name: region }).getByRole('row', { name: row }).getByRole('cell').nth(column);
    const { ten_minutes: research } = live.tenants.find(({ name }) => name === 'research');
    await until(
      async () => Number(await cell('Tenants', /^research/, 2).textContent()) === research.requests,
      'requests',
    );
    assert.ok(says(await cell('Tenants', /^research/, 4).textContent(), research.output_tokens));
    await page.getByRole('region', { name: 'Requests in progress' }).getByText('talk/held').waitFor();
    await page.getByRole('region', { name: 'Recent errors' }).getByText('model_not_found').waitFor();
    await page.getByRole('region', { name: 'Recent errors' }).getByText(corpus[0]).waitFor();
    await page.getByRole('region', { name: 'Targets' }).first().getByText('gone/broken').waitFor();
    await page.getByText(/out after 3/).waitFor();
    for (const part of ['gateway', 'auth', 'database', 'router', 'provider'])
      await page.locator('.parts').getByText(part, { exact: true }).waitFor();
    await page.getByRole('img', { name: 'Spend by day and tenant' }).waitFor();
    await page.getByRole('img', { name: /^research, today: \$.* of \$5\.00/ }).waitFor();
    await answer.end();
    await page.getByText('None just now.').waitFor();
    page.assertClean();
    await page.context().close();
  });

  test('the key stays in the tab, and goes when it is told to', async () => {
    const page = await watchedPage(browser, origin);
    const urls = [];
    page.on('request', (request) => urls.push(request.url()));
    await signIn(page, origin, key);
    await page.locator('#tiles .tile').first().waitFor();
    await page.reload();
    await page.locator('#tiles .tile').first().waitFor();
    assert.ok(urls.every((url) => !url.includes(key)));
    assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
    await page.getByRole('button', { name: 'Forget the key' }).click();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
    assert.equal((await page.content()).includes(key), false);
    assert.equal((await page.content()).includes('research'), false, 'what it showed is gone');
    page.assertClean();
    await page.context().close();
  });

  test('names that are markup are shown as they are, and nothing runs', async () => {
    for (const evil of corpus) {
      const page = await watchedPage(browser, origin);
      await answerWith(page, statusSample(Date.now(), evil));
      await signIn(page, origin, key);
      for (const id of ['tenants', 'targets', 'requests', 'errors', 'health', 'budgets', 'spend'])
        await until(async () => (await page.locator(`#${id}`).textContent()).includes(evil), `${evil} in ${id}`);
      assert.equal(await page.locator('#board :is(img, script, iframe, object, a, style)').count(), 0, evil);
      page.assertClean();
      await page.context().close();
    }
  });

  test('the policy stops a script that gets in all the same', async () => {
    const page = await watchedPage(browser, origin);
    await page.goto(`${origin}/admin/status`);
    const ran = await page.evaluate(() => {
      const script = document.createElement('script');
      try {
        script.textContent = 'window.ran = true';
      } catch {
        return 'refused as text';
      }
      document.body.append(script);
      return window.ran === true;
    });
    assert.notEqual(ran, true);
    const { headers } = await fetchAll(scene.fleet.adminPort(), { path: '/admin/' });
    assert.match(headers['content-security-policy'], /^default-src 'none'; style-src 'sha256-/);
    assert.equal(headers['cache-control'], 'no-store');
    await page.context().close();
  });

  test('it says that the gateway is away, keeps what it has, and goes on when it is back', async () => {
    const page = await watchedPage(browser, origin);
    await answerWith(page, statusSample(Date.now()));
    await signIn(page, origin, key);
    await page.getByRole('region', { name: 'Tenants' }).getByText('research').waitFor();
    await page.unroute('**/admin/v1/**');
    await page.route('**/admin/v1/**', (route) => route.abort());
    await page.getByText('This gateway does not answer').waitFor();
    assert.equal(await page.getByRole('region', { name: 'Tenants' }).getByText('research').isVisible(), true);
    await page.unroute('**/admin/v1/**');
    await page.locator('#trouble').waitFor({ state: 'hidden' });
    await page.context().close();
  });

  test('it is for dark rooms, telephones and keyboards, too', async () => {
    const luminance = (page) =>
      page.evaluate(() => Number(/\d+/.exec(getComputedStyle(document.body).backgroundColor)[0]));
    for (const [colorScheme, width, height] of [
      ['light', 1280, 800],
      ['dark', 1280, 800],
      ['dark', 360, 740],
    ]) {
      const page = await watchedPage(browser, origin, { colorScheme, viewport: { width, height } });
      await answerWith(page, statusSample(Date.now()));
      await signIn(page, origin, key);
      await page.getByRole('region', { name: 'Tenants' }).getByText('research').waitFor();
      assert.equal((await luminance(page)) > 128, colorScheme === 'light');
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(overflow <= 0, `${width} wide: ${overflow} too much`);
      const reached = new Set();
      for (let n = 0; n < 12; n++) {
        await page.keyboard.press('Tab');
        reached.add(
          await page.evaluate(
            () => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim(),
          ),
        );
      }
      for (const name of ['Forget the key', 'Tenants', 'Recent errors'])
        assert.ok(reached.has(name), `${name} of ${[...reached]}`);
      page.assertClean();
      await page.context().close();
    }
  });

  // WAYLEAVE_E2E_PICTURE says where the picture is kept.
  test('it looks as in the documentation', async () => {
    const page = await watchedPage(browser, origin, { viewport: { width: 1180, height: 912 } });
    const weekday = new Date('2026-11-26T10:00:00Z');
    await page.clock.setFixedTime(weekday);
    await answerWith(page, statusSample(weekday.getTime()));
    await signIn(page, origin, key);
    await page.locator('#spend svg').waitFor();
    await page.locator('#health .parts').waitFor();
    await page.evaluate(() => document.activeElement.blur());
    const picture = await page.screenshot({ path: process.env.WAYLEAVE_E2E_PICTURE });
    assert.ok(picture.length > 20_000, `${picture.length} bytes`);
    if (process.env.WAYLEAVE_E2E_PICTURE) assert.ok(picture.length < 150_000, `${picture.length} bytes`);
    page.assertClean();
    await page.context().close();
  });
});
