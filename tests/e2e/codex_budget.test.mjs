// What the user of Codex sees of money: whose budget has run out, how much it was and when the next begins; how much is
// used, in /status.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { codexConfig, CodexHome, errorsOf, execCodex } from './lib/codex.mjs';
import { CodexApp } from './lib/codex_app.mjs';
import { chatProvider, shapes } from './lib/gateway.mjs';
import { MoneyWorld, usd } from './lib/money.mjs';
import { finalText, patchedFiles } from './lib/scripts.mjs';

const each = 20_000_000; // billionths of a dollar, the price of every request here: $0.02
const providers = ['native', 'chat', 'messages'];
const scripts = ['good', 'obeys', 'agent-heredoc'];
const tags = ['session', 'socket', 'exec', 'agent', 'near', 'status', 'limits'];
const claude = (provider) => (provider === 'messages' ? '-claude-sonnet-4-5' : '');
const model = (does, tag, provider = 'native') => `${provider}/${does}@${tag}${claude(provider)}`;
const budget = { budget: { monthly: '0.05' } };

const settings = {
  models: [
    ...tags.flatMap((tag) => scripts.flatMap((does) => providers.map((provider) => model(does, tag, provider)))),
    'bare/good',
  ],
  providers: (upstream) => ({ bare: chatProvider(upstream) }),
  prices: {
    ...Object.fromEntries(providers.map((provider) => [`${provider}/*`, { request: each }])),
    ...Object.fromEntries(providers.map((provider) => [`${provider}/obeys*`, { input: 0, output: 1e9 }])),
  },
  tenants: {
    session: budget,
    socket: budget,
    ...Object.fromEntries(providers.map((provider) => [`exec-${provider}`, budget])),
    agent: { budget: { monthly: '1' } },
    near: { budget: { monthly: usd(2_000_000) } },
    status: { budget: { daily: '0.08', monthly: '0.40' } },
    limits: { limits: { rpm: 40, tpm: 10_000_000 } },
  },
};

const nextMonth = () => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
};
const spent = (tenant) =>
  `The budget of tenant ${tenant} for this month does not allow this request: of $0.05, $0.04 are spent; it may cost ` +
  `up to $0.02. The next budget begins on ${nextMonth().toISOString().slice(0, 10)} at 00:00 (UTC); ` +
  'whoever runs the gateway can raise it before.';

async function inHome(world, name, key, play, extra) {
  const home = new CodexHome({ config: codexConfig({ gateway: world.gateway, model: name, extra }) });
  try {
    return await play(home);
  } finally {
    home.remove();
  }
}

async function inSession(home, key, play) {
  const app = await CodexApp.start(home, { key: key.secret });
  try {
    return await play(app);
  } finally {
    await app.stop();
  }
}

const session = (world, name, key, play, extra) =>
  inHome(world, name, key, (home) => inSession(home, key, play), extra);

async function completes(app, text = 'Hello') {
  const { status, error } = await app.turn(text);
  assert.equal(status, 'completed', JSON.stringify(error));
}

// Two turns are paid for; the third tells why it is not, at once and once; nothing reaches the provider.
async function runsOut(world, tenant, extra) {
  const key = await world.key(tenant, 'ada');
  const play = async (app) => {
    for (const count of [1, 2]) {
      await completes(app);
      await world.usage(key, count);
    }
    for (const turn of [3, 4]) {
      const { status, error } = await app.turn('Hello again');
      assert.equal(status, 'failed', `turn ${turn}`);
      assert.equal(error.message, spent(tenant));
    }
    assert.deepEqual(
      app.of('error').map(({ params }) => params.willRetry),
      [false, false],
      'Codex tried again',
    );
  };
  await session(world, model('good', tenant), key, play, extra);
  assert.equal(world.upstream.of(`good@${tenant}`).length, 2);
}

// In the middle of a turn that works: what was done stays, the end tells why.
async function runsOutWithin(world, provider) {
  const tenant = `exec-${provider}`;
  const key = await world.key(tenant, 'ada');
  const run = await inHome(world, model('agent-heredoc', 'exec', provider), key, (home) =>
    execCodex(home, { key: key.secret }),
  );
  assert.notEqual(run.code, 0, run.said);
  assert.equal(errorsOf(run).at(-1), spent(tenant));
  assert.deepEqual(run.files, patchedFiles);
  await world.booked(key, 2, 2 * each);
}

