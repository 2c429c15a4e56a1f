// How an answer ends when the money does: each door before each provider.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { shapes } from './lib/gateway.mjs';
import { assertError, collect } from './lib/http.mjs';
import { doors, everywhere, MoneyWorld, pairs, pricesBehind, usd } from './lib/money.mjs';
import { checkResponsesStream, deltasOf, textOf } from './lib/responses_events.mjs';
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

// An answer that was cut ends once, with all that had begun, and as each kind of client knows it. What it tells of its
// usage is returned.
const endings = {
  responses(events) {
    const { last, items } = checkResponsesStream(events);
    assert.equal(last.type, 'response.incomplete');
    assert.deepEqual(last.response.incomplete_details, { reason: 'max_output_tokens' });
    assert.equal(last.response.status, 'incomplete');
    assert.equal(textOf(items), deltasOf(events), 'the items hold what was delivered');
    return { ...last.response.usage, status: items.at(-1).status };
  },
  chat(events) {
    const reasons = events.flatMap(({ data }) => data?.choices.map((choice) => choice.finish_reason)).filter(Boolean);
    assert.deepEqual(reasons, ['length']);
    assert.equal(events.filter(({ text: line }) => line === '[DONE]').length, 1);
    assert.equal(events.at(-1).text, '[DONE]');
    const { usage } = events.at(-2).data;
    return usage && { input_tokens: usage.prompt_tokens, output_tokens: usage.completion_tokens };
  },
  messages(events) {
    const of = (type) => events.filter(({ data }) => data.type === type).map(({ data }) => data);
    assert.deepEqual(
      of('message_delta').map(({ delta }) => delta.stop_reason),
      ['max_tokens'],
    );
    const places = (type) => of(type).map(({ index }) => index);
    assert.deepEqual(places('content_block_stop'), places('content_block_start'), 'every block ends');
    assert.deepEqual(
      events.slice(-3).map(({ data }) => data.type),
      ['content_block_stop', 'message_delta', 'message_stop'],
    );
    return of('message_delta')[0].usage;
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
  const more = pair.door === 'chat' ? { stream_options: { include_usage: true } } : {};
  const { sent, answer } = await world.stream(pair, key, script, { more });
  const exchange = world.upstream.of(script).at(-1);
  const all = await events(answer);
  await within(exchange.closed, 5_000, 'the end of the connection to the model server');
  assert.equal(MoneyUpstream.limitOf(exchange), 2_000);
  const { input_tokens: input, output_tokens: output, status = 'incomplete' } = endings[pair.door](all);
  assert.equal(status, 'incomplete', 'its last item is not whole');
  const [row] = await world.usage(key, 1);
  assert.equal(row.outcome, 5, 'it is incomplete');
  assert.equal(row.estimated, 1);
  assert.deepEqual([input, output], [row.input_tokens, row.output_tokens], 'the client is told what is on record');
  assert.equal(input, Math.ceil(Buffer.byteLength(sent) / 4));
  assert.ok(output > 0);
  const spent = await world.spent(key);
  assert.equal(spent, row.cost_nano_usd);
  // How much of it was used up depends on how much came in one piece: one that is not paid for is left out as a whole.
  assert.ok(spent <= budget, `${spent} were charged, and the budget is ${budget}`);
}

// What the official SDKs make of it.
const sdks = {
  async responses(client, model) {
    const { status, output_text: text, usage } = await client.responses.stream({ model, input: 'Hi' }).finalResponse();
    return { end: status, text, usage };
  },
  async chat(client, model) {
    const messages = [{ role: 'user', content: 'Hi' }];
    const stream = client.chat.completions.stream({ model, messages, stream_options: { include_usage: true } });
    const { choices, usage } = await stream.finalChatCompletion();
    return { end: choices[0].finish_reason, text: choices[0].message.content, usage };
  },
  async messages(client, model) {
    const messages = [{ role: 'user', content: 'Hi' }];
    const answer = await client.messages.stream({ model, messages, max_tokens: 60_000 }).finalMessage();
    return { end: answer.stop_reason, text: answer.content.map(({ text }) => text).join(''), usage: answer.usage };
  },
};
const ends = { responses: 'incomplete', chat: 'length', messages: 'max_tokens' };

async function inSdk(world, pair) {
  const key = await world.key(own(pair, 'sdk'));
  const { url } = world.gateway;
  const Sdk = pair.door === 'messages' ? Anthropic : OpenAI;
  const client = new Sdk({ apiKey: key.secret, maxRetries: 0, baseURL: pair.door === 'messages' ? url : `${url}/v1` });
  const { end, text, usage } = await sdks[pair.door](client, `${pair.provider}/ignores@dear`);
  assert.equal(end, ends[pair.door]);
  assert.match(text, /^(word)+$/);
  const [row] = await world.usage(key, 1);
  assert.equal(usage.output_tokens ?? usage.completion_tokens, row.output_tokens);
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
      test(`${name}: the official SDK takes a cut for the end of the answer`, () => inSdk(world, pair));
    }
    for (const door of Object.keys(doors)) {
      const pair = { door, provider: doors[door].provider };
      test(`${door}: the same of one that says much at a time`, () => overrun(world, pair, 'bursts-400@dear'));
    }
    test('too little for an answer of any length is refused, a short one is not', () => tooLittle(world));
  });
}
