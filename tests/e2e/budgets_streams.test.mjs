// What answers are charged, to the billionth of a dollar: each door before each provider.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { shapes } from './lib/gateway.mjs';
import { collect, readSse } from './lib/http.mjs';
import { costOf, doors, everywhere, MoneyWorld, pairs, pricesBehind, usd } from './lib/money.mjs';
import { answer as text, MoneyUpstream } from './lib/upstream_money.mjs';

// In billionths for a million tokens: odd ones, so that whoever rounds more than once is found out; and a thousand, or
// two, for each token.
const odd = {
  input: 1_234_567_891,
  cached_input: 123_456_789,
  output: 9_876_543_219,
  reasoning: 12_345_678_911,
  request: 3,
};
const both = { input: 2e9, output: 1e9 };

const settings = {
  models: [
    ...everywhere(['good@odd', 'fails@odd', 'pauses-40@both']),
    'messages/cached@odd',
    'chat/mute@both',
    'chat/good@pictures',
  ],
  prices: pricesBehind({ odd, both, pictures: { request: 11, image: 500 } }),
  sections: { router: { breaker: { failures: 0 }, retry: { attempts: 1 } } }, // what fails stays by itself
  tenants: { rich: { budget: { monthly: '1000' } } },
};

const tokensOf = (row) => ({
  input: row.input_tokens,
  cached: row.cached_input_tokens,
  output: row.output_tokens,
  reasoning: row.reasoning_tokens,
});

async function exact(world, pair, script, streams = [true, false]) {
  const key = await world.key('rich');
  for (const [n, stream] of streams.entries()) {
    const answer = await world.ask(pair.door, key, `${pair.provider}/${script}`, { stream });
    assert.equal(answer.status, 200, answer.text);
    const row = (await world.usage(key, n + 1)).at(-1);
    const told = MoneyUpstream.toldIn(world.upstream.of(script).at(-1));
    assert.deepEqual(tokensOf(row), told);
    assert.deepEqual({ cost: row.cost_nano_usd, estimated: row.estimated }, { cost: costOf(told, odd), estimated: 0 });
    if (!stream) assert.equal(answer.headers['x-wayleave-cost-usd'], usd(row.cost_nano_usd));
  }
}

// Four bytes are a token where nobody told.
const estimated = (sent, output) => ({
  input: Math.ceil(sent.length / 4),
  cached: 0,
  output: Math.ceil(output / 4),
  reasoning: 0,
});

function assertEstimate(row, sent, output) {
  const tokens = estimated(sent, output);
  const { input_tokens: input, output_tokens, cost_nano_usd: cost } = row;
  assert.deepEqual(
    { input, output: output_tokens, cost, estimated: row.estimated },
    { input: tokens.input, output: tokens.output, cost: costOf(tokens, both), estimated: 1 },
  );
}

async function neverTold(world, door) {
  const key = await world.key('rich');
  const { sent, answer } = await world.stream({ door, provider: 'chat' }, key, 'mute@both');
  assert.equal((await collect(answer)).broken, undefined);
  assertEstimate((await world.usage(key, 1))[0], sent, text.length);
}

// The client has read forty pieces of 64 bytes when it goes.
async function leaves(world, pair) {
  const key = await world.key('rich');
  const { sent, request, answer } = await world.stream(pair, key, 'pauses-40@both');
  let read = '';
  for await (const event of readSse(answer)) if ((read += event.text).split('word').length > 40 * 16) break;
  request.destroy();
  const [row] = await world.usage(key, 1);
  assert.equal(row.outcome, 3, 'it was cancelled');
  assertEstimate(row, sent, 40 * 64);
}

const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };

async function pictures(world) {
  const key = await world.key('rich');
  const content = [{ type: 'text', text: 'What are these?' }, picture, picture];
  const answer = await world.ask('chat', key, 'chat/good@pictures', { messages: [{ role: 'user', content }] });
  assert.equal(answer.headers['x-wayleave-cost-usd'], usd(11 + 2 * 500));
  assert.equal((await world.usage(key, 1))[0].cost_nano_usd, 11 + 2 * 500);
}

async function failsForNothing(world, pair) {
  const key = await world.key('rich');
  const answer = await world.ask(pair.door, key, `${pair.provider}/fails@odd`);
  assert.ok(answer.status >= 500, answer.text);
  const [row] = await world.usage(key, 1);
  assert.deepEqual([row.cost_nano_usd, row.input_tokens], [0, null]);
}

for (const shape of shapes) {
  describe(`charges, ${shape}`, () => {
    let world;
    before(async () => (world = await MoneyWorld.start({ shape, ...settings })));
    after(() => world?.stop());

    for (const pair of pairs) {
      const name = `${pair.door} before ${pair.provider}`;
      test(`${name}: what the provider told, at its price`, () => exact(world, pair, 'good@odd'));
      test(`${name}: a client that leaves pays for what there was`, () => leaves(world, pair));
      test(`${name}: what fails costs nothing`, () => failsForNothing(world, pair));
    }
    test('pictures are paid for each', () => pictures(world));
    for (const door of Object.keys(doors)) {
      test(`${door}: what caches of Anthropic gave`, () =>
        exact(world, { door, provider: 'messages' }, 'cached@odd', [true]));
      test(`${door}: a provider that never tells is estimated`, () => neverTold(world, door));
    }
  });
}
