// kill -9 of any process at any moment: the client gets one clean ending, the rest recovers, and every
// request is on record once.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { flood, flowing, flowOn } from './lib/flowing.mjs';
import { collect, open, responsesBody, stream } from './lib/http.mjs';
import { checkResponsesStream, terminal } from './lib/responses_events.mjs';
import { World } from './lib/setup.mjs';
import { oneRowEach, usageRows } from './lib/state.mjs';
import { patience, until, within } from './lib/wait.mjs';

// Both answers go on until they are let go, so that what happens to a process happens in the middle of them.
const models = { held: 'openai/held', native: 'native/held', hello: 'openai/hello' };
const letGo = ({ upstreams }) => Object.values(upstreams).forEach((upstream) => upstream.letGo());

// What a client may see when `victim` dies while it streams.
function checkEnding(victim, model, { events, broken }) {
  if (victim === 'gateway') {
    assert.ok(broken, 'the connection should have broken');
    assert.equal(events.filter(({ data }) => terminal.has(data?.type)).length, 0);
    return;
  }
  assert.equal(broken, undefined, `the connection broke: ${broken}`);
  const endings = events.map(({ data }) => data?.type).filter((type) => terminal.has(type));
  assert.deepEqual(endings, [victim === 'provider' ? 'response.failed' : 'response.completed']);
  if (model !== 'native') checkResponsesStream(events);
}

// Asks until an answer comes, each time under another id; resolves to the id of the request that was answered.
async function worksAgain(gateway, tag) {
  let tries = 0;
  return until(async () => {
    const requestId = `${tag}-${++tries}`;
    const { events } = await stream(gateway, '/v1/responses', responsesBody('hello'), {
      headers: { 'x-request-id': requestId },
    });
    return events.at(-1).data.type === 'response.completed' && requestId;
  }, 'a new request to work');
}

async function survives(world, victim, model, tag) {
  const { gateway } = world;
  const ids = ['one', 'two', 'three'].map((name) => `${tag}-${name}`);
  const streams = await flood(gateway, model, ids);

  await gateway.kill(victim);
  if (['router', 'auth'].includes(victim)) await flowOn(streams);
  letGo(world);
  const endings = await Promise.all(streams.map(({ rest }) => within(rest, patience, 'the end of a stream')));
  gateway.restart(victim);
  const after = await worksAgain(gateway, `${tag}-after`);

  for (const ending of endings) checkEnding(victim, model, ending);
  await oneRowEach(gateway.stateDir, [...ids, after]);
}

function noDoubles(gateway) {
  const rows = usageRows(gateway.stateDir);
  assert.equal(new Set(rows.map((row) => row.reservation_id)).size, rows.length, 'a reservation has two rows');
  assert.equal(new Set(rows.map((row) => row.request_id)).size, rows.length, 'a request has two rows');
}

describe('kill -9, four processes', () => {
  let world;
  before(async () => (world = await World.start({ shape: 'fleet', native: true, models })));
  after(() => world?.stop());

  for (const victim of ['provider', 'router', 'auth', 'gateway']) {
    for (const model of ['held', 'native']) {
      test(`${victim}, in the middle of a stream from ${model}`, () =>
        survives(world, victim, model, `${victim}-${model}`));
    }
  }

  test('auth stays away until streams have ended: their usage waits on disk', async () => {
    const { gateway } = world;
    const { rest } = await flowing(gateway, 'held', 'auth-away');
    await gateway.kill('auth');
    letGo(world);
    const ending = await within(rest, patience, 'the end of the stream');
    await gateway.kill('gateway');
    gateway.restart('gateway');
    gateway.restart('auth');
    const after = await worksAgain(gateway, 'auth-away-after');

    checkEnding('auth', 'held', ending);
    await oneRowEach(gateway.stateDir, ['auth-away', after]);
  });

  test('nothing was recorded twice', () => noDoubles(world.gateway));
});

describe('kill -9, one process', () => {
  let world;
  before(async () => (world = await World.start({ shape: 'serve', native: true, models })));
  after(() => world?.stop());

  for (const model of ['held', 'native']) {
    test(`in the middle of a stream from ${model}`, () => survives(world, 'gateway', model, `serve-${model}`));
  }

  test('nothing was recorded twice', () => noDoubles(world.gateway));
});

describe('usage', () => {
  let world;
  before(async () => (world = await World.start({ shape: 'fleet', models: { hello: 'openai/hello' } })));
  after(() => world?.stop());

  test('of a hundred requests at once is recorded once each, with tokens', async () => {
    const ids = Array.from({ length: 100 }, (_, n) => `many-${n}`);
    await Promise.all(
      ids.map(async (id) => {
        const { response } = open(world.gateway.port, {
          method: 'POST',
          path: '/v1/responses',
          body: responsesBody('hello', { stream: true }),
          key: world.gateway.key,
          headers: { 'x-request-id': id },
        });
        assert.equal((await collect(await response)).events.at(-1).data.type, 'response.completed');
      }),
    );

    const rows = await oneRowEach(world.gateway.stateDir, ids);
    for (const row of rows) assert.ok(row.input_tokens >= 1200 && row.output_tokens === 34, JSON.stringify(row));
  });
});
