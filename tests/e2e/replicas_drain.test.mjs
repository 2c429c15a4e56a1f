// SIGTERM of one of two provider-services or router-services: nobody notices, however busy they are.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { flowOn } from './lib/flowing.mjs';
import { Load } from './lib/load.mjs';
import { takesLoad } from './lib/replicas.mjs';
import { allComplete, comesBack, settle, startTwos, underLoad } from './lib/replicas_scene.mjs';
import { patience, within } from './lib/wait.mjs';

async function endsWell(process, victim) {
  const end = await within(process.exited, patience, `the end of ${victim}`);
  assert.deepEqual(end, { code: 0, signal: null }, victim);
}

const drain = (world, victim, tag) =>
  underLoad(world, tag, async (streams, load) => {
    const process = world.gateway.process(victim);
    load.start();
    await load.more(20);
    process.signal('SIGTERM');
    await load.more(100);
    if (victim.startsWith('provider')) assert.ok(process.running, 'it waits for its streams');
    await flowOn(streams);
    world.upstreams.openai.letGo();
    await allComplete(streams);
    await endsWell(process, victim);
    await load.more(50);
    await settle(world, streams, load);
  });

// Each replica is replaced in its turn, once its neighbour has work again.
async function roll({ gateway }, load) {
  for (const member of [...gateway.replicas('router'), ...gateway.replicas('provider')]) {
    const process = gateway.process(member);
    process.signal('SIGTERM');
    await endsWell(process, member);
    gateway.restart(member);
    await gateway.awaitReady(member);
    await takesLoad(gateway, member, () => load.more(1));
  }
}

describe('SIGTERM of one of two', () => {
  let world;
  before(async () => (world = await startTwos()));
  after(() => world?.stop());

  for (const victim of ['provider', 'provider2', 'router', 'router2']) {
    const name = `${victim} under load ends none of 200 streams and fails no request`;
    test(name, () => drain(world, victim, `drain-${victim}`));
    test(`${victim} takes its part of the load again`, () => comesBack(world.gateway, victim));
  }

  test('rolling restarts under many clients fail no request', async () => {
    const load = new Load(world.gateway, 'hello', 'roll');
    load.start(48);
    try {
      for (let round = 0; round < 8; round++) await roll(world, load);
    } finally {
      await load.stop();
    }
    assert.deepEqual(load.problems, [], `${load.bad.length} of ${load.begun} requests failed`);
  });

  test('the model server saw nothing odd', () => assert.deepEqual(world.violations, []));
});
