// Runs the end-to-end tests:
//   node run.mjs --bin <folder with the programs> [--only <part of a file's or test's name>] [--results <file>]
// A complete run writes what it found out to results.jsonl, for codex_table.mjs.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { endLeftovers } from './lib/children.mjs';
import { makeDir, missing, removeDir, suiteDir } from './lib/env.mjs';
import { onPinnedNode } from './lib/pinned_node.mjs';
import { record } from './lib/results.mjs';

const usage =
  'usage: node run.mjs --bin <folder with the programs> [--only <part of a file or test name>] [--results <file>]';
// For what hangs, not for what is slow: beside two builds on two cores the longest file took five minutes.
const fileTimeout = 900_000;

function options() {
  try {
    const text = { type: 'string' };
    const { values } = parseArgs({ options: { bin: text, only: text, results: text } });
    if (!values.bin) throw new Error('--bin is missing');
    return values;
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    process.exit(2);
  }
}

function refuse(problems) {
  for (const problem of problems) console.error(`e2e: ${problem}`);
  process.exit(1);
}

// --only takes the files whose names hold it; if there are none, the tests whose names do.
function select(only) {
  const all = fs
    .readdirSync(suiteDir)
    .filter((name) => name.endsWith('.test.mjs'))
    .sort();
  const named = only ? all.filter((name) => name.includes(only)) : all;
  const files = (named.length ? named : all).map((name) => path.join(suiteDir, name));
  return { files, pattern: named.length ? undefined : new RegExp(only.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) };
}

const { bin, only, results = only ? undefined : path.join(suiteDir, 'results.jsonl') } = options();
try {
  await onPinnedNode();
} catch (error) {
  refuse([error.message]);
}
process.env.WAYLEAVE_E2E_BIN = path.resolve(bin);
if (results) {
  process.env.WAYLEAVE_E2E_RESULTS = path.resolve(results);
  fs.rmSync(results, { force: true });
}
const problems = missing(process.env.WAYLEAVE_E2E_BIN);
if (problems.length) refuse(problems);

// Whatever ends this program, nothing that a test started outlives it, and an early end is told.
let complete = false;
process.env.WAYLEAVE_E2E_CHILDREN = makeDir('children');
function cleanUp() {
  let ended = 0;
  for (let more; (more = endLeftovers()); ) ended += more;
  return ended;
}
process.on('exit', (code) => {
  if (!complete) console.error(`e2e: ended with ${code} before the tests had`);
  cleanUp();
  removeDir(process.env.WAYLEAVE_E2E_CHILDREN);
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => process.exit(128 + os.constants.signals[signal]));

const { files, pattern } = select(only);
const counts = { passed: 0, failed: 0, skipped: 0 };
const deselected = (event) => pattern && /pattern/.test(String(event.skip));
const stream = run({ files, concurrency: 3, timeout: fileTimeout, ...(pattern ? { testNamePatterns: [pattern] } : {}) });
const noted = (event, ok) => record('tests', { file: path.basename(event.file ?? ''), name: event.name, ok });
stream.on('test:fail', (event) => {
  counts.failed++;
  noted(event, false);
});
stream.on('test:pass', (event) => {
  if (event.details?.type === 'suite' || deselected(event)) return;
  const skipped = event.skip !== undefined || event.todo !== undefined;
  if (skipped) console.error(`e2e: not run, which counts as a failure: ${event.name}`);
  counts[skipped ? 'skipped' : 'passed']++;
  noted(event, !skipped);
});
stream.on('end', () => {
  complete = true;
  const left = cleanUp();
  if (left) console.error(`e2e: ${left} processes were left by tests, and are ended now`);
  if (counts.failed || counts.skipped || !counts.passed) process.exitCode = 1;
});
stream.compose(new spec()).pipe(process.stdout);
