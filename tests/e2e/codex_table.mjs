// Renders what a run of the tests found out into docs/codex.md, between its markers:
//   node tests/e2e/codex_table.mjs tests/e2e/results.jsonl
// A case that did not run or failed shows as such.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { document, rendered } from './lib/codex_tables.mjs';
import { read } from './lib/results.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const file = path.join(here, '..', '..', 'docs', 'codex.md');
const [results] = process.argv.slice(2);
if (!results) {
  console.error('usage: node codex_table.mjs <results.jsonl of a run>');
  process.exit(2);
}
fs.writeFileSync(file, document(fs.readFileSync(file, 'utf8'), rendered(read(results))));
