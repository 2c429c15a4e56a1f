// Tenants that flood the gateway are no matter to another one: it waits for none of theirs, and they change neither what it
// is told is left nor what it pays. How fast it is answered meanwhile, bench/isolation measures.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { shapes } from './lib/gateway.mjs';
import { MoneyWorld, usd } from './lib/money.mjs';
import { sleep } from './lib/wait.mjs';

const each = 20; // billionths of a dollar, the price of every request here
const cap = 100_000;

// What a tenant may, of which it is refused ten times as much. Its places are taken until the test lets go.
const floods = {
  rate: { terms: { limits: { rpm: 60 } }, model: 'chat/good@rate', may: 60, clients: 10 },
  places: { terms: { limits: { concurrent: 8 } }, model: 'chat/held@places', may: 8, clients: 16 },
  money: { terms: { budget: { monthly: usd(50 * each) } }, model: 'chat/good@money', may: 50, clients: 5 },
};

const settings = {
  models: ['chat/good@quiet', ...Object.values(floods).map(({ model }) => model)],
  prices: { 'chat/*': { request: each } },
  tenants: {
    quiet: { limits: { rpm: cap, tpm: 1e9, concurrent: 1 }, budget: { monthly: '1', daily: '1' } },
    ...Object.fromEntries(Object.entries(floods).map(([name, { terms }]) => [name, terms])),
  },
};

class Flood {
  constructor(world, key, settings) {
    Object.assign(this, { world, key, ...settings, good: 0, refused: 0, odd: [] });
  }

  start() {
    this.began = performance.now();
    this.ended = Promise.all(Array.from({ length: this.clients }, () => this.client()));
  }

  async client() {
    while (!this.stopped) {
      const { status, text } = await this.world.ask('chat', this.key, this.model);
      if (status === 200) this.good++;
      else if (status === 429) this.refused++;
      else this.odd.push(`${status} ${text}`);
      await sleep(20); // leaves something of the machine to the others
    }
  }

  get enough() {
    return this.refused >= 10 * this.may;
  }

  async stop() {
    this.stopped = true;
    await this.ended;
    this.minutes = Math.ceil((performance.now() - this.began) / 60_000);
  }
}

// One request after the other until all have flooded enough. `told`: what each was told with its answer.
async function askBeside(all, world, key, told) {
  while (!all.every(({ enough }) => enough)) {
    const { status, headers, text } = await world.ask('chat', key, 'chat/good@quiet');
    assert.equal(status, 200, text);
    told.push(headers);
  }
}

function assertTold(told) {
  const left = told.map((headers) => Number(headers['x-ratelimit-remaining-requests']));
  assert.deepEqual(
    left,
    left.map((_, n) => cap - 1 - n),
    'each of its own requests is one less, and no other',
  );
  assert.ok(told.every((headers) => headers['x-ratelimit-limit-requests'] === String(cap)));
  assert.ok(told.every((headers) => headers['x-wayleave-cost-usd'] === usd(each)));
}

for (const shape of shapes) {
  describe(`a tenant beside others that flood, ${shape}`, () => {
    let world;
    let quiet;
    let all;
    const told = [];
    before(async () => {
      world = await MoneyWorld.start({ shape, ...settings });
      quiet = await world.key('quiet', 'ada');
      all = [];
      for (const [name, flood] of Object.entries(floods))
        all.push(new Flood(world, await world.key(name, 'ada'), flood));
    });
    after(() => world?.stop());

    test('waits for none of theirs', { timeout: 120_000 }, async () => {
      const places = all[1];
      for (const flood of all) flood.start();
      try {
        await askBeside(all, world, quiet, told);
        assert.equal(world.upstream.of('held@places').length, places.may);
        assert.equal(places.good, 0, 'all its places are taken still');
      } finally {
        world.upstream.letGo('held@places');
        for (const flood of all) await flood.stop();
      }
    });

    test('is told of its own requests only, and pays for them', async () => {
      assertTold(told);
      await world.booked(quiet, told.length, told.length * each);
      await world.booked(quiet, told.length, told.length * each, 'day');
    });

    test('the floods got what they may, and are charged for that', async () => {
      const [rate, places, money] = all;
      for (const { odd } of all) assert.deepEqual(odd, []);
      assert.ok(rate.good >= rate.may && rate.good <= rate.may * (rate.minutes + 1), `${rate.good} were answered`);
      assert.equal(money.good, money.may);
      await world.booked(money.key, money.may, money.may * each);
      for (const { key, good } of [rate, places]) assert.equal((await world.usage(key, good)).length, good);
    });
  });
}
