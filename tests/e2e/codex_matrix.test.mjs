// The real Codex CLI through the gateway: every case of lib/codex_cases.mjs on every kind of model server that it makes
// sense on. The results make the table in docs/codex.md (see codex_table.mjs).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { cases } from './lib/codex_cases.mjs';
import { record } from './lib/results.mjs';
import { modelsFor, Scene } from './lib/scene.mjs';
import { kinds, World } from './lib/setup.mjs';

async function play(world, entry, kind) {
  const scene = new Scene(world, entry, kind);
  const started = performance.now();
  try {
    await entry.run(scene);
    assert.deepEqual(scene.violations, [], 'the upstream saw invalid requests');
    const dropped = scene.exchanges.filter((exchange) => exchange.dropped);
    assert.equal(dropped.length, 0, 'the upstream dropped messages to make the prompt fit');
    const ms = Math.round(performance.now() - started);
    record('codex', { case: entry.name, kind, ok: true, requests: scene.exchanges.length, ms });
  } catch (error) {
    record('codex', { case: entry.name, kind, ok: false, problem: error.message });
    error.stack += `\nupstream: ${scene.exchanges.length} requests, ${JSON.stringify(scene.violations)}`;
    throw error;
  } finally {
    await scene.close();
  }
}

for (const kind of kinds) {
  describe(`Codex on ${kind}`, { concurrency: 2 }, () => {
    const rows = cases.filter((entry) => entry.kinds.includes(kind));
    let world;
    before(async () => {
      const sections = { router: { discovery_interval: '1s' } };
      world = await World.start({ styles: [], kinds: [kind], models: modelsFor(rows, [kind]), sections });
    });
    after(() => world?.stop());

    for (const entry of rows) test(`${entry.name} on ${kind}`, () => play(world, entry, kind));
  });
}