// With money it goes to its end, and costs what its requests cost.
async function pays(world) {
  const key = await world.key('agent', 'ada');
  const run = await inHome(world, model('agent-heredoc', 'agent'), key, (home) => execCodex(home, { key: key.secret }));
  assert.equal(run.lastMessage, finalText, run.said);
  const count = world.upstream.of('agent-heredoc@agent').length;
  const rows = await world.booked(key, count, count * each);
  assert.equal(new Set(rows.map((row) => row.session)).size, 1, 'one session');
  assert.notEqual(rows[0].session, '');
}

// The last of a budget: the answer is cut where the money ends, and is not asked for again.
async function cutShort(world) {
  const key = await world.key('near');
  const run = await inHome(world, model('obeys', 'near'), key, (home) => execCodex(home, { key: key.secret }));
  assert.notEqual(run.code, 0, run.said);
  assert.match(errorsOf(run).at(-1), /max_output_tokens/);
  await world.booked(key, 1, 2_000_000);
}

async function unpriced(world) {
  const key = await world.key('agent');
  const run = await inHome(world, 'bare/good', key, (home) => execCodex(home, { key: key.secret }));
  assert.match(
    errorsOf(run).at(-1),
    /^A budget applies to this key, so it may use only models with a price, and there is none for bare\/good\./,
  );
  assert.equal(errorsOf(run).filter((text) => /Reconnecting/.test(text)).length, 0, run.said);
}

const shown = (app) => app.of('account/rateLimits/updated').map(({ params }) => params.rateLimits);
const percents = ({ primary, secondary }) => [primary?.usedPercent, secondary?.usedPercent];

// The day's budget first, then the month's; what a request holds counts while it is in progress.
async function status(world) {
  const key = await world.key('status', 'ada');
  await session(world, model('good', 'status'), key, async (app) => {
    for (const count of [1, 2, 3]) {
      await completes(app);
      await world.usage(key, count);
    }
    const limits = shown(app);
    assert.deepEqual(limits.map(percents), [
      [25, 5],
      [50, 10],
      [75, 15],
    ]);
    const { primary, secondary } = limits[0];
    assert.deepEqual([primary.windowDurationMins, secondary.windowDurationMins], [1_440, 43_200]);
    assert.equal(primary.resetsAt, Math.ceil((Date.now() + 1) / 86_400_000) * 86_400);
    assert.equal(secondary.resetsAt, nextMonth() / 1_000);
  });
}

async function limitsShown(world) {
  const key = await world.key('limits');
  await session(world, model('good', 'limits'), key, async (app) => {
    await completes(app);
    await completes(app);
    const limits = shown(app);
    assert.deepEqual(
      limits.map(({ primary, secondary }) => [primary.windowDurationMins, secondary.windowDurationMins]),
      [
        [1, 1],
        [1, 1],
      ],
    );
    assert.deepEqual(
      limits.map(({ secondary }) => Math.round(secondary.usedPercent * 10) / 10),
      [3, 5],
    );
  });
}

for (const shape of shapes) {
  describe(`Codex and money, ${shape}`, { concurrency: 3 }, () => {
    let world;
    before(async () => (world = await MoneyWorld.start({ shape, ...settings })));
    after(() => world?.stop());

    test('a budget runs out between two turns', () => runsOut(world, 'session'));
    test('the same over a WebSocket', () => runsOut(world, 'socket', 'supports_websockets = true\n'));
    for (const provider of providers)
      test(`a budget runs out in a turn, on ${provider}`, () => runsOutWithin(world, provider));
    test('a job is charged as what its requests cost', () => pays(world));
    test('the last of a budget cuts the answer', () => cutShort(world));
    test('a model without a price', () => unpriced(world));
    test('/status shows the budgets', () => status(world));
    test('/status shows the limits where there is no budget', () => limitsShown(world));
  });
}
