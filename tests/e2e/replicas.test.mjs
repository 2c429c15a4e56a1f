// kill -9 of one of two provider-services or router-services: what it costs while 200 streams are open, and that it takes
// its part of the load when it is back. And a router that hangs.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { exchangeOf, flowOn } from './lib/flowing.mjs';
import { post, responsesBody } from './lib/http.mjs';
import { assertEven } from './lib/replicas.mjs';
import { allComplete, comesBack, ending, promised, settle, startTwos, underLoad } from './lib/replicas_scene.mjs';
import { atMost, until } from './lib/wait.mjs';

const inFlight = (gateway, member) => gateway.metric(member, 'wayleave_provider_in_flight');

// Ends it with no warning, and asks at once. Resolves when that works.
async function kill({ gateway }, victim, load) {
  await gateway.kill(victim);
  const at = performance.now();
  load.start();
  await load.more(100);
  assert.ok(await gateway.isReady('gateway'), 'one replica is enough for the gateway to be ready');
  const ms = load.firstEnd - at;
  assert.ok(ms <= atMost(promised), `the first answer came ${ms} ms after the kill`);
}

// That nobody holds the end of a replica against the model.
async function circuitsClosed(gateway) {
  const opened = (router) => gateway.metric(router, 'wayleave_router_circuit_openings_total');
  for (const router of gateway.replicas('router')) assert.equal(await opened(router), 0, `${router} opened a circuit`);
}

const killProvider = (world, victim, tag) =>
  underLoad(world, tag, async (streams, load) => {
    const { gateway } = world;
    const upstream = world.upstreams.openai;
    const exchanges = streams.map((stream) => exchangeOf(upstream.of('held-500'), stream));
    const cut = () => streams.filter((_, n) => exchanges[n].early);
    assertEven(await Promise.all(gateway.replicas('provider').map((name) => inFlight(gateway, name))), 'streams');
    const own = await inFlight(gateway, victim);

    await kill(world, victim, load);
    await until(() => cut().length >= own, `the upstream to lose ${own} streams`);
    const lost = cut();
    assert.equal(lost.length, own);
    for (const end of await Promise.all(lost.map(ending))) {
      assert.deepEqual(end, { type: 'response.failed', code: 'server_error' });
    }
    const others = streams.filter((stream) => !lost.includes(stream));
    await flowOn(others);
    upstream.letGo();
    await allComplete(others);
    await settle(world, streams, load);
    for (const stream of streams) exchangeOf(upstream.of('held-500'), stream); // nobody was asked again
    await circuitsClosed(gateway);
  });

const killRouter = (world, victim, tag) =>
  underLoad(world, tag, async (streams, load) => {
    await kill(world, victim, load);
    await flowOn(streams);
    world.upstreams.openai.letGo();
    await allComplete(streams);
    await settle(world, streams, load);
  });

// An answer that is delivered as a whole has not begun: the other replica is asked.
async function killBeforeAnswers({ gateway, upstreams: { openai: upstream } }, victim) {
  const asked = upstream.of('held-500').length;
  const answers = Array.from({ length: 10 }, () => post(gateway, '/v1/responses', responsesBody('held')));
  await upstream.arrived('held-500', asked + 10);
  const own = await inFlight(gateway, victim);
  assertEven([own, 10 - own], 'ten requests');
  await gateway.kill(victim);
  await upstream.arrived('held-500', asked + 10 + own);
  upstream.letGo();
  for (const { status, text } of await Promise.all(answers)) assert.equal(status, 200, text);
}

// Half of the decisions go there first; each is asked elsewhere after a second.
async function hang({ gateway }, victim) {
  gateway.process(victim).signal('SIGSTOP');
  try {
    const ask = async () => {
      const at = performance.now();
      const { status, text } = await post(gateway, '/v1/responses', responsesBody('hello'));
      assert.equal(status, 200, text);
      return performance.now() - at;
    };
    const times = await Promise.all(Array.from({ length: 10 }, ask));
    assert.ok(Math.max(...times) >= 1_000, 'some were decided at once by the one that hangs');
  } finally {
    gateway.process(victim).signal('SIGCONT');
  }
}

describe('kill -9 of one of two', () => {
  let world;
  before(async () => (world = await startTwos()));
  after(() => world?.stop());

  const cases = [
    ['provider ends its own of 200 streams, each cleanly', killProvider, 'provider'],
    ['provider2 ends its own of 200 streams, each cleanly', killProvider, 'provider2'],
    ['provider costs no answer that has not begun', killBeforeAnswers, 'provider'],
    ['router ends none of 200 streams', killRouter, 'router'],
    ['router2 ends none of 200 streams', killRouter, 'router2'],
  ];
  for (const [name, end, victim] of cases) {
    test(name, () => end(world, victim, `${end.name}-${victim}`));
    test(`${victim} takes its part of the load again after ${end.name}`, () => comesBack(world.gateway, victim));
  }

  test('router hangs: every request is answered', () => hang(world, 'router'));

  test('the model server saw nothing odd', () => assert.deepEqual(world.violations, []));
});
