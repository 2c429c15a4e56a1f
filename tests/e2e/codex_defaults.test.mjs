// How often Codex asks before it gives up when its configuration says nothing of retries, as its users' does: one row of
// lib/codex_faults.mjs of each sort. codex_errors tries all of them, with one retry of each sort, which takes less time.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { askedByDefault, faults } from './lib/codex_faults.mjs';
import { errorsOf } from './lib/codex.mjs';
import { toldAtOnce } from './lib/gateway.mjs';
import { modelsFor, Scene } from './lib/scene.mjs';
import { World } from './lib/setup.mjs';
import { until } from './lib/wait.mjs';

const rows = ['bad', 'busy', 'reset', 'server'].map((name) => faults.find((row) => row.name === name));
const kinds = ['chat'];

test('there is a row of each sort', () =>
  assert.deepEqual(rows.map(({ asked }) => asked).sort(), Object.keys(askedByDefault).sort()));

describe('Codex and errors, with its own settings', { concurrency: rows.length }, () => {
  let world;
  before(async () => (world = await World.start({ styles: [], kinds, models: modelsFor(rows, kinds), sections: toldAtOnce })));
  after(() => world?.stop());

  async function givesUp(scene, { asked, shows }) {
    const times = askedByDefault[asked];
    const run = await scene.exec({ timeoutMs: 300_000 });

    assert.equal(run.code, 1, run.said);
    assert.match(errorsOf(run).at(-1), shows);
    scene.requests(times);
    await until(() => scene.logged.length >= times, `${times} requests at the gateway`);
    assert.equal(scene.logged.length, times, 'requests at the gateway');
    assert.deepEqual(scene.violations, []);
  }

  for (const row of rows)
    test(`${row.title}: ${askedByDefault[row.asked]} requests`, async () => {
      const scene = new Scene(world, row, 'chat');
      try {
        await givesUp(scene, row);
      } finally {
        await scene.close();
      }
    });
});
