// The servers whose /v1/responses knows plain functions only differ (see lib/basic_styles.mjs): the cases in which that
// matters, on each of them. codex_matrix plays all cases on the first.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { basicStyles } from './lib/basic_styles.mjs';
import { cases } from './lib/codex_cases.mjs';
import { modelsFor, Scene } from './lib/scene.mjs';
import { World } from './lib/setup.mjs';

const names = ['shell', 'patch', 'effort', 'mcp', 'search', 'image', 'parallel', 'compact-v2', 'schema'];
const rows = cases.filter((entry) => names.includes(entry.name));
const others = Object.keys(basicStyles).slice(1);

for (const style of others) {
  describe(`Codex on a server like ${style}`, { concurrency: 2 }, () => {
    let world;
    before(async () => {
      const models = modelsFor(rows, ['basic']);
      world = await World.start({ styles: [], kinds: ['basic'], basicStyle: style, models });
    });
    after(() => world?.stop());

    for (const entry of rows)
      test(`${entry.name}, ${style}`, async () => {
        const scene = new Scene(world, entry, 'basic');
        try {
          await entry.run(scene);
          assert.deepEqual(scene.violations, [], 'the upstream saw invalid requests');
        } finally {
          await scene.close();
        }
      });
  });
}
