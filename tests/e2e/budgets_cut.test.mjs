// How an answer ends when the money does: each door before each provider.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { shapes } from './lib/gateway.mjs';
import { assertError, collect } from './lib/http.mjs';
import { doors, everywhere, MoneyWorld, pairs, pricesBehind, usd } from './lib/money.mjs';
import { terminal } from './lib/responses_events.mjs';
import { MoneyUpstream } from './lib/upstream_money.mjs';
import { within } from './lib/wait.mjs';

const dear = { input: 0, output: 1e9 }; // a thousand billionths of a dollar for each token
const budget = 2_000_000;
const own = ({ door, provider }, kind) => `${kind}-${door}-${provider}`;
const kinds = ['obeys', 'document', 'ignores', 'bursts', 'sdk'];

const settings = {
  models: everywhere(['good@dear', 'obeys@dear', 'ignores@dear', 'bursts-400@dear']),
  prices: pricesBehind({ dear }),
  tenants: {
    scant: { budget: { monthly: usd(budget / 2) } },
    ...Object.fromEntries(
      pairs.flatMap((pair) => kinds.map((kind) => [own(pair, kind), { budget: { monthly: usd(budget) } }])),
    ),
  },
};

// An answer that was cut ends once, and as each kind of client knows it.
const endings = {
  responses(events) {
    const list = events.map(({ data }) => data);
    list.forEach((event, n) => assert.equal(event.sequence_number, n, `sequence_number of ${event.type}`));
    assert.deepEqual(
      list.map(({ type }) => type).filter((type) => terminal.has(type)),
      ['response.incomplete'],
    );
    const { type, response } = list.at(-1);
    assert.equal(type, 'response.incomplete');
    assert.deepEqual(response.incomplete_details, { reason: 'max_output_tokens' });
    assert.equal(response.id, list[0].response.id);
  },
  chat(events) {
    const reasons = events.flatMap(({ data }) => data?.choices.map((choice) => choice.finish_reason)).filter(Boolean);
    assert.deepEqual(reasons, ['length']);
    assert.equal(events.filter(({ text: line }) => line === '[DONE]').length, 1);
    assert.equal(events.at(-1).text, '[DONE]');
  },
  messages(events) {
    const of = (type) => events.filter(({ data }) => data.type === type);
    assert.deepEqual(
      of('message_delta').map(({ data }) => data.delta.stop_reason),
      ['max_tokens'],
    );
    assert.equal(of('message_stop').length, 1);
    assert.equal(events.at(-1).data.type, 'message_stop');
  },
};

const events = async (answer) => {
  const { events: all, broken } = await collect(answer);
  assert.equal(broken, undefined, `the connection broke: ${broken}`);
  return all.filter(({ comment }) => !comment);
};

// There is money for 2,000 tokens: that is the limit that the provider gets, and what it keeps to can be paid.
async function partly(world, pair) {
  const key = await world.key(own(pair, 'obeys'));
  const { answer } = await world.stream(pair, key, 'obeys@dear');
  endings[pair.door](await events(answer));
  assert.equal(MoneyUpstream.limitOf(world.upstream.of('obeys@dear').at(-1)), 2_000);
  await world.booked(key, 1, budget);
  const refused = await world.ask('chat', key, 'chat/obeys@dear');
  assertError(refused, 429, 'budget_exceeded');
}

const said = {
  responses: ({ status, incomplete_details: { reason } }) => [status, reason],
  chat: ({ choices }) => choices.map(({ finish_reason }) => finish_reason),
  messages: ({ stop_reason }) => [stop_reason],
};
const cut = { responses: ['incomplete', 'max_output_tokens'], chat: ['length'], messages: ['max_tokens'] };

async function partlyAsDocument(world, pair) {
  const key = await world.key(own(pair, 'document'));
  const answer = await world.ask(pair.door, key, `${pair.provider}/obeys@dear`);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(said[pair.door](answer.json), cut[pair.door]);
  assert.equal(answer.headers['x-wayleave-cost-usd'], usd(budget));
  await world.booked(key, 1, budget);
}

// A provider that goes on and on is left, and no more is charged than there was.
async function overrun(world, pair, script) {
  const key = await world.key(own(pair, script.split(/[-@]/)[0]));
  const { answer } = await world.stream(pair, key, script);
  const exchange = world.upstream.of(script).at(-1);
  const all = await events(answer);
  await within(exchange.closed, 5_000, 'the end of the connection to the model server');
  assert.equal(MoneyUpstream.limitOf(exchange), 2_000);
  endings[pair.door](all);
  const [row] = await world.usage(key, 1);
  assert.equal(row.outcome, 5, 'it is incomplete');
  const spent = await world.spent(key);
  assert.equal(spent, row.cost_nano_usd);
  // How much of it was used up depends on how much came in one piece: one that is not paid for is left out as a whole.
  assert.ok(spent <= budget, `${spent} were charged, and the budget is ${budget}`);
}

// A thousand tokens are too few for an answer of any length, but not for a short one.
async function tooLittle(world) {
  const key = await world.key('scant');
  assertError(await world.ask('chat', key, 'chat/good@dear'), 429, 'budget_exceeded');
  const answer = await world.ask('chat', key, 'chat/obeys@dear', { max_tokens: 900 });
  assert.equal(answer.status, 200, answer.text);
  await world.booked(key, 1, 900_000);
}

for (const shape of shapes) {
  describe(`the end of the money, ${shape}`, () => {
    let world;
    before(async () => (world = await MoneyWorld.start({ shape, ...settings })));
    after(() => world?.stop());

    for (const pair of pairs) {
      const name = `${pair.door} before ${pair.provider}`;
      test(`${name}: the last of a budget is a smaller limit`, () => partly(world, pair));
      test(`${name}: the same for a document`, () => partlyAsDocument(world, pair));
      test(`${name}: a provider that ignores it is cut`, () => overrun(world, pair, 'ignores@dear'));
    }
    for (const door of Object.keys(doors)) {
      const pair = { door, provider: doors[door].provider };
      test(`${door}: the same of one that says much at a time`, () => overrun(world, pair, 'bursts-400@dear'));
    }
    test('too little for an answer of any length is refused, a short one is not', () => tooLittle(world));
  });
}
