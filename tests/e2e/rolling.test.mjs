// A product on one machine gets new processes while it serves: each of four, and the one that is all of them, hands over
// to a successor that listens beside it (--reuse-port). No request fails, no stream is cut, no connection is refused.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { flood, flowOn } from './lib/flowing.mjs';
import { Load } from './lib/load.mjs';
import { allComplete, ending, settle, underLoad } from './lib/replicas_scene.mjs';
import { endsWell, Hammer, handOver, reusePort } from './lib/rolling.mjs';
import { World } from './lib/setup.mjs';
import { oneRowEach } from './lib/state.mjs';
import { until } from './lib/wait.mjs';

const interrupted = 4; // OUTCOME_INTERRUPTED

const startWorld = (shape, sections = {}) =>
  World.start({
    shape,
    models: { held: 'openai/held-100', hello: 'openai/hello' },
    env: reusePort,
    sections: { ...sections, router: { max_age: '0s' } }, // each request is decided
  });

const roll = (world, member, tag) =>
  underLoad(
    world,
    tag,
    async (streams, load) => {
      load.start();
      await load.more(20);
      const old = await handOver(world.gateway, member);
      await load.more(60);
      await flowOn(streams);
      world.upstreams.openai.letGo();
      await allComplete(streams);
      await endsWell(old, member);
      await load.more(20);
      await settle(world, streams, load);
    },
    100,
  );

for (const [shape, members] of [
  ['fleet', ['auth', 'router', 'provider', 'gateway']],
  ['serve', ['gateway']],
]) {
  describe(`hand-over under load, ${shape}`, () => {
    let world;
    before(async () => (world = await startWorld(shape)));
    after(() => world?.stop());

    // The last one is the second that the gateway hands over to.
    for (const [n, member] of [...members, 'gateway'].entries()) {
      test(`${member}: 100 open streams end well, and no request fails`, () => roll(world, member, `roll-${n}-${member}`));
    }

    test('ten hand-overs refuse no connection', async () => {
      const { gateway } = world;
      const hammers = [new Hammer(gateway), new Hammer(gateway, { keepAlive: true })];
      for (const hammer of hammers) hammer.start();
      for (let n = 0; n < 10; n++) await endsWell(await handOver(gateway, 'gateway'), 'the old gateway');
      for (const hammer of hammers) {
        await hammer.stop();
        assert.ok(hammer.done > 100, `only ${hammer.done} requests`);
        assert.deepEqual(hammer.problems, [], `${hammer.problems.length} of ${hammer.done} failed`);
      }
    });

    test('the audit chain is whole', async () => {
      await world.gateway.cli('audit', 'verify', '--config', world.gateway.configFile); // rejects if it is not
    });

    test('the model server saw nothing odd', () => assert.deepEqual(world.violations, []));
  });
}

describe('what a gateway leaves behind', () => {
  let world;
  before(async () => (world = await startWorld('fleet')));
  after(() => world?.stop());

  test('its successor settles what a killed gateway had open', async () => {
    const { gateway } = world;
    const [stream] = await flood(gateway, 'held', ['left-behind']);
    const old = await handOver(gateway, 'gateway');
    old.signal('SIGKILL');
    await old.exited;
    await stream.rest;
    const [row] = await oneRowEach(gateway.stateDir, ['left-behind']);
    assert.deepEqual([row.outcome, row.estimated], [interrupted, 1]);
  });
});

describe('the end of the grace', () => {
  let world;
  const start = (grace) =>
    World.start({
      shape: 'fleet',
      models: { held: 'openai/held-100', hello: 'openai/hello' },
      sections: { gateway: { timeouts: { drain: grace } } },
    });
  after(() => world?.stop());

  test('cuts streams with one terminal event', async () => {
    world = await start('300ms');
    const streams = await flood(world.gateway, 'held', ['cut-1', 'cut-2', 'cut-3']);
    const gateway = world.gateway.process('gateway');
    gateway.signal('SIGTERM');
    for (const stream of streams) assert.deepEqual(await ending(stream), { type: 'response.failed', code: 'shutting_down' });
    await endsWell(gateway, 'gateway');
    await world.stop();
  });

  test('a second SIGTERM does so at once', async () => {
    world = await start('10m');
    const [stream] = await flood(world.gateway, 'held', ['hurry']);
    const gateway = world.gateway.process('gateway');
    gateway.signal('SIGTERM');
    await until(() => {
      gateway.signal('SIGTERM'); // what comes within 300 ms is the same wish
      return /"stopping_now"/.test(gateway.log);
    }, 'a second signal to be heard');
    assert.deepEqual(await ending(stream), { type: 'response.failed', code: 'shutting_down' });
    await endsWell(gateway, 'gateway');
  });
});

describe('connections of age', () => {
  let world;
  const sections = { gateway: { timeouts: { connection_age: '1s' } }, grpc: { max_connection_age: '1s' } };
  before(async () => (world = await startWorld('fleet', sections)));
  after(() => world?.stop());

  test('end with an answer, and no request and no stream notices', async () => {
    const { gateway } = world;
    const load = new Load(gateway, 'hello', 'age');
    const hammer = new Hammer(gateway, { keepAlive: true });
    const streams = await flood(gateway, 'held', ['age-a', 'age-b']);
    load.start();
    hammer.start(2);
    await until(() => hammer.connections > 6 && load.good.length > 200, 'connections to be renewed');
    await flowOn(streams);
    world.upstreams.openai.letGo();
    await allComplete(streams);
    await load.stop();
    await hammer.stop();
    assert.deepEqual([...load.problems, ...hammer.problems], []);
    assert.ok(hammer.done > 2 * hammer.connections, 'connections live for more than a request');
  });
});
