// Tenants that flood the gateway are no matter to another one: neither how fast it is answered, nor what it is told is
// left, nor what it pays.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { shapes } from './lib/gateway.mjs';
import { MoneyWorld, usd } from './lib/money.mjs';
import { median, sleep } from './lib/wait.mjs';

const each = 20; // billionths of a dollar, the price of every request here
const rounds = 5; // alone and beside the floods, in turns
const perRound = 100;
const pause = 10; // ms between two requests of the quiet tenant
const slack = 8; // ms: all this runs on one machine, clients and model server included
const cap = 100_000;

// What a tenant may, and how many clients of it ask again after how many milliseconds: at least ten times as much.
const floods = {
  rate: { terms: { limits: { rpm: 60 } }, model: 'chat/good@rate', clients: 10, pause: 300 },
  places: { terms: { limits: { concurrent: 8 } }, model: 'chat/paced-20@places', clients: 80, pause: 2_000 },
  money: { terms: { budget: { monthly: usd(50 * each) } }, model: 'chat/good@money', clients: 5, pause: 300 },
};

const settings = {
  models: ['chat/good@quiet', ...Object.values(floods).map(({ model }) => model)],
  prices: { 'chat/*': { request: each } },
  tenants: {
    quiet: { limits: { rpm: cap, tpm: 1e9, concurrent: 100 }, budget: { monthly: '1', daily: '1' } },
    ...Object.fromEntries(Object.entries(floods).map(([name, { terms }]) => [name, terms])),
  },
};

class Flood {
  constructor(world, key, settings) {
    Object.assign(this, { world, key, ...settings, asked: 0, good: 0, odd: [] });
  }

  start() {
    this.stopped = false;
    const told = new Promise((resolve) => (this.tell = resolve));
    this.pausing = (ms) => Promise.race([told, sleep(ms)]);
    this.ended = Promise.all(
      Array.from({ length: this.clients }, (_, n) => this.client((n * this.pause) / this.clients)),
    );
  }

  async client(delay) {
    await this.pausing(delay); // so that they do not all come at once
    while (!this.stopped) {
      this.asked++;
      const { status, text } = await this.world.ask('chat', this.key, this.model);
      if (status === 200) this.good++;
      else if (status !== 429) this.odd.push(`${status} ${text}`);
      await this.pausing(this.pause);
    }
  }

  async stop() {
    this.stopped = true;
    this.tell();
    await this.ended;
  }
}

const p99 = (list) => [...list].sort((a, b) => a - b)[Math.ceil(list.length * 0.99) - 1];

// One request after the other; resolves to how long each took. `told`: what was left, as each was told.
async function round(world, key, told) {
  const times = [];
  for (let n = 0; n < perRound; n++) {
    const at = performance.now();
    const { status, headers, text } = await world.ask('chat', key, 'chat/good@quiet');
    times.push(performance.now() - at);
    assert.equal(status, 200, text);
    told.push(headers);
    await sleep(pause);
  }
  return times;
}

async function inTurns(world, key, all, told) {
  const times = { alone: [], beside: [] }; // of each round
  await round(world, key, told); // what is slow at first
  for (let n = 0; n < rounds; n++) {
    times.alone.push(p99(await round(world, key, told)));
    for (const flood of all) flood.start();
    times.beside.push(p99(await round(world, key, told)));
    for (const flood of all) await flood.stop();
  }
  return times;
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

    test('is answered as fast as alone', async () => {
      const { alone, beside } = await inTurns(world, quiet, all, told);
      const [first, second] = [alone, beside].map(median); // what else the machine does disturbs some rounds only
      assert.ok(
        second <= 1.5 * first + slack,
        `p99 is ${first.toFixed(1)} ms alone and ${second.toFixed(1)} ms beside floods`,
      );
    });

    test('is told of its own requests only, and pays for them', async () => {
      assertTold(told);
      await world.booked(quiet, told.length, told.length * each);
      await world.booked(quiet, told.length, told.length * each, 'day');
    });

    test('the floods got what they may, and are charged for that', async () => {
      const [rate, places, money] = all;
      for (const { asked, good, odd } of all) {
        assert.deepEqual(odd, []);
        assert.ok(asked > 2 * good, `${asked} requests, of which ${good} were answered`);
      }
      assert.equal(rate.good, 60);
      assert.equal(money.good, 50);
      await world.booked(money.key, 50, 50 * each);
      for (const { key, good } of [rate, places]) assert.equal((await world.usage(key, good)).length, good);
    });
  });
}
