// Budgets and limits that three auth-services share through PostgreSQL, before them two gateways: what one of them
// gives, no other gives again, also when one dies.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chatBody } from './lib/http.mjs';
import { MoneyWorld, sorted, usd } from './lib/money.mjs';
import { sleep, until } from './lib/wait.mjs';

const each = 20; // billionths of a dollar, the price of every request here
const model = (tag, does = 'good') => `chat/${does}@${tag}`;
const rounds = ['one', 'two', 'three'];
const kills = ['auth', 'auth2', 'auth3'];
const budget = { monthly: usd(1000), daily: usd(2000) };
const limits = { rpm: { rpm: 100 }, tpm: { tpm: 100_000 }, concurrent: { concurrent: 50 } };
const tenants = {
  ...Object.fromEntries(
    [...rounds, ...kills.map((name) => `kill-${name}`), 'flying'].map((name) => [name, { budget }]),
  ),
  ...Object.fromEntries(Object.entries(limits).map(([name, each]) => [name, { limits: each }])),
  turns: { limits: { concurrent: 1 } },
  plenty: { budget: { monthly: usd(1_000_000) } },
};
const scripts = ['good', 'held', 'used-900'];

const start = () =>
  MoneyWorld.start({
    shape: 'fleet',
    database: true,
    replicas: { auth: 3, gateway: 2 },
    models: Object.keys(tenants).flatMap((name) => scripts.map((does) => model(name, does))),
    prices: { 'chat/*': { request: each } },
    tenants,
  });

const many = (count, ask) => Promise.all(Array.from({ length: count }, (_, n) => ask(n)));
const of = (list) => (n) => list[n % list.length];

// One client: what is told to come again comes again, until it is final. What a dying service left without an answer,
// and what the gateway could not ask, is asked again, too.
async function stubborn(world, key, name, port, tries = 200) {
  for (let n = 0; n < tries; n++) {
    const answer = await world.ask('chat', key, name, {}, { port });
    const { wait } = answer.status === 503 ? { wait: 1 } : sorted([answer]);
    if (!wait) return answer;
    await sleep(100);
  }
  throw new Error('it never ended');
}

async function hundred(world, tenant, meanwhile = () => {}) {
  const key = await world.key(tenant);
  const port = of(world.ports);
  const asked = many(100, (n) => stubborn(world, key, model(tenant), port(n)));
  await meanwhile();
  return { key, ...sorted(await asked) };
}

async function exactlyFifty(world, tenant) {
  const { key, good, spent, other } = await hundred(world, tenant);
  assert.deepEqual({ good, spent, other }, { good: 50, spent: 50, other: [] });
  await world.booked(key, 50, 1000);
  await world.booked(key, 50, 1000, 'day');
  assert.equal(world.upstream.of(`good@${tenant}`).length, 50, 'requests at the model server');
}

// An auth-service dies while it holds money. What it holds for nobody may be lost to others for a while; nobody spends
// it twice.
async function dies(world, victim) {
  const tenant = `kill-${victim}`;
  const { upstream, gateway } = world;
  const { key, good, other } = await hundred(world, tenant, async () => {
    await until(() => upstream.of(`good@${tenant}`).length >= 10, 'ten requests');
    await gateway.kill(victim);
    gateway.restart(victim);
  });
  await gateway.ready();
  assert.deepEqual(other, []);
  assert.ok(good <= 50, `${good} requests were answered, and there is money for 50`);
  assert.ok(good >= 40, `only ${good} requests were answered`);
  const rows = await world.usage(key, good);
  const [{ used, leased }] = await world.rows(`select used, leased from pools where id = 'tenant/${tenant}/month'`);
  assert.equal(used, rows.length * each);
  assert.ok(used + leased <= 1000, `${used} used, ${leased} leased`);
}

// All auth-services die while requests are in progress that they hold money for.
async function allDie(world) {
  const tenant = 'flying';
  const key = await world.key(tenant);
  const port = of(world.ports);
  const open = many(20, (n) => world.ask('chat', key, model(tenant, 'held'), {}, { port: port(n) }));
  await world.upstream.arrived(`held@${tenant}`, 20);
  for (const name of kills) await world.gateway.kill(name);
  for (const name of kills) world.gateway.restart(name);
  await world.gateway.ready();
  const more = sorted(await many(60, (n) => stubborn(world, key, model(tenant), port(n), 30).catch(() => waits)));
  assert.ok(more.good <= 30, `${more.good} got what others hold`);
  world.upstream.letGo(`held@${tenant}`);
  assert.deepEqual(sorted(await open), { good: 20, wait: 0, spent: 0, other: [] });
  const last = sorted(await many(60, (n) => stubborn(world, key, model(tenant), port(n), 50).catch(() => waits)));
  const good = 20 + more.good + last.good;
  assert.deepEqual([...more.other, ...last.other], []);
  assert.ok(good >= 49 && good <= 50, `${good} requests were answered, and there is money for 50`);
  const rows = await world.usage(key, good);
  assert.ok(rows.length * each <= 1000);
}
const waits = { status: 429, text: '{"error":{"code":"rate_limit_exceeded"}}' };

