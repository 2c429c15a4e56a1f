// A minute that moves: under steady demand a limit of requests is never passed in any 60 seconds, and used in full.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { shapes } from './lib/gateway.mjs';
import { MoneyWorld } from './lib/money.mjs';
import { sleep } from './lib/wait.mjs';

const minute = 60_000;
const longer = minute / 0.98; // in which the limit is used in full: that is 98 % of it
const cap = 50;
const tenants = { steady: { limits: { rpm: cap } }, waits: { limits: { rpm: 3 } }, sdk: { limits: { rpm: 3 } } };
const model = (tag) => `chat/good@${tag}`;

// Asks five times in a second for 68 seconds: as many as the limit in the first 10, and again as these leave the
// minute.
async function steady(world) {
  const key = await world.key('steady');
  const began = performance.now();
  const asked = [];
  while (performance.now() - began < minute + 8_000) {
    asked.push(world.ask('chat', key, model('steady')));
    await sleep(200);
  }
  const codes = new Set((await Promise.all(asked)).map(({ status }) => status));
  assert.deepEqual([...codes].sort(), [200, 429]);
  const times = world.upstream.of('good@steady').map(({ at }) => at);
  // What travels may arrive a little closer than it left.
  const within = (from) => times.filter((at) => at >= from && at < from + minute - 50).length;
  for (const from of times) assert.ok(within(from) <= cap, `${within(from)} within a minute`);
  for (let from = times[0]; from <= times[0] + 5_000; from += 500) {
    const used = times.filter((at) => at >= from && at < from + longer).length;
    assert.ok(used >= cap - 1, `the limit is ${cap}, and only ${used} were answered from ${from - times[0]} ms on`);
  }
  assert.ok(times.length > cap + 20, `${times.length} in 68 seconds`);
}

// Who waits as long as he is told is answered then.
async function honest(world) {
  const key = await world.key('waits');
  for (let n = 0; n < 3; n++) assert.equal((await world.ask('chat', key, model('waits'))).status, 200);
  await sleep(20_000); // that the wait is not a whole minute
  const refused = await world.ask('chat', key, model('waits'));
  const wait = Number(refused.headers['retry-after']);
  assert.ok(wait >= 38 && wait <= 41, `told to wait ${wait} s, 20 s after the last request`);
  await sleep(wait * 1_000);
  assert.equal((await world.ask('chat', key, model('waits'))).status, 200);
}

// The SDK does so by itself, where it is less than a minute.
async function sdk(world) {
  const key = await world.key('sdk');
  for (let n = 0; n < 3; n++) assert.equal((await world.ask('chat', key, model('sdk'))).status, 200);
  await sleep(45_000); // so that it has a quarter of a minute to wait
  const client = new OpenAI({ apiKey: key.secret, baseURL: `${world.gateway.url}/v1`, maxRetries: 1 });
  const began = performance.now();
  const answer = await client.chat.completions.create({
    model: model('sdk'),
    messages: [{ role: 'user', content: 'Hi' }],
  });
  assert.equal(answer.choices[0].finish_reason, 'stop');
  const waited = performance.now() - began;
  assert.ok(waited > 10_000, `it was answered after ${waited} ms`);
}

describe('limits of a minute that moves', { concurrency: 6 }, () => {
  const worlds = {};
  before(async () => {
    for (const shape of shapes)
      worlds[shape] = await MoneyWorld.start({ shape, tenants, models: Object.keys(tenants).map(model) });
  });
  after(() => Promise.all(Object.values(worlds).map((world) => world.stop())));

  for (const shape of shapes) {
    test(`${shape}: never more in any minute, and hardly less`, () => steady(worlds[shape]));
    test(`${shape}: Retry-After is the truth`, () => honest(worlds[shape]));
    test(`${shape}: the OpenAI SDK waits for it`, () => sdk(worlds[shape]));
  }
});
