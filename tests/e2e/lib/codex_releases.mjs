// Other releases of the Codex CLI than the pinned one: the cases and faults of the pinned one's tables, played with
// them.
import assert from 'node:assert/strict';
import path from 'node:path';
import { cases } from './codex_cases.mjs';
import { askedFor, faults, retries } from './codex_faults.mjs';
import { errorsOf } from './codex.mjs';
import { suiteDir } from './env.mjs';
import { toldAtOnce } from './gateway.mjs';
import { modelOf, modelsFor, Scene } from './scene.mjs';
import { World } from './setup.mjs';

// The two before the pinned one, as npm has them, by the names that package.json gives them.
export const olderReleases = ['0.166', '0.165'];
export const scriptOfRelease = (release) => path.join(suiteDir, 'node_modules', `codex-${release}`, 'bin', 'codex.js');

export const releaseKinds = ['chat', 'native'];
// Faults that need no short timeouts, one of each sort.
const chosenFaults = [
  'bad',
  'context',
  'not-found',
  'key',
  'rate',
  'quota',
  'busy',
  'eof',
  'chunk',
  'length',
  'no-model',
  'no-key',
];
// Here are other models than in the faults' own test.
const nameless = { 'no-model': { shows: /no-such-model.*(chat|native)-hello/s } };
// Before 0.169 Codex knows a full context by its code only within a stream, and shows the provider's words otherwise.
const older = { ...nameless, context: { shows: /maximum context length|exceeds the context window/ } };

const rows = [{ name: 'hello', title: 'an answer', script: 'hello', kinds: releaseKinds, run: hello }, ...cases];
const faultsAs = (differences) =>
  faults
    .filter(({ name }) => chosenFaults.includes(name))
    .map((row) => ({ ...row, ...differences[row.name] }))
    .map((row) => ({ ...row, run: (scene) => fails(scene, row) }));

const on = (kind) => (row) => row.kinds.includes(kind);
// What the pinned release does, and what the two before it do.
export const rowsOn = (kind) => [...rows, ...faultsAs(nameless)].filter(on(kind));
export const olderRowsOn = (kind) => [...rows, ...faultsAs(older)].filter(on(kind));

// Until 0.165 the approvals reviewer is a model of that name, later the session's own.
function withReviewer(models, kind) {
  const guardian = modelOf({ name: 'guardian' }, kind);
  return { ...models, [guardian]: { ...models[guardian], aliases: ['codex-auto-review'] } };
}

export const startWorld = (kind) =>
  World.start({
    styles: [],
    kinds: [kind],
    models: withReviewer(modelsFor(rowsOn(kind), [kind]), kind),
    sections: { router: { ...toldAtOnce.router, discovery_interval: '1s' } },
  });

async function hello(scene) {
  const run = await scene.exec();
  assert.equal(run.code, 0, run.said);
  assert.match(run.lastMessage ?? '', /^Hello from the/, run.said);
  assert.doesNotMatch(run.said, /rerouted|flagged/);
}

async function fails(scene, { shows, hides, asked, requests = askedFor[asked](retries), upstream = requests }) {
  const run = await scene.exec({ retries });
  assert.notEqual(run.code, 0, run.said);
  assert.match(errorsOf(run).at(-1) ?? '', shows);
  if (hides) assert.doesNotMatch(run.said, hides);
  assert.deepEqual(run.files, {}, 'nothing was executed');
  scene.requests(upstream);
}

// Throws when something is not as it should be.
export async function play(world, row, kind) {
  const scene = new Scene(world, row, kind);
  try {
    await row.run(scene);
    assert.deepEqual(scene.violations, [], 'the upstream saw invalid requests');
  } catch (error) {
    error.stack += `\nupstream: ${scene.exchanges.length} requests, ${JSON.stringify(scene.violations)}`;
    throw error;
  } finally {
    await scene.close();
  }
}