// Twice as many at once as may pass: not one more does, whichever replica is asked, and hardly one less. `most` is what
// all could have together if nobody held more than was used, `least` what they have if all hold that.
async function capped(world, tenant, { most, least = most }, name, more) {
  const key = await world.key(tenant);
  const port = of(world.ports);
  const answers = await many(2 * most, (n) => world.ask('chat', key, name, more, { port: port(n) }));
  const { good, wait, other } = sorted(answers);
  assert.deepEqual(other, []);
  assert.ok(good <= most, `${good} passed, and the limit is ${most}`);
  assert.ok(good >= Math.floor(0.98 * least), `only ${good} passed, and the limit is ${least}`);
  assert.equal(good + wait, 2 * most);
  for (const { status, headers } of answers) if (status === 429) assert.ok(Number(headers['retry-after']) >= 1);
}

// A request holds a token for two bytes, and what it may answer; this one uses less.
function tokensCapped(world) {
  const name = model('tpm', 'used-900');
  const more = { max_tokens: 900 };
  const bytes = JSON.stringify(chatBody(name, more)).length;
  const { tpm } = limits.tpm;
  const caps = { most: Math.floor(tpm / 920), least: Math.floor(tpm / (Math.floor(bytes / 2) + 901)) };
  return capped(world, 'tpm', caps, name, more);
}

// Who is in progress takes a place until it is done.
async function concurrent(world) {
  const tenant = 'concurrent';
  const key = await world.key(tenant);
  const port = of(world.ports);
  const refused = [];
  const ask = async (n) => {
    const answer = await world.ask('chat', key, model(tenant, 'held'), {}, { port: port(n) });
    if (answer.status === 429) refused.push(answer);
    return answer;
  };
  const open = many(100, ask);
  await until(() => refused.length + world.upstream.of(`held@${tenant}`).length === 100, 'each to be answered or held');
  assert.ok(refused.length >= 50, `${100 - refused.length} are in progress, and the limit is 50`);
  world.upstream.letGo(`held@${tenant}`);
  const { good, wait, other } = sorted(await open);
  assert.deepEqual(other, []);
  assert.equal(wait, refused.length);
  assert.ok(good >= 49, `only ${good} of 50 places were taken`);
  assert.equal(sorted([await stubborn(world, key, model(tenant), port(0))]).good, 1, 'the places are free again');
}

// One place is enough for a client that asks one thing after the other, although another replica gives it each time. They
// learn first that they want it of each other.
async function inTurns(world) {
  const key = await world.key('turns');
  const port = of(world.ports);
  const unheard = () => world.gateway.metric('gateway', 'wayleave_gateway_vacates_unheard_total');
  const before = await unheard();
  for (let n = 0; n < 9; n++) assert.equal((await stubborn(world, key, model('turns'), port(n))).status, 200);
  for (let n = 0; n < 60; n++) {
    const { status, text } = await world.ask('chat', key, model('turns'), { stream: n % 3 === 0 }, { port: port(n) });
    assert.equal(status, 200, `${n}: ${text}`);
  }
  assert.equal(await unheard(), before, 'all auth-services hear in time that requests have ended');
}

// What was spent by the one is told by the other.
async function told(world) {
  const key = await world.key('plenty');
  const [first, second] = world.ports;
  for (let n = 0; n < 5; n++)
    assert.equal((await world.ask('chat', key, model('plenty'), {}, { port: n % 2 ? first : second })).status, 200);
  await world.booked(key, 5, 5 * each);
}

describe('three auth-services and two gateways', () => {
  let world;
  before(async () => (world = await start()));
  after(() => world?.stop());

  for (const round of rounds)
    test(`${round}: a budget is spent by exactly 50 of 100`, () => exactlyFifty(world, round));
  for (const victim of kills)
    test(`kill -9 of ${victim} in the middle: never more than there was`, () => dies(world, victim));
  test('kill -9 of all of them: what is held stays held', () => allDie(world));
  test('a limit of requests', () => capped(world, 'rpm', { most: 100 }, model('rpm')));
  test('a limit of tokens', () => tokensCapped(world));
  test('a limit of requests in progress', () => concurrent(world));
  test('a limit of one request in progress', () => inTurns(world));
  test('a plentiful budget is charged with what was used, and nothing stays held', () => told(world));
});
