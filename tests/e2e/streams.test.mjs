// Streams under stress: clients that leave, clients that do not read, a gateway that is told to stop.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { shapes } from './lib/gateway.mjs';
import { chatBody, collect, get, open, readSse, responsesBody } from './lib/http.mjs';
import { checkResponsesStream } from './lib/responses_events.mjs';
import { World } from './lib/setup.mjs';
import { oneRowEach } from './lib/state.mjs';
import { atMost, median, patience, sleep, until, within } from './lib/wait.mjs';

const models = Object.fromEntries(
  ['endless', 'headless-60000', 'silent-60000', 'flood-200', 'paced-60', 'hello'].map((name) => [
    name,
    `openai/${name}`,
  ]),
);
const bodies = { '/v1/responses': responsesBody, '/v1/chat/completions': chatBody };

const start = (gateway, path, model, more = {}) =>
  open(gateway.port, { method: 'POST', path, body: bodies[path](model, { stream: true, ...more }), key: gateway.key });

// Leaves at the moment that `phase` says, and tells how long the upstream took to notice, in ms.
async function leave(world, path, model, phase) {
  const upstream = world.upstreams.openai;
  const count = upstream.of(model).length;
  const { request, response } = start(world.gateway, path, model);
  const exchange = await upstream.arrived(model, count + 1);
  if (phase === 'within the stream') {
    for await (const event of readSse(await within(response, patience, 'the head'))) if (/delta/.test(event.text)) break;
  } else if (phase === 'after the head') {
    await within(response, patience, 'the head');
  }
  const left = performance.now();
  request.destroy();
  await within(exchange.closed, patience, 'the end of the upstream exchange');
  assert.equal(exchange.early, true, 'the upstream was cut off');
  return exchange.closedAt - left;
}

async function stalls(world, path) {
  const upstream = world.upstreams.openai;
  const services = ['gateway', 'provider'].map((name) => world.gateway.process(name));
  const resident = services.map((service) => service.resident);
  const count = upstream.of('flood-200').length;
  const { request, response } = start(world.gateway, path, 'flood-200');
  const exchange = await upstream.arrived('flood-200', count + 1);
  (await response).pause();

  let last = -1;
  await until(
    async () => {
      const sent = exchange.sent;
      await sleep(700); // at rest is what does not change between two looks
      const still = sent > 0 && sent === last;
      last = exchange.sent;
      return still;
    },
    'the upstream to stall',
    2 * patience,
  );
  const grown = services.map((service, n) => service.resident - resident[n]);
  request.destroy();
  await within(exchange.closed, patience, 'the end of the upstream exchange');
  return { sent: last, grown: Math.max(...grown) };
}

for (const shape of shapes) {
  describe(`streams, ${shape}`, () => {
    let world;
    before(async () => (world = await World.start({ shape, models })));
    after(() => world?.stop());

    for (const path of Object.keys(bodies)) {
      for (const [phase, model] of [
        ['before the head', 'headless-60000'],
        ['after the head', 'silent-60000'],
        ['within the stream', 'endless'],
      ]) {
        test(`${path}: a client that leaves ${phase} closes the upstream at once`, async () => {
          const times = [];
          for (let n = 0; n < 5; n++) times.push(await leave(world, path, model, phase));
          assert.ok(median(times) <= atMost(100), `it took ${times.map(Math.round)} ms`);
        });
      }

      test(`${path}: a client that does not read stops the upstream, and nothing piles up`, async () => {
        const { sent, grown } = await stalls(world, path);
        assert.ok(sent < 32e6, `the upstream could send ${sent} bytes`);
        assert.ok(grown < 24e6, `the memory of a process grew by ${grown} bytes`);
      });
    }

    test('a slow reader loses nothing', async () => {
      const { response } = start(world.gateway, '/v1/responses', 'flood-200');
      const answer = await response;
      let bytes = 0;
      for await (const part of answer) {
        bytes += part.length;
        if (bytes > 24e6) break;
        if (bytes % 7 === 0) await sleep(1);
      }
      assert.ok(bytes > 24e6);
    });
  });

  describe(`SIGTERM, ${shape}`, () => {
    let world;
    before(async () => (world = await World.start({ shape, models })));
    after(() => world?.stop());

    test('the gateway finishes what is open, soon takes nothing new, and ends with 0', async () => {
      const { gateway } = world;
      const { response } = start(gateway, '/v1/responses', 'paced-60');
      const events = collect(await response);
      const process = gateway.process('gateway');
      process.signal('SIGTERM');

      await until(async () => (await gateway.admin('/readyz')).status === 503, 'readyz to say 503');
      const refused = () => get(gateway, '/v1/models').then(() => false, () => true);
      await until(refused, 'new connections to be refused, once the lame duck is dead');
      const { events: list, broken } = await events;
      assert.equal(broken, undefined);
      assert.equal(checkResponsesStream(list).last.type, 'response.completed');
      assert.deepEqual(await within(process.exited, patience, 'the end of the gateway'), { code: 0, signal: null });
    });
  });
}

describe('SIGTERM, the other services', () => {
  let world;
  before(async () => (world = await World.start({ shape: 'fleet', models })));
  after(() => world?.stop());

  for (const service of ['provider', 'router', 'auth']) {
    test(`${service} lets a stream in progress end well, and its successor is found`, async () => {
      const { gateway } = world;
      const { response } = start(gateway, '/v1/responses', 'paced-60');
      const answer = await response;
      const events = collect(answer);
      const process = gateway.process(service);
      process.signal('SIGTERM');

      const { events: list, broken } = await events;
      assert.equal(broken, undefined);
      assert.equal(checkResponsesStream(list).last.type, 'response.completed');
      assert.deepEqual(await within(process.exited, patience, `the end of ${service}`), { code: 0, signal: null });

      gateway.restart(service);
      await gateway.awaitReady(service);
      await until(
        async () =>
          (await collect(await start(gateway, '/v1/responses', 'hello').response)).events.at(-1)?.data?.type ===
          'response.completed',
        'a request to work again',
      );
      await oneRowEach(gateway.stateDir, [answer.headers['x-request-id']]);
    });
  }
});
