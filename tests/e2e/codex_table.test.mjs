// docs/codex.md tells of the cases that there are, and of no failure.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { passed, rendered, tableIn } from './lib/codex_tables.mjs';

const text = fs.readFileSync(new URL('../../docs/codex.md', import.meta.url), 'utf8');
const advice = 'run the tests, then: node tests/e2e/codex_table.mjs tests/e2e/results.jsonl';
const expected = rendered(passed);
// What users read is the run's own finding.
const withoutTexts = (table) => table.split('\n').map((line) => line.split(' | ').slice(0, 3));

test('the table of cases is up to date', () => {
  assert.equal(tableIn(text, 'cases'), expected.cases, advice);
});

test('the table of errors is up to date', () => {
  const table = tableIn(text, 'faults');
  assert.deepEqual(withoutTexts(table), withoutTexts(expected.faults), advice);
  assert.doesNotMatch(table, /not run|\*\*no\*\*/, advice);
});
