// What whoever has no money left is told, by each kind of client; models without a price; budgets that only warn.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { shapes } from './lib/gateway.mjs';
import { assertError } from './lib/http.mjs';
import { MoneyWorld, price, usd } from './lib/money.mjs';
import { caught } from './lib/sdk_catch.mjs';
import { until } from './lib/wait.mjs';

const each = 20; // billionths of a dollar
const two = { monthly: usd(2 * each) };
const models = ['chat', 'native', 'messages'].map((provider) => `${provider}/good`);
const settings = {
  models: [...models, 'chat/good@dear', 'chat/good@unpriced', 'chat/good@mended', 'chat/good@nothing', 'fake/demo'],
  prices: {
    'chat/good': { request: each },
    'native/good': { request: each },
    'messages/good': { request: each },
    'chat/good@dear': { input: 1e9, output: 1e10, request: 7 },
    'chat/good@nothing': { input: 0, output: 0 },
  },
  providers: { fake: { type: 'demo' } },
  tenants: {
    broke: { budget: two },
    berlin: { budget: { daily: usd(2 * each) }, timezone: 'Europe/Berlin' },
    small: { budget: { monthly: '0.01' } },
    none: { budget: { monthly: '0' } },
    mild: { budget: { soft_daily: usd(each), soft_monthly: usd(4 * each) } },
    rich: { budget: { monthly: '1000' } },
    free: {},
  },
};

const twoDigits = (number) => String(number).padStart(2, '0');
const next = { month: nextMonth, day: nextDay };
function nextMonth(now = new Date()) {
  const year = now.getUTCFullYear() + (now.getUTCMonth() === 11 ? 1 : 0);
  const month = ((now.getUTCMonth() + 1) % 12) + 1;
  return { day: `${year}-${twoDigits(month)}-01`, at: Date.UTC(year, month - 1, 1) };
}

// Midnight in Berlin, where it is one or two hours later than in UTC.
function nextDay() {
  const local = (at) => new Date(at).toLocaleString('sv', { timeZone: 'Europe/Berlin' });
  const tomorrow = local(Date.now() + 24 * 3_600_000).slice(0, 10);
  const midnight = Date.parse(`${tomorrow}T00:00:00Z`);
  const at = [1, 2].map((hours) => midnight - hours * 3_600_000).find((time) => local(time) === `${tomorrow} 00:00:00`);
  return { day: tomorrow, at };
}

const words = (who, period, zone) =>
  `The budget of ${who} for ${period === 'day' ? 'today' : 'this month'} does not allow this request: ` +
  `of $0.00000004, $0.00000004 are spent; it may cost up to $0.00000002. The next budget begins on ` +
  `${next[period]().day} at 00:00 (${zone}); whoever runs the gateway can raise it before.`;

function assertWait(headers, period) {
  const seconds = (next[period]().at - Date.now()) / 1_000;
  assert.ok(Math.abs(Number(headers['retry-after']) - seconds) < 30, `${headers['retry-after']} s, not ${seconds}`);
}

// Both requests that there is money for, and then one of each door.
async function spendAll(world, tenant) {
  const key = await world.key(tenant, 'ada');
  for (let n = 0; n < 2; n++) assert.equal((await world.ask('chat', key, 'chat/good')).status, 200);
  await world.booked(key, 2, 2 * each, tenant === 'berlin' ? 'day' : 'month');
  return key;
}

async function refusals(world, key, who, period, zone) {
  const message = words(who, period, zone);
  const chat = await world.ask('chat', key, 'chat/good');
  assert.deepEqual(assertError(chat, 429, 'budget_exceeded'), {
    message,
    type: 'insufficient_quota',
    param: null,
    code: 'budget_exceeded',
  });
  assert.equal(chat.headers['x-should-retry'], 'false');
  assertWait(chat.headers, period);

  const codex = await world.ask('responses', key, 'native/good', { stream: true });
  assert.equal(assertError(codex, 400, 'invalid_prompt').message, message);
  assert.equal(codex.headers['retry-after'], undefined);

  const claude = await world.ask('messages', key, 'messages/good', { stream: true });
  assert.equal(claude.status, 429, claude.text);
  assert.deepEqual(claude.json.error, { type: 'rate_limit_error', message });
  assert.equal(claude.json.type, 'error');
  assert.equal(claude.headers['x-should-retry'], 'false');
  assertWait(claude.headers, period);
}

async function sdksGiveUp(world, key) {
  let asked = 0;
  const counted = (...request) => {
    asked++;
    return fetch(...request);
  };
  const options = { apiKey: key.secret, maxRetries: 5, fetch: counted };
  const openai = new OpenAI({ ...options, baseURL: `${world.gateway.url}/v1` });
  const anthropic = new Anthropic({ ...options, baseURL: world.gateway.url });
  const messages = [{ role: 'user', content: 'Say hello' }];
  const first = await caught(openai.chat.completions.create({ model: 'chat/good', messages }));
  const second = await caught(anthropic.messages.create({ model: 'messages/good', messages, max_tokens: 100 }));
  for (const error of [first, second])
    assert.match(error.message, /\$0\.00000004 are spent.* The next budget begins on/);
  assert.ok(first instanceof OpenAI.RateLimitError && first.code === 'budget_exceeded');
  assert.ok(second instanceof Anthropic.RateLimitError);
  assert.equal(asked, 2, 'each SDK asks once');
}

const unpriced =
  'A budget applies to this key, so it may use only models with a price, and there is none for chat/good@unpriced. ' +
  'The operator adds `prices: {"chat/good@unpriced": {input: ..., output: ...}}`';

