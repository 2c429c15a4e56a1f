// Limits of requests and tokens in a minute, and of requests at a time: of a tenant, a user, a key. They are never
// passed, and reached to the last place.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { shapes } from './lib/gateway.mjs';
import { assertError, chatBody, collect } from './lib/http.mjs';
import { MoneyWorld, sorted } from './lib/money.mjs';
import { caught } from './lib/sdk_catch.mjs';
import { until } from './lib/wait.mjs';

const scopes = ['tenant', 'user', 'key'];
const measures = { rpm: 20, tpm: 20_000, concurrent: 10 };
const name = (scope, measure) => `${scope}-${measure}`;
const cases = scopes.flatMap((scope) => Object.keys(measures).map((measure) => ({ scope, measure })));

// The tightest counts: whose limit is not the one in question has one twice as large.
const limitsOf = (own, { scope, measure }) => ({ [measure]: measures[measure] * (own === scope ? 1 : 2) });
const tenants = {
  ...Object.fromEntries(
    cases.map((one) => [
      name(one.scope, one.measure),
      { limits: limitsOf('tenant', one), users: { ada: { limits: limitsOf('user', one) } } },
    ]),
  ),
  told: { limits: { rpm: 3, tpm: 50_000 } },
  leaves: { limits: { concurrent: 1 } },
  sdk: { limits: { concurrent: 1 } },
  tiny: { limits: { tpm: 500 } },
  doors: { limits: { rpm: 1 } },
  failing: { limits: { concurrent: 2 } },
  turns: { limits: { concurrent: 1 } },
  each: { each_user: { limits: { rpm: 3 } }, users: { bob: { limits: { rpm: 2 } }, eve: { limits: { rpm: 9 } } } },
};
const scripts = ['good', 'held', 'used-900', 'fails', 'pauses-4'];
const tags = Object.keys(tenants);
const settings = {
  tenants,
  models: tags.flatMap((tag) =>
    ['chat', 'native', 'messages'].flatMap((provider) => scripts.map((does) => `${provider}/${does}@${tag}`)),
  ),
  sections: { router: { breaker: { failures: 0 }, retry: { attempts: 1 } } },
};

const many = (count, ask) => Promise.all(Array.from({ length: count }, (_, n) => ask(n)));
const whose = {
  tenant: (one) => `tenant ${name(one.scope, one.measure)}`,
  user: () => 'user ada',
  key: (_, key) => `key ${key.id}`,
};

async function keyFor(world, one) {
  const { measure } = one;
  return world.key(name(one.scope, measure), 'ada', `--${measure}`, String(limitsOf('key', one)[measure]));
}

// The text of a refusal, with its number of seconds, which is the same in Retry-After.
function assertRefused(answer, text) {
  const { message, type } = assertError(answer, 429, 'rate_limit_exceeded');
  assert.equal(type, 'rate_limit_error');
  const [, said, seconds] = /^(.*) Please try again in (\d+\.\d)s\.$/.exec(message) ?? [];
  assert.match(said ?? message, text);
  const wait = Number(answer.headers['retry-after']);
  assert.ok(
    wait >= 1 && wait <= 61 && wait >= seconds - 0.1 && wait <= Number(seconds) + 1.1,
    `${wait} s, and ${seconds} s`,
  );
  return wait;
}
const refused = (answers) => answers.filter(({ status }) => status !== 200);
const words = (one, key, what) => new RegExp(`^The limit of ${whose[one.scope](one, key)} is reached: ${what}\\.$`);

async function requests(world, one) {
  const cap = measures.rpm;
  const key = await keyFor(world, one);
  const answers = await many(2 * cap, () => world.ask('chat', key, `chat/good@${name(one.scope, 'rpm')}`));
  assert.deepEqual(sorted(answers), { good: cap, wait: cap, spent: 0, other: [] });
  for (const answer of refused(answers)) assert.ok(assertRefused(answer, words(one, key, '20 requests a minute')) > 40);
  assert.equal(world.upstream.of(`good@${name(one.scope, 'rpm')}`).length, cap);
}

