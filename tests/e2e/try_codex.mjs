// Plays the cases of the end-to-end tests with another release of the Codex CLI and with the pinned one, and prints
// what changed: node try_codex.mjs --bin <folder with the programs> --codex <the other one's bin/codex.js>
// Ends with 1 when something that works with the pinned release does not work with the other.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { play, releaseKinds, rowsOn, startWorld } from './lib/codex_releases.mjs';
import { Account, Recorder } from './lib/codex_releases_wire.mjs';
import { missing, pinnedCodex, useCodex } from './lib/env.mjs';
import { onPinnedNode } from './lib/pinned_node.mjs';

// The lines of a failure that tell something: what Codex always says is left out.
const usual =
  /"type":"(thread|turn)\.started"|Model metadata for|Reading additional input|could not create PATH aliases|^\s*$/;
const tellingLines = (error) =>
  error.message
    .split('\n')
    .filter((line) => !usual.test(line))
    .slice(0, 3)
    .map((line) => line.slice(0, 200))
    .join('\n');

// The same world, whose gateway is reached through the recorder.
const through = (world, recorder) =>
  Object.create(world, { gateway: { value: Object.create(world.gateway, { url: { value: recorder.url } }) } });

async function playOn(kind, account, results) {
  const world = await startWorld(kind);
  const recorder = await new Recorder(world.gateway.port, account).start();
  try {
    for (const row of rowsOn(kind)) {
      const name = `${row.name} on ${kind}`;
      results[name] = await play(through(world, recorder), row, kind).then(
        () => undefined,
        (error) => tellingLines(error),
      );
      process.stdout.write(results[name] === undefined ? '.' : 'F');
    }
  } finally {
    await recorder.stop();
    await world.stop();
  }
}

async function tried(name, script) {
  process.stdout.write(`${name}: `);
  useCodex(script);
  const account = new Account();
  const results = {};
  for (const kind of releaseKinds) await playOn(kind, account, results);
  process.stdout.write('\n');
  return { account, results };
}

function report(pinned, other) {
  const names = Object.keys(pinned.results);
  const verdict = (problem) => (problem === undefined ? 'pass' : 'FAIL');
  console.log('\nCases (pinned, this one):');
  for (const name of names) {
    const [before, now] = [pinned.results[name], other.results[name]];
    console.log(`  ${verdict(before)}  ${verdict(now)}  ${name}`);
    if (now !== undefined) console.log(now.replace(/^/gm, '        '));
  }
  const differences = pinned.account.differences(other.account);
  console.log('\nOn the wire, against the pinned release (+ new, - gone):');
  console.log(differences.length ? differences.map((line) => `  ${line}`).join('\n') : '  nothing changed');
  console.log(
    `  (${pinned.account.size} and ${other.account.size} facts: ${Object.keys(other.account.sets).join(', ')})`,
  );
  const worse = names.filter((name) => pinned.results[name] === undefined && other.results[name] !== undefined);
  console.log(
    `\n${names.length} cases, ${worse.length} worse than with the pinned release${worse.length ? `: ${worse.join(', ')}` : ''}`,
  );
  return worse.length === 0;
}

await onPinnedNode();
const { values } = parseArgs({ options: { bin: { type: 'string' }, codex: { type: 'string' } } });
if (!values.bin || !values.codex) {
  console.error('usage: node try_codex.mjs --bin <folder with the programs> --codex <path of bin/codex.js>');
  process.exit(2);
}
process.env.WAYLEAVE_E2E_BIN = path.resolve(values.bin);
const problems = missing(process.env.WAYLEAVE_E2E_BIN);
if (problems.length) {
  for (const problem of problems) console.error(problem);
  process.exit(1);
}
const pinned = await tried('the pinned release', pinnedCodex);
const other = await tried('this release', path.resolve(values.codex));
process.exitCode = report(pinned, other) ? 0 : 1;
