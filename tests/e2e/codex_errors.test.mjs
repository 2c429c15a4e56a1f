// What the user of Codex reads, and how often Codex asks, when something goes wrong: every row of lib/codex_faults.mjs on
// every kind of model server that it can come from. The results make a table in docs/codex.md (see codex_table.mjs).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { askedFor, faultProviders, faults, retries } from './lib/codex_faults.mjs';
import { errorsOf, killGroup } from './lib/codex.mjs';
import { toldAtOnce } from './lib/gateway.mjs';
import { record } from './lib/results.mjs';
import { modelsFor, Scene } from './lib/scene.mjs';
import { kinds, World } from './lib/setup.mjs';
import { until } from './lib/wait.mjs';

const start = (shape, rows, of) =>
  World.start({
    shape,
    styles: [],
    kinds: of,
    models: modelsFor(rows, of),
    providerOptions: { keep_alive: '200ms' },
    providers: faultProviders,
    silent: ['dead'],
    sections: toldAtOnce,
  });

async function fails(scene, { shows, hides, extra }) {
  const run = await scene.exec({ retries, extra });
  assert.notEqual(run.code, 0, run.said);
  const last = errorsOf(run).at(-1);
  assert.match(last, shows);
  if (hides) assert.doesNotMatch(run.said, hides);
  assert.doesNotMatch(run.said, /rerouted|flagged/);
  assert.deepEqual(run.files, {}, 'nothing was executed');
  return last;
}

async function works(scene, { works: expected, extra }) {
  const run = await scene.exec({ retries, extra });
  assert.equal(run.code, 0, run.said);
  assert.equal(run.lastMessage, expected, run.said);
  return expected;
}

async function check(scene, row) {
  const text = 'works' in row ? await works(scene, row) : await fails(scene, row);
  const asked = row.requests ?? askedFor[row.asked](retries);
  const reached = scene.exchanges.length;
  if (row.resends) assert.ok(reached >= asked && reached <= row.resends * asked, `${reached} requests at the upstream`);
  else assert.equal(reached, row.upstream ?? asked, 'requests at the upstream');
  if (!row.key)
    await until(() => scene.logged.length === asked, `${asked} requests at the gateway, not ${scene.logged.length}`);
  assert.deepEqual(scene.violations, []);
  return text;
}

async function report(world, row, kind) {
  const scene = new Scene(world, row, kind);
  try {
    const text = await check(scene, row);
    record('faults', { case: row.name, kind, ok: true, text });
  } catch (error) {
    record('faults', { case: row.name, kind, ok: false, problem: error.message });
    throw error;
  } finally {
    await scene.close();
  }
}

for (const kind of kinds) {
  describe(`Codex and errors on ${kind}`, { concurrency: 3 }, () => {
    const rows = faults.filter((row) => row.kinds.includes(kind));
    let world;
    before(async () => (world = await start('serve', rows, [kind])));
    after(() => world?.stop());

    for (const row of rows) test(`${row.name} on ${kind}: asked ${row.asked}`, () => report(world, row, kind));
  });
}

// The same from four processes, for one row of each sort.
describe('Codex and errors, fleet', { concurrency: 3 }, () => {
  const sorts = ['context', 'key', 'rate', 'busy', 'reset', 'length', 'no-model', 'no-key'];
  const rows = faults.filter((row) => row.name === 'bad' || sorts.includes(row.name));
  let world;
  before(async () => (world = await start('fleet', rows, ['chat'])));
  after(() => world?.stop());

  for (const row of rows)
    test(`${row.name}: asked ${row.asked}`, async () => {
      const scene = new Scene(world, row, 'chat');
      try {
        await check(scene, row);
      } finally {
        await scene.close();
      }
    });
});

describe('Codex and the gateway itself', () => {
  const hello = { name: 'hello', script: 'hello', kinds: ['chat'] };
  const endless = { name: 'endless', script: 'endless', kinds: ['chat'] };
  const scenes = [];
  const play = async (entry, sections) => {
    const models = modelsFor([entry], ['chat']);
    const world = await World.start({ shape: 'serve', styles: [], kinds: ['chat'], models, sections });
    const scene = new Scene(world, entry, 'chat');
    scenes.push(scene);
    return scene;
  };
  after(async () => {
    for (const scene of scenes) {
      await scene.close();
      await scene.world.stop();
    }
  });

  test('a request above gateway.limits.body_bytes: a 413 that says so', async () => {
    const scene = await play(hello, { gateway: { limits: { body_bytes: '8KiB' } } });
    const run = await scene.exec({ retries });

    assert.notEqual(run.code, 0, run.said);
    assert.match(errorsOf(run).at(-1), /413 Payload Too Large: .*8192|413 .*too (large|long|big)/i);
    assert.equal(scene.exchanges.length, 0);
    record('faults', { case: 'too-big', kind: 'chat', ok: true, text: errorsOf(run).at(-1) });
  });

  test('a gateway that is away: Codex waits for it, and the turn succeeds', async () => {
    const scene = await play(hello);
    const app = await scene.app();
    await scene.world.gateway.kill('gateway');
    const turn = await app.begin('Hello');
    await until(() => app.of('error', turn).length, 'Codex to notice');
    const told = app.of('error', turn)[0].params.error.message;
    scene.world.gateway.restart('gateway');

    assert.equal((await app.ending(turn)).status, 'completed');
    assert.equal(scene.exchanges.length, 1);
    record('faults', { case: 'away', kind: 'chat', ok: true, text: told });
  });

  test('a Codex that is killed: the upstream is let go', async () => {
    const scene = await play(endless);
    let codex;
    const running = scene.exec({ started: (child) => (codex = child) });
    const exchange = await scene.arrived(1);
    killGroup(codex);
    await running;

    await until(() => exchange.closedAt, 'the upstream connection to close');
    assert.equal(exchange.early, true);
  });
});