// A request holds a token for two bytes, and what it may answer; this one uses 920.
async function tokens(world, one) {
  const cap = measures.tpm;
  const key = await keyFor(world, one);
  const model = `chat/used-900@${name(one.scope, 'tpm')}`;
  const more = { max_tokens: 900 };
  const holds = Math.floor(JSON.stringify(chatBody(model, more)).length / 2) + 901;
  const answers = await many(40, () => world.ask('chat', key, model, more));
  const { good, wait, other } = sorted(answers);
  assert.deepEqual(other, []);
  assert.equal(wait, 40 - good);
  assert.ok(
    good * 920 <= cap && good >= Math.floor(cap / holds),
    `${good} passed, each of 920 tokens and held as ${holds}`,
  );
  const what = `20000 tokens a minute, of which \\d+ are used or held, and this request may use ${holds}`;
  for (const answer of refused(answers)) assertRefused(answer, words(one, key, what));
}

async function places(world, one) {
  const cap = measures.concurrent;
  const key = await keyFor(world, one);
  const tag = name(one.scope, 'concurrent');
  const done = [];
  const ask = async (n) => {
    const answer = await world.ask(n % 2 ? 'chat' : 'responses', key, `chat/held@${tag}`);
    done.push(answer);
    return answer;
  };
  const open = many(3 * cap, ask);
  await until(() => done.length + world.upstream.of(`held@${tag}`).length === 3 * cap, 'each to be answered or held');
  assert.equal(done.length, 2 * cap, 'refused');
  for (const answer of done) assertRefused(answer, words(one, key, '10 requests at a time'));
  world.upstream.letGo(`held@${tag}`);
  assert.deepEqual(sorted(await open), { good: cap, wait: 2 * cap, spent: 0, other: [] });
  assert.equal(sorted(await many(cap, () => world.ask('chat', key, `chat/good@${tag}`))).good, cap);
}

// Each user has it by himself, and the tighter one if something is said of him by name; who is no user has none.
async function eachUser(world) {
  for (const [user, cap] of [['ada', 3], ['bob', 2], ['eve', 3]]) {
    const keys = [await world.key('each', user), await world.key('each', user)];
    const answers = await many(8, (n) => world.ask('chat', keys[n % 2], 'chat/good@each'));
    assert.deepEqual(sorted(answers), { good: cap, wait: 8 - cap, spent: 0, other: [] });
    const text = new RegExp(`^The limit of user ${user} is reached: ${cap} requests a minute\\.$`);
    for (const answer of refused(answers)) assertRefused(answer, text);
  }
  const key = await world.key('each');
  assert.equal(sorted(await many(8, () => world.ask('chat', key, 'chat/good@each'))).good, 8);
}

// OpenAI's headers, which tell what is left before there is none.
async function headersTell(world) {
  const key = await world.key('told');
  for (const left of [2, 1, 0]) {
    const { status, headers } = await world.ask('chat', key, 'chat/good@told');
    assert.equal(status, 200);
    const of = (what) => headers[`x-ratelimit-${what}`];
    assert.deepEqual(
      [of('limit-requests'), of('remaining-requests'), of('limit-tokens')],
      ['3', String(left), '50000'],
    );
    assert.ok(Number(of('remaining-tokens')) > 0 && Number(of('remaining-tokens')) < 50_000, of('remaining-tokens'));
    for (const what of ['reset-requests', 'reset-tokens']) assert.match(of(what), /^(60|5\d)(\.\d)?s$/);
    await world.usage(key, 3 - left);
  }
  assertRefused(
    await world.ask('chat', key, 'chat/good@told'),
    /^The limit of tenant told is reached: 3 requests a minute\.$/,
  );
}

// Each kind of client understands it.
async function doorsTell(world) {
  const key = await world.key('doors');
  assert.equal((await world.ask('chat', key, 'chat/good@doors')).status, 200);
  const text = /^The limit of tenant doors is reached: 1 requests? a minute\.$/;
  assertRefused(await world.ask('responses', key, 'native/good@doors', { stream: true }), text);
  const { status, json, headers } = await world.ask('messages', key, 'messages/good@doors');
  assert.equal(status, 429);
  assert.equal(json.error.type, 'rate_limit_error');
  assert.match(
    json.error.message,
    /^The limit of tenant doors is reached: 1 requests? a minute\. Please try again in /,
  );
  assert.ok(Number(headers['retry-after']) > 40);
}

