// The real Codex CLI with supports_websockets = true: all that it manages over plain HTTP, and the same texts when
// something goes wrong.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { cases } from './lib/codex_cases.mjs';
import { faultProviders, faults, retries } from './lib/codex_faults.mjs';
import { errorsOf } from './lib/codex.mjs';
import { toldAtOnce } from './lib/gateway.mjs';
import { modelsFor, Scene } from './lib/scene.mjs';
import { World } from './lib/setup.mjs';
import { until } from './lib/wait.mjs';

const kinds = ['chat', 'native'];
const overSockets = 'supports_websockets = true\n';

class SocketScene extends Scene {
  home(options = {}) {
    return super.home({ ...options, extra: overSockets + (options.extra ?? '') });
  }

  // How this scene's questions came: "WEBSOCKET" or "POST", in order.
  get ways() {
    return this.logged.map((line) => JSON.parse(line).method);
  }
}

async function inScene(scene, play) {
  try {
    return await play(scene);
  } finally {
    await scene.close();
  }
}

const start = (shape, entries, more = {}) =>
  World.start({ shape, styles: [], kinds, models: modelsFor(entries, kinds), ...more });

async function succeeds(world, entry, kind) {
  await inScene(new SocketScene(world, entry, kind), async (scene) => {
    await entry.run(scene);
    assert.deepEqual(scene.violations, [], 'the upstream saw invalid requests');
    await until(() => scene.ways.length > 0, 'the access log');
    assert.deepEqual([...new Set(scene.ways)], ['WEBSOCKET']);
  });
}

describe('Codex over WebSockets', { concurrency: 3 }, () => {
  let world;
  before(async () => (world = await start('serve', cases, { sections: { router: { discovery_interval: '1s' } } })));
  after(() => world?.stop());

  for (const kind of kinds) {
    for (const entry of cases.filter((one) => one.kinds.includes(kind)))
      test(`${entry.title}, on ${kind}`, () => succeeds(world, entry, kind));
  }
});

describe('Codex over WebSockets, fleet', { concurrency: 3 }, () => {
  const some = cases.filter(({ name }) => ['shell', 'patch', 'mcp', 'resume'].includes(name) || /interrupt/.test(name));
  let world;
  before(async () => (world = await start('fleet', some)));
  after(() => world?.stop());

  for (const kind of kinds) {
    for (const entry of some.filter((one) => one.kinds.includes(kind)))
      test(`${entry.title}, on ${kind}`, () => succeeds(world, entry, kind));
  }
});

// What Codex shows. What it may repeat it repeats over WebSockets first, and then, falling back, over HTTP.
describe('Codex over WebSockets and errors', { concurrency: 3 }, () => {
  const providerOptions = { keep_alive: '200ms' };
  const options = { providerOptions, providers: faultProviders, silent: ['dead'], sections: toldAtOnce };
  let world;
  before(async () => (world = await start('serve', faults, options)));
  after(() => world?.stop());

  async function fails(scene, { asked, shows, hides, works, requests = 1, extra = '' }) {
    const run = await scene.exec({ retries, extra });
    if (works !== undefined) assert.equal(run.lastMessage, works, run.said);
    if (shows) assert.match(errorsOf(run).at(-1) ?? '', shows, run.said);
    if (hides) assert.doesNotMatch(run.said, hides);
    assert.doesNotMatch(run.said, /rerouted|flagged/);
    assert.deepEqual(run.files, {}, 'nothing was executed');
    if (asked !== 'once' || scene.key !== world.gateway.key) return;
    await until(() => scene.ways.length === requests, `${requests} request(s), not ${scene.ways}`);
    assert.deepEqual([...new Set(scene.ways)], ['WEBSOCKET']);
  }

  for (const kind of kinds) {
    for (const row of faults.filter((one) => one.kinds.includes(kind)))
      test(`${row.title}, on ${kind}`, () => inScene(new SocketScene(world, row, kind), (scene) => fails(scene, row)));
  }
});