async function unpricedIsRefused(world) {
  const key = await world.key('rich');
  const chat = await world.ask('chat', key, 'chat/good@unpriced');
  const error = assertError(chat, 403, 'model_not_priced');
  assert.ok(error.message.startsWith(unpriced), error.message);
  assert.equal(error.type, 'permission_error');
  const codex = await world.ask('responses', key, 'chat/good@unpriced');
  assert.ok(assertError(codex, 400, 'invalid_prompt').message.startsWith(unpriced), codex.text);
  const claude = await world.ask('messages', key, 'chat/good@unpriced');
  assert.equal(claude.status, 403);
  assert.equal(claude.json.error.type, 'permission_error');
  assert.ok(claude.json.error.message.startsWith(unpriced), claude.text);
  assert.equal(world.upstream.of('good@unpriced').length, 0);
}

async function pricesMendIt(world) {
  const key = await world.key('rich');
  const ask = () => world.ask('chat', key, 'chat/good@mended');
  assertError(await ask(), 403, 'model_not_priced');
  world.gateway.edit((config) => (config.prices['chat/good@mended'] = price({ request: 5 })));
  const answer = await until(async () => {
    const each = await ask();
    return each.status === 200 && each;
  }, 'the price to count');
  assert.equal(answer.headers['x-wayleave-cost-usd'], usd(5));
}

// As the refusal says: whoever runs the gateway can raise it.
async function raised(world, key) {
  assertError(await world.ask('chat', key, 'chat/good'), 429, 'budget_exceeded');
  world.gateway.edit((config) => (config.tenants.broke.budget.monthly = usd(3 * each)));
  await until(async () => (await world.ask('chat', key, 'chat/good')).status === 200, 'the new budget to count');
  await world.booked(key, 3, 3 * each);
  assertError(await world.ask('chat', key, 'chat/good'), 429, 'budget_exceeded');
}

// Whoever has no budget pays nothing and needs no prices; what costs nothing is there for those without money, too.
async function costsNothing(world) {
  const [free, none] = await Promise.all(['free', 'none'].map((tenant) => world.key(tenant)));
  assert.equal((await world.ask('chat', free, 'chat/good@unpriced')).status, 200);
  for (const model of ['fake/demo', 'chat/good@nothing']) {
    const answer = await world.ask('chat', none, model);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['x-wayleave-cost-usd'], usd(0), model);
  }
  const answer = await world.ask('chat', none, 'chat/good');
  assert.match(assertError(answer, 429, 'budget_exceeded').message, /of \$0\.00, \$0\.00 are spent; it may cost up to/);
  assert.equal(await world.spent(none), 0);
}

// An upper bound above all that there is: a whole budget, and too small for the least answer.
async function tooDear(world) {
  const key = await world.key('small');
  const answer = await world.ask('chat', key, 'chat/good@dear');
  const { message } = assertError(answer, 429, 'budget_exceeded');
  assert.match(
    message,
    /^The budget of tenant small .* of \$0\.01, \$0\.00 are spent; it may cost up to \$\d+\.\d+\. The next/,
  );
  assert.equal(world.upstream.of('good@dear').length, 0);
}

// How much of the day's budget and of the month's is used, as Codex is told.
async function shownTo(world, key) {
  const { headers } = await world.ask('responses', key, 'fake/demo');
  return ['primary', 'secondary'].map((name) => headers[`x-codex-${name}-used-percent`]);
}

async function softIsRemembered(world, key) {
  const service = world.gateway.shape === 'serve' ? 'gateway' : 'auth';
  await world.gateway.kill(service);
  world.gateway.restart(service);
  await world.gateway.ready();
  let shown;
  const same = async () => (shown = await shownTo(world, key)).join() === '100.0,75.0';
  await until(same, 'the same use to be told', 5_000).catch(() => assert.deepEqual(shown, ['100.0', '75.0']));
}

async function softNeverRefuses(world) {
  const key = await world.key('mild');
  for (let n = 0; n < 6; n++) {
    const answer = await world.ask('responses', key, n % 2 ? 'native/good' : 'chat/good@unpriced');
    assert.equal(answer.status, 200, answer.text);
  }
  const rows = await world.usage(key, 6);
  assert.equal(
    rows.reduce((sum, row) => sum + row.cost_nano_usd, 0),
    3 * each,
  );
  assert.deepEqual(await shownTo(world, key), ['100.0', '75.0']);
  return key;
}

for (const shape of shapes) {
  describe(`budgets and what is told of them, ${shape}`, () => {
    let world;
    before(async () => (world = await MoneyWorld.start({ shape, ...settings })));
    after(() => world?.stop());

    let broke;
    test('a month is over: each client is told whose budget it is, how much, and when the next begins', async () => {
      broke = await spendAll(world, 'broke');
      await refusals(world, broke, 'tenant broke', 'month', 'UTC');
    });
    test('a day is over, in a time zone', async () => {
      const key = await spendAll(world, 'berlin');
      await refusals(world, key, 'tenant berlin', 'day', 'Europe/Berlin');
    });
    test('the SDKs do not ask again, and show what they were told', () => sdksGiveUp(world, broke));
    test('a budget that is raised counts at once', () => raised(world, broke));
    test('models without a price are refused', () => unpricedIsRefused(world));
    test('prices mend it, without a restart', () => pricesMendIt(world));
    test('what costs nothing, and whoever has no budget', () => costsNothing(world));
    test('a request that may cost more than there is', () => tooDear(world));
    let mild;
    test('soft budgets never refuse, and need no prices', async () => (mild = await softNeverRefuses(world)));
    test('what is used of soft budgets is known after a restart', () => softIsRemembered(world, mild));
  });
}
