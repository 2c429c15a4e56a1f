// Budgets are never passed, and what is left of them can be spent to the last billionth of a dollar.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { shapes } from './lib/gateway.mjs';
import { budgetWords, MoneyWorld, sorted, usd } from './lib/money.mjs';
import { until } from './lib/wait.mjs';

const each = 20; // billionths of a dollar, the price of every request here
const many = (count, ask) => Promise.all(Array.from({ length: count }, (_, n) => ask(n)));
const rounds = ['one', 'two', 'three'];
const model = (tag, does = 'good') => `chat/${does}@${tag}`;

const budgets = { month: { monthly: usd(1000) }, day: { daily: usd(1000) } };
const tenants = Object.fromEntries(
  rounds.flatMap((round) => Object.entries(budgets).map(([period, budget]) => [`${round}-${period}`, { budget }])),
);

// A hundred at once, for half of whom there is money.
async function hundred(world, tenant, period) {
  const key = await world.key(tenant);
  const answers = await many(100, () => world.ask('chat', key, model(tenant)));
  const { good, wait, spent, other } = sorted(answers);
  assert.deepEqual({ good, refused: wait + spent, other }, { good: 50, refused: 50, other: [] });
  await world.booked(key, 50, 1000, period);
  assert.equal(sorted(await many(5, () => world.ask('chat', key, model(tenant)))).spent, 5);
  assert.equal(world.upstream.of(`good@${tenant}`).length, 50, 'requests at the model server');
}

// What is held counts like what is spent; who can't get it is told to come again, and then gets what is left.
async function held(world) {
  const tenant = 'held';
  const key = await world.key(tenant);
  const open = many(100, () => world.ask('chat', key, model(tenant, 'held')));
  await world.upstream.arrived(`held@${tenant}`, 50);
  const meanwhile = await world.ask('chat', key, model(tenant));
  world.upstream.letGo(`held@${tenant}`);
  const { good, wait, spent, other } = sorted(await open);
  assert.deepEqual({ good, wait, spent, other }, { good: 50, wait: 50, spent: 0, other: [] });
  assert.equal(meanwhile.status, 429, meanwhile.text);
  assert.equal(
    meanwhile.json.error.message,
    'The budget of tenant held for this month does not allow this request: of $0.000001, $0.00 are spent ' +
      'and $0.000001 are held for requests in progress; it may cost up to $0.00000002. Please try again in 2.0s.',
  );
  assert.equal(meanwhile.headers['retry-after'], '2');
  await world.booked(key, 50, 1000);
}

const scopes = ['tenant', 'user', 'key'];
const periods = { day: 'daily', month: 'monthly' };
const tight = (scope, period) => `${scope}-${period}`;
const tights = scopes.flatMap((scope) => Object.keys(periods).map((period) => [scope, period]));

// All six budgets, of which one is enough for three requests, the others for ten and more.
const budgetOf = (scope, wanted) => (own) =>
  Object.fromEntries(
    Object.entries(periods).map(([period, word], n) => [
      word,
      usd(own === scope && period === wanted ? 3 * each : (10 + n + scopes.indexOf(own)) * each),
    ]),
  );
for (const [scope, period] of tights) {
  const budget = budgetOf(scope, period);
  tenants[tight(scope, period)] = { budget: budget('tenant'), users: { ada: { budget: budget('user') } } };
}

async function tightest(world, scope, period) {
  const tenant = tight(scope, period);
  const own = Object.entries(budgetOf(scope, period)('key')).flatMap(([word, amount]) => [`--${word}`, amount]);
  const key = await world.key(tenant, 'ada', ...own);
  const answers = [];
  for (let n = 0; n < 3; n++) answers.push(await world.ask('chat', key, model(tenant)));
  await world.usage(key, 3); // until then it is held, not spent
  answers.push(await world.ask('chat', key, model(tenant)));
  assert.deepEqual(sorted(answers), { good: 3, wait: 0, spent: 1, other: [] });
  const whose = { tenant: `tenant ${tenant}`, user: 'user ada', key: `key ${key.id}` }[scope];
  const words = budgetWords(`${whose} for ${period === 'day' ? 'today' : 'this month'}`);
  assert.match(answers[3].json.error.message, words);
  await world.booked(key, 3, 3 * each);
  const pools = await world.rows(`select id, used from pools where id like '%/${tenant}/%' or id like '%${key.id}/%'`);
  assert.deepEqual(
    pools.map(({ used }) => used),
    Array(6).fill(3 * each),
    JSON.stringify(pools),
  );
}

