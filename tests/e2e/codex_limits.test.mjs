// Limits and the real Codex: it waits for one that is reached, by itself, and tells its user of one that lasts. Clients
// of the Responses API that are no Codex are told of the limit as it is.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { codexConfig, CodexHome, errorsOf, execCodex } from './lib/codex.mjs';
import { CodexApp } from './lib/codex_app.mjs';
import { shapes } from './lib/gateway.mjs';
import { assertError } from './lib/http.mjs';
import { MoneyWorld } from './lib/money.mjs';
import { answer as said } from './lib/upstream_money.mjs';
import { caught } from './lib/sdk_catch.mjs';
import { until } from './lib/wait.mjs';

const cases = ['exec', 'editor', 'lasts', 'honest'];
const one = { limits: { concurrent: 1 } };
const settings = {
  models: cases.flatMap((name) => [`native/good@${name}`, `native/held@${name}`]),
  tenants: Object.fromEntries(cases.map((name) => [name, one])),
};
const reached = (tenant) => `The limit of tenant ${tenant} is reached: 1 requests at a time. Please try again in 1.0s.`;

// How often a limit was the answer, so far.
async function refusals({ gateway }) {
  const { text } = await gateway.admin('/metrics', 'gateway');
  const lines = text.match(/^wayleave_gateway_requests_total\{endpoint="responses",status="503"\} \d+$/gm) ?? [];
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

// Somebody else has the only place until Codex has asked so often that a 429 would have been its last one.
async function besideAnother(world, tenant, play) {
  const key = await world.key(tenant);
  const before = await refusals(world);
  const other = world.ask('responses', key, `native/held@${tenant}`);
  await world.upstream.arrived(`held@${tenant}`);
  const letGo = async () => {
    await until(async () => (await refusals(world)) >= before + 4, 'Codex to have asked four times', 60_000);
    world.upstream.letGo(`held@${tenant}`);
    assert.equal((await other).status, 200);
  };
  const config = codexConfig({ gateway: world.gateway, model: `native/good@${tenant}` });
  const home = new CodexHome({ config });
  try {
    await Promise.all([play(home, key), letGo()]);
  } finally {
    home.remove();
  }
  assert.equal(world.upstream.of(`good@${tenant}`).length, 1, 'one request reached the provider');
}

async function inExec(home, key) {
  const run = await execCodex(home, { key: key.secret });
  assert.equal(run.lastMessage, said, run.said);
}

async function inEditor(home, key) {
  const app = await CodexApp.start(home, { key: key.secret });
  try {
    const { status, error } = await app.turn('Hello');
    assert.equal(status, 'completed', JSON.stringify(error));
  } finally {
    await app.stop();
  }
}

// With one retry of each sort it gives up soon.
async function lasts(world) {
  const key = await world.key('lasts');
  const other = world.ask('responses', key, 'native/held@lasts');
  await world.upstream.arrived('held@lasts');
  const home = new CodexHome({
    config: codexConfig({ gateway: world.gateway, model: 'native/good@lasts', retries: 1 }),
  });
  try {
    const run = await execCodex(home, { key: key.secret });
    assert.notEqual(run.code, 0, run.said);
    assert.equal(errorsOf(run).at(-1), `rate limit exceeded: ${reached('lasts')}`);
  } finally {
    home.remove();
    world.upstream.letGo('held@lasts');
  }
  assert.equal((await other).status, 200);
  assert.equal(world.upstream.of('good@lasts').length, 0);
}

async function honest(world) {
  const key = await world.key('honest');
  const other = world.ask('responses', key, 'native/held@honest');
  await world.upstream.arrived('held@honest');
  const plain = await world.ask('responses', key, 'native/good@honest');
  assert.equal(assertError(plain, 429, 'rate_limit_exceeded').message, reached('honest'));
  assert.equal(plain.headers['retry-after'], '1');
  const client = new OpenAI({ apiKey: key.secret, baseURL: `${world.gateway.url}/v1`, maxRetries: 0 });
  const error = await caught(client.responses.create({ model: 'native/good@honest', input: 'Hi' }));
  assert.ok(error instanceof OpenAI.RateLimitError && error.code === 'rate_limit_exceeded', String(error));
  world.upstream.letGo('held@honest');
  assert.equal((await other).status, 200);
}

for (const shape of shapes) {
  describe(`Codex and limits, ${shape}`, () => {
    let world;
    before(async () => (world = await MoneyWorld.start({ shape, ...settings })));
    after(() => world?.stop());

    test('a turn of `codex exec` goes on when the place is free', () => besideAnother(world, 'exec', inExec));
    test('the same of the app server, which editors use', () => besideAnother(world, 'editor', inEditor));
    test('of a limit that lasts its user reads the words', () => lasts(world));
    test('others are told of it as it is', () => honest(world));
  });
}
