// Two of each service, each in a network namespace of its own, before PostgreSQL and behind a load balancer: all eight
// are restarted, one after another, each under 100 open streams and new requests. Nothing fails, nothing is cut.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Balancer } from './lib/balancer.mjs';
import { Fleet, twos } from './lib/fleet.mjs';
import { flowOn } from './lib/flowing.mjs';
import { chatProvider } from './lib/gateway.mjs';
import { Network } from './lib/netns.mjs';
import { membersOf } from './lib/replicas.mjs';
import { allComplete, underLoad } from './lib/replicas_scene.mjs';
import { endsWell } from './lib/rolling.mjs';
import { ChatUpstream } from './lib/upstream_chat.mjs';
import { until } from './lib/wait.mjs';

const members = membersOf(twos);
const portOf = (address) => Number(address.split(':').at(-1));

class NetFleet extends Fleet {
  // What listens in the namespaces is reached at the same ports of loopback.
  async launch(providers) {
    for (const { listen, admin } of Object.values(this.at)) {
      await this.network.reach(listen);
      await this.network.reach(admin);
    }
    await super.launch(providers);
  }
}

class Scene {
  static async start() {
    const scene = new Scene();
    try {
      scene.network = Network.start(members);
      scene.upstream = await new ChatUpstream({ style: 'openai', key: 'upstream-key' }).start();
      scene.upstreams = { openai: scene.upstream };
      const at = await scene.network.offer(scene.upstream.port);
      scene.fleet = await NetFleet.begin({
        shape: 'fleet',
        database: true,
        databaseAt: async (url) => url.replace(/127\.0\.0\.1:\d+/, await scene.network.offer(portOf(new URL(url).host))),
        replicas: twos,
        network: scene.network,
        providers: { openai: chatProvider(scene.upstream, { base_url: `http://${at}/v1` }) },
        models: { held: { targets: ['openai/held-100'] }, hello: { targets: ['openai/hello'] } },
        sections: { router: { max_age: '0s' }, shutdown: { grace: '60s' } },
      });
      scene.balancer = await Balancer.start(scene.fleet.replicas('gateway').map((name) => scene.doorOf(name)));
      scene.gateway = { port: scene.balancer.port, key: scene.fleet.key };
      return scene;
    } catch (error) {
      await scene.stop();
      throw error;
    }
  }

  doorOf(name) {
    const { listen, admin } = this.fleet.at[name];
    return { host: this.network.host(name), port: portOf(listen), adminPort: portOf(admin) };
  }

  // One row of usage for each.
  async onRecord(ids) {
    await until(async () => {
      const rows = await this.fleet.store.rows('select request_id, count(*) as times from usage group by request_id');
      const times = new Map(rows.map((row) => [row.request_id, Number(row.times)]));
      const doubles = ids.filter((id) => times.get(id) > 1);
      assert.deepEqual(doubles, [], 'charged twice');
      return ids.every((id) => times.get(id) === 1);
    }, `a row of usage for each of ${ids.length} requests`);
  }

  async stop() {
    await this.balancer?.stop();
    await this.fleet?.stop();
    await this.upstream?.stop();
    this.network?.stop();
  }
}

const restart = (scene, member) =>
  underLoad(
    scene,
    `fleet-${member}`,
    async (streams, load) => {
      const { fleet } = scene;
      load.start();
      await load.more(20);
      const old = fleet.process(member);
      old.signal('SIGTERM');
      await load.more(60);
      await flowOn(streams);
      scene.upstream.letGo();
      await allComplete(streams);
      await endsWell(old, member);
      fleet.restart(member);
      await fleet.awaitReady(member);
      await load.more(40);
      await load.stop();
      assert.deepEqual(load.problems, [], `${load.bad.length} of ${load.begun} new requests failed`);
      await scene.onRecord([...streams.map(({ requestId }) => requestId), ...load.good.map(({ id }) => id)]);
    },
    100,
  );

describe('a fleet of two and two and two and two', () => {
  let scene;
  before(async () => (scene = await Scene.start()));
  after(() => scene?.stop());

  for (const member of members) {
    test(`${member} is restarted: 100 open streams end well, and no request fails`, () => restart(scene, member));
  }

  test('what listens beyond loopback without TLS is told of', () => {
    assert.equal(scene.fleet.logs.includes('"grpc_without_tls"'), !scene.network.loopback);
  });

  test('the model server saw nothing odd', () => assert.deepEqual(scene.upstream.violations, []));
});