tenants.killed = { budget: { monthly: usd(10 * each), daily: usd(20 * each) } };
const services = (shape) => (shape === 'serve' ? ['gateway'] : ['auth', 'gateway', 'router', 'provider']);
for (const service of services('fleet')) tenants[`flying-${service}`] = { budget: { monthly: usd(10 * each) } };
tenants.plenty = { budget: { daily: usd(10_000 * each) } };
tenants.held = { budget: budgets.month };

async function comesBack(gateway, service) {
  await gateway.kill(service);
  gateway.restart(service);
  await gateway.ready();
}

// Asks until an answer comes that is good or final: what just started may not have found the others yet.
function settled(world, key, tag) {
  return until(async () => {
    const answer = await world.ask('chat', key, model(tag));
    if (answer.status === 503) throw new Error(answer.text);
    const { good, spent, wait } = sorted([answer]);
    if (wait) throw new Error(answer.text);
    return good ? 'good' : spent ? 'spent' : answer.text;
  }, 'an answer');
}

async function survivesKills(world, shape) {
  const key = await world.key('killed');
  const outcomes = [];
  for (const service of services(shape)) {
    outcomes.push(await settled(world, key, 'killed'));
    await comesBack(world.gateway, service);
    outcomes.push(await settled(world, key, 'killed'));
  }
  while (outcomes.at(-1) === 'good') outcomes.push(await settled(world, key, 'killed'));
  assert.deepEqual(outcomes, [...Array(10).fill('good'), 'spent']);
  await comesBack(world.gateway, services(shape)[0]);
  assert.equal(await settled(world, key, 'killed'), 'spent');
  await world.booked(key, 10, 200);
}

// Who is told to stop gives all back that was held for the next requests.
async function stops(world, shape) {
  const key = await world.key('plenty');
  for (let n = 0; n < 5; n++) assert.equal(await settled(world, key, 'plenty'), 'good');
  const service = shape === 'serve' ? 'gateway' : 'auth';
  await world.usage(key, 5);
  await world.gateway.kill(service, 'SIGTERM');
  const [pool] = await world.rows(`select used, leased from pools where id = 'tenant/plenty/day'`);
  assert.deepEqual(pool, { used: 5 * each, leased: 0 });
  world.gateway.restart(service);
  await world.gateway.ready();
}

// Three requests are in progress when a service dies: whatever becomes of them, the rest of the money is all that
// others can have, and the books are right in the end.
async function survivesInFlight(world, service) {
  const tenant = `flying-${service}`;
  const key = await world.key(tenant);
  const open = many(3, () => world.ask('chat', key, model(tenant, 'held')).catch((error) => ({ error })));
  await world.upstream.arrived(`held@${tenant}`, 3);
  await comesBack(world.gateway, service);
  const outcomes = [];
  for (let n = 0; n < 12; n++) outcomes.push((await world.ask('chat', key, model(tenant))).status);
  world.upstream.letGo(`held@${tenant}`);
  await open;
  while ((await settled(world, key, tenant)) === 'good');
  const spent = await world.spent(key);
  const rows = await world.usage(key);
  const sum = rows.reduce((total, row) => total + row.cost_nano_usd, 0);
  assert.ok(spent <= 10 * each, `${spent} spent of ${10 * each}; while three were in progress: ${outcomes}`);
  assert.deepEqual({ spent, sum }, { spent: 10 * each, sum: spent });
}

function start(shape) {
  const models = Object.keys(tenants).flatMap((name) => [model(name), model(name, 'held')]);
  return MoneyWorld.start({ shape, tenants, models, prices: { 'chat/*': { request: each } } });
}

for (const shape of shapes) {
  describe(`budgets under 100 requests at once, ${shape}`, () => {
    let world;
    before(async () => (world = await start(shape)));
    after(() => world?.stop());

    for (const round of rounds)
      for (const period of Object.keys(budgets))
        test(`${round}: a budget for each ${period} is spent by exactly 50`, () =>
          hundred(world, `${round}-${period}`, period));

    test('what is held for requests in progress counts; others are told to come again', () => held(world));
  });

  describe(`several budgets, ${shape}`, () => {
    let world;
    before(async () => (world = await start(shape)));
    after(() => world?.stop());

    for (const [scope, period] of tights)
      test(`of six budgets the tightest counts: the ${scope}'s for each ${period}`, () =>
        tightest(world, scope, period));
  });

  describe(`budgets and kill -9, ${shape}`, () => {
    let world;
    before(async () => (world = await start(shape)));
    after(() => world?.stop());

    test('of every service: what is spent stays spent, what is left can be spent', () => survivesKills(world, shape));
    test('SIGTERM: nothing stays held', () => stops(world, shape));
    for (const service of services(shape))
      test(`of ${service} while requests are in progress`, () => survivesInFlight(world, service));
  });
}