// Passes bytes between Codex and the gateway, and counts those that Codex sends.
async function meter(port) {
  const counted = { sent: 0 };
  const server = net.createServer((client) => {
    const gateway = net.connect(port, '127.0.0.1');
    client.on('data', (bytes) => (counted.sent += bytes.length));
    client.pipe(gateway).pipe(client);
    for (const socket of [client, gateway])
      for (const event of ['error', 'close'])
        socket.on(event, () => [client, gateway].forEach((one) => one.destroy()));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(counted, { port: server.address().port, stop: () => server.close() });
}

describe('Codex, WebSockets and the gateway itself', () => {
  const hello = { name: 'hello', script: 'hello', kinds };
  const resume = { name: 'turns', script: 'resume', kinds };
  const worlds = [];
  const play = async (entry, sections = {}) => {
    const world = await start('serve', [entry], { sections });
    worlds.push(world);
    return new SocketScene(world, entry, 'chat');
  };
  after(() => Promise.all(worlds.map((world) => world.stop())));

  test('switched off: one refusal, and everything over HTTP without a word', async () => {
    const scene = await play(hello, { gateway: { websockets: false } });
    await inScene(scene, async () => {
      const run = await scene.exec({ retries });
      assert.equal(run.lastMessage, 'Hello from the scripted model.', run.said);
      assert.deepEqual(errorsOf(run), []);
      await until(() => scene.ways.length > 0, 'the access log');
      assert.deepEqual(scene.ways, ['POST']);
      const labels = { endpoint: 'responses', status: '426' };
      const refused = () => scene.world.gateway.metric('gateway', 'wayleave_gateway_requests_total', labels);
      await until(async () => (await refused()) === 1, 'the one refusal to be counted');
    });
  });

  test('a gateway that forgets conversations: Codex sends everything again, without a word', async () => {
    const scene = await play(resume, { gateway: { limits: { websocket_memory_bytes: '0' } } });
    await inScene(scene, async () => {
      const app = await scene.app();
      assert.match((await app.turn('One')).text, /First answer/);
      assert.match((await app.turn('Two')).text, /Before, I said: First answer/);
      assert.equal(app.of('error').length, 0, JSON.stringify(app.of('error')));
      await until(() => scene.ways.length >= 2, 'the access log');
      assert.deepEqual(scene.ways, ['WEBSOCKET', 'WEBSOCKET']);
    });
  });

  test('a connection closed between two turns for idleness: the next turn succeeds', async () => {
    const scene = await play(resume, { gateway: { timeouts: { websocket_idle: '1s' } } });
    await inScene(scene, async () => {
      const app = await scene.app();
      assert.match((await app.turn('One')).text, /First answer/);
      const open = () => scene.world.gateway.metric('gateway', 'wayleave_http_websockets');
      await until(async () => (await open()) === 0, 'the idle connection to be closed');
      assert.match((await app.turn('Two')).text, /Before, I said: First answer/);
      assert.equal(app.of('error').length, 0, JSON.stringify(app.of('error')));
    });
  });

  for (const [signal, title] of [
    ['SIGKILL', 'killed'],
    ['SIGTERM', 'stopped'],
  ]) {
    test(`a gateway that is ${title} and started again in a session: the next turn succeeds`, async () => {
      const scene = await play(resume);
      await inScene(scene, async () => {
        const { gateway } = scene.world;
        const app = await scene.app();
        assert.match((await app.turn('One')).text, /First answer/);
        await gateway.kill('gateway', signal);
        const turn = await app.begin('Two');
        await until(() => app.of('error', turn).length, 'Codex to meet a port where nobody is');
        gateway.restart('gateway');
        assert.match((await app.ending(turn)).text, /Before, I said: First answer/);
      });
    });
  }

  test('a gateway that is told to stop in mid-answer finishes it', async () => {
    const scene = await play({ name: 'paced', script: 'paced-30', kinds });
    await inScene(scene, async () => {
      const app = await scene.app();
      const turn = await app.begin('Hello');
      await until(() => app.of('item/agentMessage/delta', turn).length, 'the first words');
      scene.world.gateway.process('gateway').signal('SIGTERM');
      assert.match((await app.ending(turn)).text, /word29/);
    });
  });

  test('less travels than over HTTP', async () => {
    const agent = { name: 'agent', script: 'resume', kinds };
    const scene = await play(agent);
    await inScene(scene, async () => {
      const sent = {};
      for (const [way, extra] of [
        ['http', ''],
        ['websocket', overSockets],
      ]) {
        const counted = await meter(scene.world.gateway.port);
        const plain = new Scene({ ...scene.world, gateway: { ...scene.world.gateway, url: `http://127.0.0.1:${counted.port}` } }, agent, 'chat');
        await inScene(plain, async () => {
          const app = await plain.app({ extra });
          for (let n = 0; n < 5; n++) assert.equal((await app.turn(`${n}: ${'word '.repeat(5_000)}`)).status, 'completed');
        });
        counted.stop();
        sent[way] = counted.sent;
      }
      assert.ok(sent.websocket < 0.7 * sent.http, JSON.stringify(sent));
    });
  });
});