async function neverEnough(world) {
  const key = await world.key('tiny');
  const answer = await world.ask('chat', key, 'chat/good@tiny', { max_tokens: 900 });
  const { message } = assertError(answer, 400, 'request_exceeds_limit');
  assert.match(
    message,
    /^This request may use \d+ tokens, more than tenant tiny may use in a minute \(500\)\. Ask for fewer/,
  );
  assert.equal((await world.ask('chat', key, 'chat/good@tiny', { max_tokens: 100 })).status, 200);
}

// Whoever leaves, and whatever fails, gives the place back.
async function placesComeBack(world) {
  const key = await world.key('leaves');
  const { request, answer } = await world.stream({ door: 'responses', provider: 'chat' }, key, 'pauses-4@leaves');
  const ended = collect(answer);
  assertError(await world.ask('chat', key, 'chat/good@leaves'), 429);
  request.destroy();
  await ended;
  await until(
    async () => (await world.ask('chat', key, 'chat/good@leaves')).status === 200,
    'the place to be free',
    5_000,
  );
  const failing = await world.key('failing');
  for (let n = 0; n < 6; n++) {
    assert.notEqual((await world.ask('chat', failing, 'chat/fails@failing')).status, 429);
  }
}

// Who asks one thing after the other needs one place, however fast: it is free when the answer has ended, however it did.
async function onePlaceIsEnough(world) {
  const key = await world.key('turns');
  const ends = { good: 200, fails: 502 };
  for (let n = 0; n < 120; n++) {
    const door = ['chat', 'responses', 'messages'][n % 3];
    const does = n % 7 === 6 ? 'fails' : 'good';
    const { status, text } = await world.ask(door, key, `chat/${does}@turns`, { stream: n % 2 === 0 });
    assert.equal(status, ends[does], `${n}, ${door}: ${text}`);
  }
  await world.usage(key, 120);
}

// It waits as long as it is told, by itself, and then succeeds; without patience it throws what it was told.
async function sdkWaits(world) {
  const key = await world.key('sdk');
  const model = 'chat/held@sdk';
  const slow = world.ask('chat', key, model);
  await world.upstream.arrived('held@sdk');
  let asked = 0;
  const counted = (...request) => {
    asked++;
    return fetch(...request);
  };
  const baseURL = `${world.gateway.url}/v1`;
  const client = (maxRetries) => new OpenAI({ apiKey: key.secret, baseURL, maxRetries, fetch: counted });
  const messages = [{ role: 'user', content: 'Say hello' }];
  const error = await caught(client(0).chat.completions.create({ model, messages }));
  assert.ok(error instanceof OpenAI.RateLimitError && error.code === 'rate_limit_exceeded');
  assert.match(
    error.message,
    /The limit of tenant sdk is reached: 1 requests? at a time\. Please try again in 1\.0s\./,
  );
  const patient = client(8).chat.completions.create({ model, messages });
  await until(() => asked === 3, 'the SDK to ask again');
  world.upstream.letGo('held@sdk');
  assert.equal((await slow).status, 200);
  assert.equal((await patient).choices[0].finish_reason, 'stop');
}

for (const shape of shapes) {
  describe(`limits, ${shape}`, () => {
    let world;
    before(async () => (world = await MoneyWorld.start({ shape, ...settings })));
    after(() => world?.stop());

    const play = { rpm: requests, tpm: tokens, concurrent: places };
    for (const one of cases) test(`${one.measure} of the ${one.scope}`, () => play[one.measure](world, one));
    test('each user of a tenant has a limit of his own', () => eachUser(world));
    test('headers tell what is left', () => headersTell(world));
    test('each kind of client is told when to come again', () => doorsTell(world));
    test('a request that no minute has tokens for is refused for good', () => neverEnough(world));
    test('whoever leaves gives the place back, and so does what fails', () => placesComeBack(world));
    test('one place is enough for a client that asks one thing after the other', () => onePlaceIsEnough(world));
    test('the OpenAI SDK waits and succeeds', () => sdkWaits(world));
  });
}
