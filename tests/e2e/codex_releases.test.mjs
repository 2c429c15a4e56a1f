// The two Codex releases before the pinned one, with the cases of the pinned one's tables.
import { after, before, describe, test } from 'node:test';
import { olderReleases, olderRowsOn, play, releaseKinds, scriptOfRelease, startWorld } from './lib/codex_releases.mjs';
import { useCodex } from './lib/env.mjs';

for (const release of olderReleases) {
  for (const kind of releaseKinds) {
    describe(`Codex ${release} on ${kind}`, { concurrency: 2 }, () => {
      let world;
      before(async () => {
        useCodex(scriptOfRelease(release)); // suites follow one another
        world = await startWorld(kind);
      });
      after(() => world?.stop());

      for (const row of olderRowsOn(kind)) test(`${row.name}, ${release} on ${kind}`, () => play(world, row, kind));
    });
  }
}
